#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# CAs that are down, slow, busy, or in a mood: what a polite client makes of it.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load renewer_file

setup_file() {
    begin_with_ca
    start_pebble --name chaotic "${PEBBLE_CHAOS[@]}"
}

setup() { fresh; }

pause_file() { echo "$SPOOL/cas/letsencrypt/pause"; }

# add_later NAME...: lineages without a certificate yet, and an account.
add_later() {
    local name
    for name in "$@"; do
        "$ACMEPROXY" cert add --later "$name.example.test" >/dev/null
    done
}

# assert_paused SECONDS: until about then.
assert_paused() {
    local until
    until=$(date -d "$(grep -oE '20[0-9T:-]+Z' "$(pause_file)" | head -n 1)" +%s)
    ((until >= EPOCHSECONDS + $1 - 20 && until <= EPOCHSECONDS + $1 + 20)) ||
        fail "paused for $((until - EPOCHSECONDS)) s instead of $1"
}

# assert_silent_until_resumed NAME...: within the pause nothing is asked; after it all is obtained.
assert_silent_until_resumed() {
    local name
    forget_requests
    no_faults
    run acmeproxy renew
    assert_status 0
    assert_equal "$(proxy_requests)" 0 'the number of requests within the pause'
    run acmeproxy renew "$2.example.test"
    assert_output "^acmeproxy: $2.example.test: the CA letsencrypt asked for silence until 20.*\(end it early: remove $(pause_file)\)"
    assert_equal "$(proxy_requests)" 0 'the number of requests within the pause, on demand'
    rm "$(pause_file)"
    for name in "$@"; do
        touch_due "$name.example.test"
    done
    run acmeproxy renew
    assert_status 0
    for name in "$@"; do
        assert_live "$name.example.test" "$name.example.test"
    done
    assert_sound_spool
}

@test "429 with seconds pauses this CA: others of its lineages wait, and the next pass is silent" {
    add_later a b c
    inject path=^/order-plz problem=rateLimited retry-after=600 'detail=too many new orders'
    run acmeproxy renew --workers 1
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*rateLimited.*too many new orders'
    assert_output '^acmeproxy: b.example.test: the CA letsencrypt asked for silence until 20'
    assert_output '^acmeproxy: c.example.test: the CA letsencrypt asked for silence until 20'
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of newOrder requests'
    assert_paused 600
    run acmeproxy ca show letsencrypt
    assert_output '^paused until: +20.*too many new orders'
    run acmeproxy renew --dry-run b.example.test
    assert_status 0
    assert_output '^b.example.test: would wait: the CA letsencrypt asked for silence until 20.*too many new orders'
    assert_silent_until_resumed a b c
}

@test "429 with an HTTP date pauses this CA until then" {
    add_later a b
    inject path=^/order-plz problem=rateLimited retry-after-date=900 'detail=too many new orders'
    run acmeproxy renew --workers 1
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*rateLimited.*too many new orders'
    assert_output '^acmeproxy: b.example.test: the CA letsencrypt asked for silence until 20'
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of newOrder requests'
    assert_paused 900
    assert_silent_until_resumed a b
}

@test "every request says who we are (RFC 8555, section 6.1)" {
    add_later a
    run acmeproxy renew
    assert_status 0
    assert_equal "$(sed -nE 's/^[0-9]+ ~ //p' "$HARNESS_DIR/logs/requests.log" | sort -u)" \
        "acmeproxy/$("$ACMEPROXY" version | sed -nE '1s/^acmeproxy ([0-9.]+).*/\1/p')"
    assert_equal "$(log_lines requests '^[0-9]+ ~ acmeproxy/[0-9]')" "$(proxy_requests)" 'the number'
}

@test "503 with an HTTP date and a page of HTML pauses this CA, too" {
    add_later a b
    inject path=^/order-plz status=503 retry-after-date=1800 body=html
    run acmeproxy renew --workers 1
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*503.*Service Temporarily Unavailable'
    refute_output '<html>|<title>'
    assert_output '^acmeproxy: b.example.test: the CA letsencrypt asked for silence'
    assert_paused 1800
    assert_silent_until_resumed a b
}

@test "503 for the directory pauses this CA before an account is made" {
    add_later a b
    inject path=^/dir status=503 retry-after=120 body=empty
    run acmeproxy renew --workers 1
    assert_status 1
    assert_equal "$(proxy_requests)" 1 'the number of requests'
    assert_paused 120
    assert_silent_until_resumed a b
}

@test "a rate limit with an absurd Retry-After pauses the CA for an hour at most" {
    add_later a b
    inject path=^/order-plz status=429 retry-after=99999999 body=text:no
    run acmeproxy renew --workers 1
    assert_status 1
    assert_paused 3600
}

@test "a rate limit while an order is in flight leaves the order, which is gone on with" {
    add_later a
    inject path=^/finalize-order times=1 problem=rateLimited retry-after=300
    run acmeproxy renew
    assert_status 1
    assert_silent_until_resumed a a
    assert_issued 1 1
}

