#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Challenges answered by the thumbprint of the account's key alone: what `acmeproxy account
# thumbprint` prints is loaded into each web server, and a certificate obtained through it. The web
# server has no way to the spool.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats sets output, fetch code

setup_file() {
    load common
    begin
    require_acmeproxy
    http_port
    start_dns
    start_pebble
}

setup() {
    load common
    load webservers
    SPOOL=$BATS_TEST_TMPDIR/spool
    export ACMEPROXY_SPOOL=$SPOOL ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/acmeproxy.conf
    : >"$ACMEPROXY_CONFIG"
    use_ca "$(pebble_url)"
    web_setup
    # shellcheck disable=SC2034 # webservers.bash reads it
    WEB_PORT=$(http_port)
    acmeproxy spool init >/dev/null
    # Nobody but their owner gets at the challenges.
    chmod 700 "$SPOOL/challenges"
}

teardown() {
    web_teardown
    end_test
}

teardown_file() {
    load common
    end
}

url=/.well-known/acme-challenge

thumbprint() { acmeproxy account thumbprint 2>/dev/null | head -n 1; }
lines_for() { acmeproxy account thumbprint --web-server "$1" 2>/dev/null; }

# What is no token is not answered by a key authorization, and a certificate comes.
assert_answers_challenges() {
    local path
    fetch "$url/abc-_XYZ"
    assert_equal "$code" 200
    assert_equal "$(cat "$WEB_DIR/body")" "abc-_XYZ.$(thumbprint)"
    fetch -I "$url/abc-_XYZ"
    assert_equal "$code" 200
    for path in "$url/" "$url/a.b" "$url/a%2fb" "$url/a/b" "$url/$(printf 'x%.0s' {1..129})" \
        /other "/x$url/abc"; do
        fetch "$path"
        [[ $code == 4* ]] || fail "$path: $code"
        ! grep -qF "$(thumbprint)" "$WEB_DIR/body" || fail "$path is answered"
    done
    fetch -H 'Host: private.example' "$url/abc-_XYZ"
    fetch -H 'Host: public.example' /other
    if [[ -e $WEB_DIR/access.log ]]; then
        wait_until 5 grep -q public.example "$WEB_DIR/access.log"
    fi
    ! grep -r -l private.example --include='*.log' "$WEB_DIR" || fail 'it is in the log'

    acmeproxy cert add a.example.test b.example.test
    assert_names "$SPOOL/certs/a.example.test/live/cert.pem" a.example.test b.example.test
    assert_chain "$SPOOL/certs/a.example.test/live/fullchain.pem"
}

@test "the key is made before the account, and stays" {
    run acmeproxy account thumbprint
    assert_status 0
    assert_output '^acmeproxy: account at letsencrypt: made its key; the account itself comes with'
    local print key=$SPOOL/cas/letsencrypt/accounts/default/key.pem
    print=$(thumbprint)
    [[ $print =~ ^[-_A-Za-z0-9]{43}$ ]]
    assert_mode "$key" 600
    # RFC 7638 by hand.
    openssl ec -in "$key" -pubout -outform DER 2>/dev/null | tail -c 64 >"$BATS_TEST_TMPDIR/point"
    base64url() { base64 -w 0 | tr '+/' '-_' | tr -d =; }
    local x y
    x=$(head -c 32 "$BATS_TEST_TMPDIR/point" | base64url)
    y=$(tail -c 32 "$BATS_TEST_TMPDIR/point" | base64url)
    assert_equal "$print" "$(printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$x" "$y" |
        openssl dgst -sha256 -binary | base64url)"
    # It is no account yet, and showing makes none.
    run acmeproxy account show
    assert_status 1
    assert_output 'there is no account at letsencrypt yet'
    start_nginx "$(lines_for nginx)"
    run acmeproxy cert add a.example.test
    assert_status 0
    assert_output 'account at letsencrypt: registered, agreeing to the terms of service at'
    assert_equal "$(acmeproxy account show --json | jq -r .thumbprint)" "$print"
    run acmeproxy account thumbprint
    refute_output 'made its key'
}

@test "an interrupted rollover leaves open which key counts" {
    thumbprint >/dev/null
    cp "$SPOOL/cas/letsencrypt/accounts/default/"{key,next}.pem
    run acmeproxy account thumbprint
    assert_status 1
    assert_output 'a rollover of the account key at letsencrypt was interrupted.*acmeproxy account show'
}

@test "the lines for lighttpd answer challenges" {
    [[ -e /usr/lib/lighttpd/mod_magnet.so ]] || skip 'lighttpd-mod-magnet is not installed'
    lines_for lighttpd | sed -n 's/^#   //p' >"$WEB_DIR/acme-challenge.lua"
    chmod 644 "$WEB_DIR/acme-challenge.lua"
    start_lighttpd "$(lines_for lighttpd | sed "s|/etc/lighttpd|$WEB_DIR|")"
    assert_answers_challenges
}

@test "the lines for Apache answer challenges" {
    start_apache "$(lines_for apache)"
    assert_answers_challenges
}

@test "the lines for nginx answer challenges" {
    start_nginx "$(lines_for nginx)"
    assert_answers_challenges
}

@test "the lines for Caddy answer challenges" {
    start_caddy "$(lines_for caddy)"'
respond 404'
    assert_answers_challenges
}

@test "challenge.fcgi answers by the thumbprint of its environment, and opens no file" {
    need strace
    local line
    line=$(lines_for environment | grep -v '^#')
    # It has a spool, too, with this very token in it: that does not count.
    # -D: the program is what is started, and ended.
    start_fcgi "$WEB_DIR/challenge.sock" "$(command -v strace)" -D -o "$WEB_DIR/trace" -E "$line" \
        -E "ACMEPROXY_SPOOL=$SPOOL" -e trace=file,socket,connect,epoll_wait "$WEB_DIR/challenge.fcgi"
    start_nginx "$(web_snippet nginx/acmeproxy-challenge.conf)"
    assert_answers_challenges
    sed '1,/epoll_wait/d; /epoll_wait/d' "$WEB_DIR/trace" >"$WEB_DIR/opened"
    assert_equal "$(cat "$WEB_DIR/opened")" '' 'what it opened'
    grep -q epoll_wait "$WEB_DIR/trace"
}

@test "challenge.fcgi answers by the thumbprint of a FastCGI parameter" {
    unset ACMEPROXY_SPOOL
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    export ACMEPROXY_SPOOL=$SPOOL
    start_nginx "$(web_snippet nginx/acmeproxy-challenge.conf |
        sed "s|include.*|& fastcgi_param ACMEPROXY_THUMBPRINT $(thumbprint);|")"
    assert_answers_challenges
}

@test "a parameter does not overrule the environment, and a bad thumbprint is a 500" {
    cgi() { env -i REQUEST_METHOD=GET REQUEST_URI="$url/abc" "$@" "$WEB_DIR/challenge.fcgi" </dev/null; }
    run cgi ACMEPROXY_THUMBPRINT=short
    assert_output '^Status: 500 '
    assert_output 'ACMEPROXY_THUMBPRINT is not what "acmeproxy account thumbprint" prints'
    # Whoever starts it has said where the challenges are.
    start_fcgi "$WEB_DIR/challenge.sock" "$WEB_DIR/challenge.fcgi"
    start_nginx "$(web_snippet nginx/acmeproxy-challenge.conf |
        sed "s|include.*|& fastcgi_param ACMEPROXY_THUMBPRINT $(thumbprint);|")"
    fetch "$url/abc"
    assert_equal "$code" 404
}
