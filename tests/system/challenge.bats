#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# challenge.fcgi behind each web server and each way to start it, and the same folder without it.
# The configurations are those of contrib/, with the paths of the test.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load webservers

setup() {
    SPOOL=$BATS_TEST_TMPDIR/spool
    web_setup
    make_spool
}

teardown() {
    # The path is this test's own. strace, when killed, leaves its program running.
    challenge_pids | xargs -r kill
    web_teardown
    wait_until 5 no_challenge_runs
}

token=evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA
url=/.well-known/acme-challenge

# As `acmeproxy spool init` makes it, with things in it that must not be served.
make_spool() {
    mkdir -p "$SPOOL/challenges" "$SPOOL/cas"
    chmod 751 "$SPOOL"
    chmod 755 "$SPOOL/challenges"
    printf '%s.%s' "$token" 9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI >"$SPOOL/challenges/$token"
    echo SECRET >"$SPOOL/cas/secret"
    ln -s "$SPOOL/cas/secret" "$SPOOL/challenges/link"
    mkfifo -m 644 "$SPOOL/challenges/fifo"
    mkdir "$SPOOL/challenges/folder"
    chmod 644 "$SPOOL/cas/secret" "$SPOOL/challenges/$token"
}

# expect STATUS [CURL OPTIONS] PATH
expect() {
    local wanted=$1
    shift
    fetch "$@"
    # shellcheck disable=SC2053,SC2154 # a pattern; fetch sets the code
    [[ $code = $wanted ]] || {
        echo "$*: $code instead of $wanted"
        head -c 500 "$WEB_DIR/body"
        cat "$WEB_DIR"/*.log
        return 1
    }
}

expect_text() { # TEXT: the last answer's body, as plain text
    [ "$(cat "$WEB_DIR/body")" = "$1" ]
    [[ $(header Content-Type) = text/plain* ]]
}

# Apache from 2.4.59 on drops the length that a program gives, and may send chunks.
expect_length() {
    if [ -e "$WEB_DIR/apache.conf" ]; then
        [[ $(header Content-Length) = @(87|) ]]
    else
        [ "$(header Content-Length)" = 87 ]
    fi
}

expect_known_token() {
    expect 200 "$url/$token"
    cmp "$WEB_DIR/body" "$SPOOL/challenges/$token"
    [ "$(header Content-Type)" = application/octet-stream ]
    expect_length
    expect 200 -I "$url/$token"
    expect_length
    expect 200 "$url/$token?query=1"
    cmp "$WEB_DIR/body" "$SPOOL/challenges/$token"
}

lacks() { # GREP ARGUMENTS...
    ! grep "$@"
}

# Whatever a server makes of it, nothing of the spool but a challenge gets out.
expect_no_secret() {
    local path
    for path in "$url/../cas/secret" "$url/..%2fcas%2fsecret" "$url/%2e%2e/cas/secret" \
        "$url/..%5ccas" "$url/%00" "$url/$token%00" "$url//$token/../link" "$url/link" \
        "$url/fifo" "$url/folder" "$url/folder/" "$url/" "$url/.." "$url/."; do
        expect '[34]*' "$path"
        lacks -e SECRET -e "$token" "$WEB_DIR/body"
    done
}

expect_no_names_in_logs() {
    expect 200 -H 'Host: private.example' "$url/$token"
    expect 404 -H 'Host: private.example' "$url/unknown"
    expect '[34]*' -H 'Host: private.example' "$url/a.b"
    expect '[34]*' -H 'Host: private.example' "$url/link"
    fetch -H 'Host: public.example' /other
    wait_until 5 grep -q public.example "$WEB_DIR/access.log"
    lacks -r -e private.example --include='*.log' "$WEB_DIR"
}

expect_challenges() {
    expect_known_token
    expect 404 "$url/unknown"
    expect_text 'this token is not known'
    expect 404 "$url/link"
    expect 404 "$url/fifo"
    expect 404 "$url/folder"
    expect 400 "$url/a.b"
    expect_text 'this cannot be a token'
    expect 400 "$url/$(printf 'x%.0s' {1..129})"
    expect 404 "$url/$(printf 'x%.0s' {1..128})"
    expect 405 -d key=value "$url/$token"
    expect_text 'only GET and HEAD are answered here'
    [ "$(header Allow)" = 'GET, HEAD' ]
    head -c 100000 /dev/zero >"$WEB_DIR/zeros"
    expect 405 --data-binary @"$WEB_DIR/zeros" "$url/$token"
    expect 405 -X DELETE "$url/$token"
    expect_known_token
    expect_no_secret
    expect_no_names_in_logs
}

challenge_pids() { pgrep -f "^$WEB_DIR/challenge.fcgi" || true; }
no_challenge_runs() { [ -z "$(challenge_pids)" ]; }

# The program, which was started first, is gone: the web server says so, and not for which host.
expect_no_names_without_program() {
    # shellcheck disable=SC2154 # of webservers.bash
    web_stop "${web_pids[0]}"
    expect '50[0-4]' -H 'Host: private.example' "$url/$token"
    lacks -r -e private.example --include='*.log' "$WEB_DIR"
}

# The web server is stopped and takes its programs with it.
expect_no_process_after_stop() {
    web_teardown
    wait_until 5 no_challenge_runs
}

expect_static() {
    expect_known_token
    expect 404 "$url/unknown"
    expect_no_secret
    expect_no_names_in_logs
}

@test "challenge.fcgi under lighttpd, started by it" {
    start_lighttpd "$(web_snippet lighttpd/acmeproxy-challenge.conf)"
    expect_challenges
    [ -n "$(challenge_pids)" ]
    expect_no_process_after_stop
}

@test "challenge.fcgi under lighttpd, on a socket" {
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_lighttpd "$(web_snippet lighttpd/acmeproxy-challenge-socket.conf)"
    expect_challenges
    expect_no_names_without_program
    expect_no_process_after_stop
}

@test "challenge.fcgi under lighttpd, as CGI" {
    start_lighttpd "$(web_snippet lighttpd/acmeproxy-challenge-cgi.conf)"
    expect_challenges
    expect_no_process_after_stop
}

@test "challenge.fcgi under Apache's mod_fcgid" {
    start_apache "FcgidIPCDir $WEB_DIR/tmp
FcgidProcessTableFile $WEB_DIR/tmp/fcgid
$(web_snippet apache/acmeproxy-challenge-fcgid.conf)" fcgid
    expect_challenges
    [ -n "$(challenge_pids)" ]
    expect_no_process_after_stop
}

@test "challenge.fcgi under Apache's mod_cgi" {
    start_apache "$(web_snippet apache/acmeproxy-challenge-cgi.conf)" mpm_prefork cgi
    expect_challenges
    expect_no_process_after_stop
}

@test "challenge.fcgi under Apache's mod_cgid" {
    start_apache "ScriptSock $WEB_DIR/tmp/cgid.sock
$(web_snippet apache/acmeproxy-challenge-cgi.conf)" cgid
    expect_challenges
    expect_no_process_after_stop
}

@test "challenge.fcgi under Apache's mod_proxy_fcgi" {
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_apache "$(web_snippet apache/acmeproxy-challenge.conf)" proxy proxy_fcgi
    expect_challenges
    expect_no_names_without_program
    expect_no_process_after_stop
}

nginx_snippet() {
    web_snippet nginx/acmeproxy-challenge.conf
}

@test "challenge.fcgi under nginx" {
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_nginx "$(nginx_snippet)"
    expect_challenges
    expect_no_names_without_program
    expect_no_process_after_stop
}

@test "challenge.fcgi on a socket of systemd" {
    need systemd-socket-activate
    export ACMEPROXY_SPOOL=$SPOOL
    web_start fcgi systemd-socket-activate -E ACMEPROXY_SPOOL -l "$WEB_DIR/challenge.sock" \
        "$WEB_DIR/challenge.fcgi"
    wait_until 10 test -S "$WEB_DIR/challenge.sock"
    start_nginx "$(nginx_snippet)"
    expect_challenges
    expect_no_process_after_stop
}

@test "the challenges folder as static files of lighttpd" {
    start_lighttpd "$(web_snippet lighttpd/acmeproxy-challenge-static.conf)"
    expect_static
}

@test "the challenges folder as static files of Apache" {
    start_apache "$(web_snippet apache/acmeproxy-challenge-static.conf)"
    expect_static
}

@test "the challenges folder as static files of nginx" {
    start_nginx "$(web_snippet nginx/acmeproxy-challenge-static.conf)"
    expect_static
}

cgi() { # VARIABLE=VALUE...: by hand, without a web server
    (as_user env -i "$@" "$WEB_DIR/challenge.fcgi") </dev/null 2>"$WEB_DIR/stderr"
}

@test "challenge.fcgi by hand, as plain CGI" {
    printf 'Status: 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 87\r\n\r\n' \
        >"$BATS_TEST_TMPDIR/head"
    cat "$BATS_TEST_TMPDIR/head" "$SPOOL/challenges/$token" >"$BATS_TEST_TMPDIR/wanted"

    cgi ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=GET REQUEST_URI="$url/$token" |
        cmp - "$BATS_TEST_TMPDIR/wanted"
    cgi ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=GET SCRIPT_NAME="$url" PATH_INFO="/$token" |
        cmp - "$BATS_TEST_TMPDIR/wanted"
    cgi ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=HEAD REQUEST_URI="$url/$token" |
        cmp - "$BATS_TEST_TMPDIR/head"
    run cgi ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=POST CONTENT_LENGTH=3 REQUEST_URI="$url/$token"
    [ "$status" -eq 0 ]
    [[ $output = 'Status: 405 Method Not Allowed'* ]]
    [ ! -s "$WEB_DIR/stderr" ]
}

# As mod_cgid does it, which looks for the answer, at worst, only when the program has gone.
@test "as CGI with one socket for both directions, a body that nobody reads does not cost the answer" {
    ACMEPROXY_SPOOL=$SPOOL REQUEST_METHOD=POST CONTENT_LENGTH=100000 REQUEST_URI=$url/$token \
        /usr/bin/python3 - "$WEB_DIR/challenge.fcgi" <<'END' >"$BATS_TEST_TMPDIR/answer"
import socket, subprocess, sys

ours, theirs = socket.socketpair()
program = subprocess.Popen([sys.argv[1]], stdin=theirs, stdout=theirs)
theirs.close()
ours.sendall(bytes(100000))
ours.shutdown(socket.SHUT_WR)
program.wait(20)
print(ours.makefile("rb").read().decode()) # up to its end, which must be one
END
    grep -q '^Status: 405 ' "$BATS_TEST_TMPDIR/answer"
}

@test "a header cannot name the spool" {
    run cgi HTTP_ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=GET REQUEST_URI="$url/$token"
    [ "$status" -eq 0 ]
    [[ $output = 'Status: 404 '* ]]
}

@test "a folder that cannot be read is a 500 that the log explains" {
    [ "$(id -u)" -eq 0 ] || chmod 0 "$SPOOL/challenges/$token"
    chmod 600 "$SPOOL/challenges/$token"
    [ "$(id -u)" -eq 0 ] || chmod 0 "$SPOOL/challenges/$token"
    run cgi ACMEPROXY_SPOOL="$SPOOL" REQUEST_METHOD=GET REQUEST_URI="$url/$token"
    [ "$status" -eq 0 ]
    [[ $output = 'Status: 500 '* ]]
    [[ $output != *"$SPOOL"* ]]
    [ "$(cat "$WEB_DIR/stderr")" = \
        "challenge.fcgi: open $SPOOL/challenges/$token: Permission denied" ]
}

@test "started by nobody it says so and exits with 2" {
    run cgi ACMEPROXY_SPOOL="$SPOOL"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    grep -q 'REQUEST_METHOD is not set' "$WEB_DIR/stderr"
}

@test "a FastCGI parameter names the spool where the environment does not" {
    mkdir -p "$BATS_TEST_TMPDIR/other/challenges"
    unset ACMEPROXY_SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_nginx "fastcgi_param ACMEPROXY_SPOOL $SPOOL; $(nginx_snippet |
        sed "s|include.*|& fastcgi_param ACMEPROXY_SPOOL $SPOOL;|")"
    expect_known_token
    web_teardown

    rm -f "$WEB_DIR/challenge.sock"
    export ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/other
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_nginx "$(nginx_snippet | sed "s|include.*|& fastcgi_param ACMEPROXY_SPOOL $SPOOL;|")"
    expect 404 "$url/$token"
}

@test "SIGTERM ends an idle program at once" {
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    wait_until 5 test -n "$(challenge_pids)"
    kill "$WEB_PID"
    wait_until 1 is_gone "$WEB_PID"
    status=0
    wait "$WEB_PID" || status=$?
    [ "$status" -eq 0 ]
    no_challenge_runs
}

@test "a request opens the one file and nothing else" {
    need strace
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$(command -v strace)" -o "$WEB_DIR/trace" \
        -e trace=open,openat,openat2,creat,unlink,unlinkat,rename,mkdir,socket,connect,execve,epoll_wait \
        "$WEB_DIR/challenge.fcgi"
    start_nginx "$(nginx_snippet)"
    expect 200 "$url/$token"
    expect 404 "$url/unknown"
    expect 400 "$url/a.b"
    expect 405 -d x "$url/$token"
    sed '1,/epoll_wait/d; /epoll_wait/d' "$WEB_DIR/trace" | sed 's/, O_RDONLY.*//' \
        >"$WEB_DIR/opened"
    diff "$WEB_DIR/opened" - <<WANTED
openat(AT_FDCWD, "$SPOOL/challenges/$token"
openat(AT_FDCWD, "$SPOOL/challenges/unknown"
WANTED
}

@test "it links libfcgi, libc and libm only" {
    run ldd "$WEB_DIR/challenge.fcgi"
    [ "$status" -eq 0 ]
    libraries=$(awk '{ print $1 }' <<<"$output" | grep -v -e linux-vdso -e /ld-linux |
        sed 's/\.so.*//' | sort | xargs)
    [[ $libraries = 'libc libfcgi libm' || $libraries = 'libc libfcgi' ]]
}

@test "it has at most 3 MB resident" {
    export ACMEPROXY_SPOOL=$SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    program_pid=$WEB_PID
    start_nginx "$(nginx_snippet)"
    for _ in {1..50}; do
        expect 200 "$url/$token"
    done
    size=$(awk '/^VmHWM/ { print $2 }' "/proc/$program_pid/status")
    [ "$size" -le 3072 ]
}