@test "another CA is not paused with it" {
    add_later a
    inject path=^/order-plz problem=rateLimited retry-after=600
    run acmeproxy renew
    assert_status 1
    acmeproxy ca add other "$(pebble_url)" --ca-certificates "$(tls_ca)"
    run acmeproxy cert add b.example.test --ca other
    assert_status 0
    assert_live b.example.test b.example.test
}

@test "a CA that is down is one line a lineage; when it is up again, all is obtained" {
    add_later a
    stop_pebble
    stop proxy
    run acmeproxy renew
    assert_status 1
    assert_error_lines 1
    assert_output '^acmeproxy: a.example.test: .*localhost.*; next attempt at 20'
    restart_pebble
    start_fault_proxy
    use_ca "$(proxy_url)"
    run acmeproxy renew
    assert_equal "$output" '' 'the output of a pass that came too early'
    touch_due a.example.test
    run acmeproxy renew
    assert_status 0
    assert_live a.example.test a.example.test
    assert_equal "$(field a.example.test .attempts)" 0
}

@test "after five failures in a row the CA is left alone for the rest of the pass" {
    add_later a b c d e f g h
    inject path=^/order-plz status=500 body=text:broken
    run acmeproxy renew --workers 1
    assert_status 1
    assert_equal "$(grep -c 'broken.*next attempt at' <<<"$output")" 5 'the number of failures'
    assert_equal "$(grep -c 'the CA letsencrypt failed 5 times in a row in this pass' <<<"$output")" 3 \
        'the number of lineages that were spared'
    assert_equal "$(proxy_requests 'POST /order-plz')" 5 'the number of newOrder requests'
    no_faults
    run acmeproxy renew
    assert_status 0
    assert_live h.example.test h.example.test
    assert_equal "$(field a.example.test .attempts)" 1
}

@test "failures are tried again after 1, 10, 100 minutes and then a day" {
    local minutes wait
    add_later a
    inject path=^/order-plz status=500 body=text:broken
    for minutes in 1 10 100 1440 1440; do
        touch_due a.example.test
        run acmeproxy renew
        assert_status 1
        wait=$((($(date -d "$(jq -r .next "$(lineage a.example.test)/retry.json")" +%s) - EPOCHSECONDS) / 60))
        ((wait >= minutes - 1 && wait <= minutes * 11 / 10 + 1)) ||
            fail "tried again in $wait min instead of $minutes"
    done
    assert_equal "$(field a.example.test .attempts)" 5
    # `due` is a day ahead at most.
    (($(stat --format=%Y "$(lineage a.example.test)/due") <= EPOCHSECONDS + 86400))
}

@test "a CA that is slow is waited for" {
    add_later a
    inject path=^/dir delay=2
    inject path=^/finalize-order delay-answer=2
    inject path=^/certZ drip=0.0005
    run acmeproxy renew
    assert_status 0
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

@test "a CA that takes longer than --order-timeout is left, and the same order resumed later" {
    add_later a
    inject path=^/my-order 'sub="status": *"[a-z]+"=>"status": "processing"'
    run acmeproxy renew --order-timeout 2s
    assert_status 1
    assert_output 'a.example.test: the CA still says "processing" after 2 s; the order is resumed by a later pass'
    no_faults
    run acmeproxy renew a.example.test
    assert_status 0
    assert_issued 1 1
}

@test "a rejected nonce is replaced by the one of the answer, a few times" {
    add_later a
    inject path=^/order-plz times=2 problem=badNonce
    run acmeproxy renew
    # The proxy's answer has no nonce: a new one is fetched.
    assert_status 0
    assert_live a.example.test a.example.test
    inject path=^/order-plz problem=badNonce
    forget_requests
    run acmeproxy renew --force
    assert_status 1
    assert_output 'badNonce'
    (($(proxy_requests 'POST /order-plz') <= 10)) || fail "$(proxy_requests 'POST /order-plz') tries"
}

@test "a connection that the CA closes between two requests is opened anew" {
    add_later a
    inject path=^/order-plz times=1 drop=before
    run acmeproxy renew
    if ((status)); then
        touch_due a.example.test
        run acmeproxy renew
        assert_status 0
    fi
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

@test "a chaotic CA gives its certificates all the same, in one pass" {
    use_ca "$(pebble_url chaotic)"
    add_later a b c d
    run acmeproxy renew --workers 4
    assert_status 0
    local name
    for name in a b c d; do
        assert_names "$(cert "$name.example.test")" "$name.example.test"
        assert_chain "$(live "$name.example.test" fullchain.pem)" chaotic
    done
    # Reused authorizations, now.
    run acmeproxy renew --force
    assert_status 0
    assert_equal "$(pebble_certificates chaotic)" 8 'the number of certificates'
    assert_sound_spool
}

@test "an untrusted, a plain and a wrong URL are refused with what to look at" {
    add_later a
    # Not the test's root.
    unset ACMEPROXY_CA_CERTIFICATES LEGO_CA_CERTIFICATES
    run acmeproxy renew
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*localhost.*certificate'
    assert_equal "$(proxy_requests)" 0 'the number of requests'
    LEGO_CA_CERTIFICATES=$(tls_ca) run acmeproxy renew a.example.test
    assert_status 0
    run acmeproxy renew --acme-directory-url "http://localhost:1/dir"
    assert_status 2
    assert_output 'only https is allowed'
}
