#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# acmeproxy as a client of acmeproxy: inside, with a spool of its own; outside, the gateway. The
# same engine as with a CA, with no challenge that anybody would have to serve.

setup_file() {
    load gateway
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    load gateway
}

teardown() {
    end_gateway_test
}

teardown_file() {
    load gateway
    end
}

# inside WORD...: the acmeproxy of the private network.
inside() {
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        "$ACMEPROXY" "$@"
}
inside_file() { echo "$BATS_TEST_TMPDIR/inside/certs/$1/live/$2"; }

# connected FRONT [SETTING...]: a gateway, and inside an acmeproxy that has an account there.
connected() {
    fresh_gateway "$@"
    add_client site1 '**.example.test'
    echo "ca-certificates = $(tls_ca)" >"$BATS_TEST_TMPDIR/inside.conf"
    inside spool init >/dev/null
    inside ca add proxy "$(gateway_directory)" --eab-kid "$(eab_kid site1)" \
        --eab-key-file "$BATS_TEST_TMPDIR/eab-site1.key"
}

issued_and_renewed() {
    local first
    connected "$1"
    inside cert add a-zq.example.test b-zq.example.test --ca proxy --later
    inside renew
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test b-zq.example.test
    assert_chain "$(inside_file a-zq.example.test fullchain.pem)"
    assert_pair "$(inside_file a-zq.example.test cert.pem)" \
        "$(inside_file a-zq.example.test privkey.pem)"
    assert_equal "$(ls "$BATS_TEST_TMPDIR/inside/challenges")" '' 'the challenges inside'
    first=$(readlink "$BATS_TEST_TMPDIR/inside/certs/a-zq.example.test/live")
    inside renew --force a-zq.example.test
    [[ $(readlink "$BATS_TEST_TMPDIR/inside/certs/a-zq.example.test/live") != "$first" ]]
    cp "$(inside_file a-zq.example.test fullchain.pem)" "$(certificate_file site1)"
    inside spool check
    assert_clean_spool
}

@test "first certificate and renewal behind lighttpd" { issued_and_renewed lighttpd; }
@test "first certificate and renewal behind Apache" { issued_and_renewed apache; }
@test "first certificate and renewal behind nginx" { issued_and_renewed nginx; }

@test "a refused name is told in one line, and does not stop the others" {
    connected lighttpd
    inside cert add a-zq.other.test --ca proxy --later
    inside cert add b-zq.example.test --ca proxy --later
    run inside renew
    assert_status 1
    assert_output 'a-zq.other.test.*may not have it'
    assert_names "$(inside_file b-zq.example.test cert.pem)" b-zq.example.test
}

@test "a disabled client fails, and goes on when it is enabled again" {
    connected lighttpd
    inside cert add a-zq.example.test --ca proxy --later
    acmeproxy client disable site1
    run inside renew
    assert_status 1
    assert_output 'a-zq.example.test.*disabled'
    acmeproxy client enable site1
    inside renew --force a-zq.example.test
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
}

@test "inside waits for a CA that is slow outside" {
    connected lighttpd 'gateway-wait = 1'
    inject 'path=^/(authZ|my-order)/' 'sub="status": *"(valid|ready)"=>"status":"pending"'
    (sleep 4 && rm -f "$HARNESS_DIR/faults") 3>&- &
    inside cert add a-zq.example.test --ca proxy --later
    inside renew
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
}

@test "killed inside in mid-order, it takes the same order up again" {
    connected lighttpd
    inside cert add a-zq.example.test --ca proxy --later
    inject path=^/finalize-order times=1 "hold=$BATS_TEST_TMPDIR/go"
    inside renew >/dev/null 2>&1 3>&- &
    local client=$!
    await_request 'POST /finalize-order'
    kill -s KILL "$client" "$(pgrep -P "$client")" 2>/dev/null || true
    wait "$client" || true
    touch "$BATS_TEST_TMPDIR/go"
    no_faults
    inside renew --force a-zq.example.test
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
}
