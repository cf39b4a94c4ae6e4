#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The complete configurations of doc/deploy.md, each in its web server, with the programs as the
# systemd units start them: challenges only, and all of it with TLS; and their limits.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

setup_file() {
    load deploy
    begin_deploy
}

setup() {
    load deploy
    fresh_deploy
    start_units
}

teardown() { end_deploy_test; }

teardown_file() {
    load deploy
    end
}

# assert_challenges_only: over HTTP there are challenges, and nothing else.
assert_challenges_only() {
    local path
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    assert_equal "$(curl --silent "http://127.0.0.1:$(http_port)/.well-known/acme-challenge/token")" \
        token.thumbprint
    rm "$SPOOL/challenges/token"
    assert_equal "$(public /.well-known/acme-challenge/none -H 'Host: x-zq.example.test')" 404
    for path in / /gateway/directory /auth/new-nonce /agent/directory /challenges/token; do
        [[ $(public "$path") == 40[34] ]] || fail "$path: $(public "$path")"
    done
}

# works SERVER: from the public configuration over the host's own certificate to the full one, and
# then one client by the gateway and one by the agent.
works() {
    start_site "$1" public
    assert_challenges_only
    [[ $1 == caddy ]] || acmeproxy cert add proxy.example.test
    start_site "$1" full
    wait_until 60 serves /gateway/directory || fail "$1 serves no directory"
    assert_challenges_only
    run secure --head /gateway/directory
    assert_output '^(HTTP/[0-9.]+) 200'
    assert_output '^[Ss]trict-[Tt]ransport-[Ss]ecurity: max-age=31536000'
    [[ $(status_of /) == 40[34] ]]
    run secure --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 /gateway/directory
    assert_status 35
    head -c 70000 /dev/zero >"$BATS_TEST_TMPDIR/large"
    assert_equal "$(status_of --http1.1 --data-binary "@$BATS_TEST_TMPDIR/large" /auth/new-account)" 413

    connect_inside
    through_the_gateway a-zq.example.test
    connect_sleeper b-zq.example.test
    by_the_agent b-zq.example.test

    # What a web server has written down: requests, but not for which private host.
    stop "site-$1"
    [[ $1 == caddy ]] || grep -q '/gateway/directory' "$(site_dir "$1")/access.log"
    ! grep -rE 'a-zq|x-zq' --include='*.log' "$(site_dir "$1")" || fail 'a private name is in a log'
}

@test "lighttpd: challenges only, then all of it" { works lighttpd; }
@test "Apache: challenges only, then all of it" { works apache; }
@test "nginx: challenges only, then all of it" { works nginx; }
@test "Caddy: challenges only, then all of it" { works caddy; }

# limits SERVER: clients at work are served, a flood from one address is not, and others are.
limits() {
    local codes served
    acmeproxy cert add --later proxy.example.test
    start_site "$1" public
    acmeproxy renew
    start_site "$1" full
    connect_inside
    through_the_gateway a.example.test
    # The burst of a client that orders ten certificates at once.
    codes=$(flood 127.0.0.1 150)
    assert_equal "$(sort -u <<<"$codes")" 200 "the answers to a client at work"
    codes=$(flood 127.0.0.3 1500)
    served=$(grep -c 200 <<<"$codes")
    ((served >= 200 && served < 1200)) || fail "$served of 1500 requests were served"
    assert_equal "$(sort -u <<<"$codes" | xargs)" '200 429' 'the answers to a flood'
    # Neither another address nor a challenge suffers.
    assert_equal "$(status_of --interface 127.0.0.2 /gateway/directory)" 200
    assert_equal "$(public /.well-known/acme-challenge/none)" 404
}

# flood ADDRESS N: the status of each of N requests from an address.
flood() {
    local url
    url="$(front_url)/gateway/directory?[1-$2]"
    curl --silent --no-progress-meter --parallel --parallel-max 8 --interface "$1" \
        --cacert "$HARNESS_DIR/root.pem" --resolve "proxy.example.test:$HTTPS_PORT:127.0.0.1" \
        --output /dev/null --write-out '%{http_code}\n' "$url"
}

@test "lighttpd: a flood gets 429, a client at work does not" { limits lighttpd; }
@test "Apache: a flood gets 429, a client at work does not" { limits apache; }
@test "nginx: a flood gets 429, a client at work does not" { limits nginx; }
