#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The examples of the pages of the FastCGI programs (man_pages.bash): each configuration is given to its
# web server, and what the program behind it answers is looked at.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; fetch sets the code

setup_file() {
    load man_pages
    begin_pages
}

setup() {
    load man_pages
    load webservers
    fresh_host
    "$ACMEPROXY" spool init >/dev/null
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    web_setup
}

teardown() {
    web_teardown
    end_page_test
}
teardown_file() { load man_pages && end; }

url=/.well-known/acme-challenge

# start_printed lighttpd|apache|nginx BEGINNING [BEFORE [MODULE...]]: with the next example, and what
# stands before it in this test.
start_printed() {
    local server=$1 before=${3:-}
    example "$2"
    shift 2
    (($# == 0)) || shift
    sed -i "s#/run/lighttpd/#$RUN/lighttpd-#" example
    "start_$server" "$before
$(cat example)" "$@"
}

hands_out_the_token() {
    fetch "$url/token"
    assert_equal "$code $(cat "$WEB_DIR/body")" '200 token.thumbprint' 'the answer'
    fetch "$url/other"
    assert_equal "$code" 404
    web_teardown
}

# spawn_printed SOCKET: what spawn-fcgi starts, by the next example. It runs in the foreground, in the place of the shell, and
# without the users that only root can give it (tests/system_root/users.bats has these).
spawn_printed() {
    example "${2:-spawn-fcgi -s}"
    grep -qE '^    -u [a-z]+ -g [a-z-]+ -G www-data \\$' example
    sed -i -e '/^    -u /d' -e 's/^spawn-fcgi/exec & -n/' example
    web_start spawned bash -eu example
    wait_until 10 test -S "$1"
    assert_mode "$1" 660
}

@test "challenge.fcgi(8)" {
    page challenge.fcgi.8
    export ACMEPROXY_SPOOL=$SPOOL
    start_printed lighttpd 'server.modules += ( "mod_fastcgi" )'
    hands_out_the_token
    start_printed lighttpd 'server.modules += ( "mod_alias", "mod_cgi", "mod_setenv" )'
    hands_out_the_token
    start_printed lighttpd 'server.modules += ( "mod_alias" )'
    hands_out_the_token
    start_fcgi "$RUN/challenge.sock" "$CHALLENGE_FCGI"
    start_printed apache 'ProxyPass' '' proxy proxy_fcgi
    hands_out_the_token
    start_printed apache 'ScriptAlias' "FcgidIPCDir $WEB_DIR/tmp
FcgidProcessTableFile $WEB_DIR/tmp/fcgid" fcgid
    hands_out_the_token
    start_printed apache 'Alias'
    hands_out_the_token
    rm -f "$RUN/challenge.sock"
    start_fcgi "$RUN/challenge.sock" "$CHALLENGE_FCGI"
    start_printed nginx 'location'
    hands_out_the_token
    start_printed nginx 'location'
    hands_out_the_token

    rm -f "$RUN/challenge.sock"
    spawn_printed "$RUN/challenge.sock"
    env REQUEST_METHOD=GET REQUEST_URI=$url/token cgi-fcgi -bind -connect "$RUN/challenge.sock" |
        grep -q '^token.thumbprint'
    example 'env -i'
    sed -i 's/TOKEN/token/' example
    shell_runs example
    grep -q '^token.thumbprint' printed
    example '[Service]'
    sed -i 's/=\.\.\.$/=9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI/' example
    env -i "$(sed -n 's/^Environment=//p' example)" REQUEST_METHOD=GET REQUEST_URI=$url/any "$CHALLENGE_FCGI" |
        grep -q '^any.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI'
}

# start_programs NAME...: on sockets, where systemd would have them.
start_programs() {
    local name
    export ACMEPROXY_BASE_URL=https://localhost:$HTTPS_PORT
    for name; do
        rm -f "$RUN/$name.sock"
        web_start "$name" spawn-fcgi -n -s "$RUN/$name.sock" -- "$TEST_LIBEXEC/$name.fcgi"
        wait_until 10 test -S "$RUN/$name.sock"
    done
}

# answers PATH: over TLS, and over HTTP not.
answers() {
    local over_tls
    over_tls=$(curl --silent --max-time 20 --head --cacert "$(tls_ca)" --output /dev/null \
        --write-out '%{http_code}' "https://localhost:$HTTPS_PORT$1")
    [[ $over_tls == 20? ]] || fail "$1 over TLS: $over_tls" "$(cat "$WEB_DIR"/*.log)"
    fetch --head "$1"
    assert_equal "$code" 403 "the answer over HTTP to $1"
}

nginx_tls() {
    echo "listen 127.0.0.1:$HTTPS_PORT ssl;
ssl_certificate $HARNESS_DIR/tls/localhost.pem;
ssl_certificate_key $HARNESS_DIR/tls/localhost-key.pem;"
}
lighttpd_tls() {
    echo "server.modules += (\"mod_openssl\")
\$SERVER[\"socket\"] == \"127.0.0.1:$HTTPS_PORT\" {
ssl.engine = \"enable\"
ssl.pemfile = \"$HARNESS_DIR/tls/localhost.pem\"
ssl.privkey = \"$HARNESS_DIR/tls/localhost-key.pem\"
}"
}
apache_tls() {
    echo "Listen 127.0.0.1:$HTTPS_PORT https
<VirtualHost 127.0.0.1:$HTTPS_PORT>
SSLEngine on
SSLCertificateFile $HARNESS_DIR/tls/localhost.pem
SSLCertificateKeyFile $HARNESS_DIR/tls/localhost-key.pem
</VirtualHost>"
}

# enable_printed UNIT: there is such a unit.
enable_printed() {
    as_printed "systemctl enable --now $1"
    [[ -e $SERVICES_ROOT/contrib/systemd/$1 ]]
}

# spawned_answers NAME PATH
spawned_answers() {
    env HTTPS=on REQUEST_METHOD=GET REQUEST_URI="$2" SCRIPT_NAME="/$1" PATH_INFO="${2#"/$1"}" \
        cgi-fcgi -bind -connect "$RUN/$1.sock" >answer
    grep -qE '^Status: 20' answer || fail "$(cat answer)"
}

@test "auth.fcgi(8)" {
    page auth.fcgi.8
    start_programs auth
    start_printed nginx 'location /auth/' "$(nginx_tls)"
    answers /auth/new-nonce
    web_teardown
    enable_printed acmeproxy-auth.socket
    rm "$RUN/auth.sock"
    spawn_printed "$RUN/auth.sock"
    spawned_answers auth /auth/new-nonce
}

@test "gateway.fcgi(8)" {
    local server
    page gateway.fcgi.8
    start_programs auth gateway
    start_printed lighttpd 'server.modules' "$(lighttpd_tls)"
    answers /auth/new-nonce
    answers /gateway/directory
    web_teardown
    start_programs auth gateway
    start_printed apache 'ProxyPass' "$(apache_tls)" socache_shmcb ssl proxy proxy_fcgi
    answers /auth/new-nonce
    answers /gateway/directory
    web_teardown
    start_programs auth gateway
    start_printed nginx 'location' "$(nginx_tls)"
    answers /auth/new-nonce
    answers /gateway/directory
    web_teardown
    unset ACMEPROXY_BASE_URL
    enable_printed acmeproxy-gateway.socket
    rm "$RUN/gateway.sock"
    spawn_printed "$RUN/gateway.sock" 'ACMEPROXY_BASE_URL='
    spawned_answers gateway /gateway/directory
    grep -qF '"newOrder":"https://proxy.example/gateway/' answer || fail "$(cat answer)"
    web_teardown

    begin_proxy
    client_web1 --allow www.inside.example
    example 'certbot certonly'
    # With what it would ask on a terminal.
    sed -i 's/^certbot certonly/& --config-dir certbot --work-dir certbot --logs-dir certbot --agree-tos -n --register-unsafely-without-email/' example
    shell_runs example
    assert_chain certbot/live/www.inside.example/fullchain.pem
}
