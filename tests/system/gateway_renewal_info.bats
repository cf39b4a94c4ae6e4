#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Renewal information, profiles and "replaces", which Debian 12's Pebble does not have: this takes
# the one of Debian unstable (contrib/fetch-pebble.sh).

load gateway_file

setup_file() {
    begin
    local cache=${TEST_PEBBLE_CACHE:-${TMPDIR:-/tmp}/acmeproxy-pebble-$(id -u)}
    PEBBLE=$("$SERVICES_ROOT/contrib/fetch-pebble.sh" "$cache" 2>"$HARNESS_DIR/fetch.log") ||
        skip "no newer Pebble: $(tail -n 1 "$HARNESS_DIR/fetch.log")"
    export PEBBLE
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    fresh_gateway
    add_client web1 '**.example.test'
    registered web1
}

@test "renewal information is handed on, to whoever asks, behind each web server" {
    local front id
    issue web1 a-zq.example.test
    id=$(ari_id web1)
    assert_equal "$(raw web1 get | jq -r .body.renewalInfo)" "$(front_url)/gateway/renewal-info"
    pebble_set_renewal_info "$(certificate_file web1)" 2027-01-02T03:04:05Z 2027-01-03T03:04:05Z
    for front in lighttpd apache nginx; do
        run curl --http1.1 --silent --include --cacert "$(tls_ca)" \
            "$(front_url "$front")/gateway/renewal-info/$id"
        assert_output '^HTTP/[0-9.]+ 200'
        assert_output '^Content-Type: application/json'
        assert_output '^Retry-After: [0-9]+'
        assert_output '2027-01-02T03:04:05Z'
    done
    # One answer served them all.
    (($(proxy_requests 'GET .*enewal') <= 2)) || fail "$(proxy_requests 'GET .*enewal') requests"
}

@test "an id that is none is refused without asking the CA" {
    local id
    for id in x a.b ../../etc/passwd aYhba4dGQEHhs3uEe6CuLN4ByNQ 'aYhb%2e.AIdl' .. ''; do
        expect 400 malformed '' web1 get "$(front_url)/gateway/renewal-info/$id" ||
            expect 404 - - web1 get "$(front_url)/gateway/renewal-info/$id"
    done
    assert_equal "$(proxy_requests 'enewal')" 0 'the number of requests to the CA'
}

@test "profiles are the CA's, as far as the policy lets the client have them" {
    assert_equal "$(raw web1 get | jq -r '.body.meta.profiles | keys | join(" ")')" \
        'classic shortlived'
    issue web1 a-zq.example.test --profile shortlived
    openssl x509 -noout -checkend $((7 * 86400)) -in "$(certificate_file web1)" &&
        fail 'it lives longer than that profile has it'
    expect 400 invalidProfile 'no profile' web1 order a-zq.example.test --profile none
    add_client web2 '**.example.test' -- --profile classic
    registered web2
    expect 400 invalidProfile 'may not' web2 order a-zq.example.test --profile shortlived
    expect 201 - - web2 order a-zq.example.test --profile classic
}

@test "replaces is handed on; where the CA refuses it, the order is placed without" {
    issue web1 a-zq.example.test
    local id
    id=$(ari_id web1)
    raw web1 order a-zq.example.test --replaces "$id"
    raw web1 finalize
    raw web1 poll
    assert_equal "$(proxy_requests 'POST /order-plz')" 2 'the number of orders'
    # Once more: it has been replaced. The client is not told 409, but gets its order.
    expect 201 - - web1 order a-zq.example.test --replaces "$id"
    assert_equal "$(proxy_requests 'POST /order-plz')" 4 'the number of orders'
    expect 400 malformed 'replaces' web1 order a-zq.example.test --replaces '!'
    expect 201 - - web1 order a-zq.example.test --replaces aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE
}

@test "a rate limit of an order with replaces is no reason to order without" {
    issue web1 a-zq.example.test
    inject path=^/order-plz problem=rateLimited retry-after=5
    forget_requests
    expect 429 rateLimited '' web1 order a-zq.example.test --replaces "$(ari_id web1)"
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
}
