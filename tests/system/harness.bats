#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Proves the harness: that its services work without acmeproxy, and that it can see red.

setup_file() {
    load common
    begin
    start_dns
    start_challenge_web static "$HARNESS_DIR/spool/challenges"
    start_pebble PEBBLE_ALTERNATE_ROOTS=1
    start_fault_proxy
    start_hostile_ca
}

setup() {
    load common
    new_spool
    use_ca "$(proxy_url)"
    no_faults
    forget_requests
}

teardown() {
    end_test
}

teardown_file() {
    load common
    end
}

certificate() { echo "$BATS_TEST_TMPDIR/lego/certificates/$1.crt"; }

@test "another client gets a certificate through the static challenge folder" {
    local orders certificates requests
    orders=$(pebble_orders)
    certificates=$(pebble_certificates)
    requests=$(web_requests)
    lego a.example.test b.example.test
    assert_names "$(certificate a.example.test)" a.example.test b.example.test
    assert_pair "$(certificate a.example.test)" "$BATS_TEST_TMPDIR/lego/certificates/a.example.test.key"
    assert_chain "$(certificate a.example.test)"
    assert_equal "$(($(pebble_orders) - orders))" 1 'the number of orders'
    assert_equal "$(($(pebble_certificates) - certificates))" 1 'the number of certificates'
    assert_equal "$(($(web_requests) - requests))" 6 'the number of challenge requests'
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of newOrder requests'
    assert_equal "$(proxy_connections)" 1 'the number of connections'
    assert_equal "$(proxy_faults)" 0 'the number of faults'
}

@test "a name whose challenge is not served is refused by the CA" {
    stop web
    run lego c.example.test
    start_challenge_web static "$HARNESS_DIR/spool/challenges"
    assert_status 1
    assert_output 'connection refused'
}

@test "a name that does not exist is refused by the CA" {
    run lego c.unresolved.test
    assert_status 1
    assert_output 'could not resolve|no such host'
}

@test "an assertion that does not hold fails" {
    run false
    run assert_status 0
    [[ $status == 1 ]]
    run assert_equal 1 2 'the number of moons'
    [[ $status == 1 && $output == "the number of moons is '1' instead of '2'" ]]
    output=text
    run assert_output 'no such line'
    [[ $status == 1 ]]
    run refute_output 'line'
    [[ $status == 1 ]]
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -addext subjectAltName=DNS:x.test \
        -keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/crt" 2>/dev/null
    assert_names "$BATS_TEST_TMPDIR/crt" x.test
    run assert_names "$BATS_TEST_TMPDIR/crt" y.test
    [[ $status == 1 ]]
    run assert_chain "$BATS_TEST_TMPDIR/crt"
    [[ $status != 0 ]]
    run assert_pair "$BATS_TEST_TMPDIR/crt" "$HARNESS_DIR/tls/ca-key.pem"
    [[ $status == 1 ]]
    run assert_revoked "$BATS_TEST_TMPDIR/crt" 0
    [[ $status == 1 ]]
}

@test "an injected 503 with an HTTP date reaches the client, not the CA" {
    local orders
    orders=$(pebble_orders)
    inject path=^/order-plz status=503 retry-after-date=60 body=html
    run lego d.example.test
    assert_status 1
    assert_output '503 .*Service Temporarily Unavailable'
    assert_equal "$(pebble_orders)" "$orders" 'the number of orders'
    assert_equal "$(proxy_faults)" "$(proxy_requests 'POST /order-plz')" 'the number of faults'
    run curl --silent --include --cacert "$(tls_ca)" "${ACMEPROXY_ACME_DIRECTORY_URL%dir}order-plz"
    assert_output '^Retry-After: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]+ .* GMT'
}

@test "an injected problem with seconds to wait reaches the client once" {
    inject path=^/order-plz times=1 problem=rateLimited retry-after=7 detail='too many of these'
    run curl --silent --include --cacert "$(tls_ca)" "${ACMEPROXY_ACME_DIRECTORY_URL%dir}order-plz"
    assert_output '^HTTP/1.1 429 '
    assert_output '^Retry-After: 7'
    assert_output 'urn:ietf:params:acme:error:rateLimited.*too many of these'
    lego e.example.test
}

@test "a dropped answer has reached the CA, a dropped request has not" {
    local orders
    orders=$(pebble_orders)
    inject path=^/order-plz times=1 drop=after
    run lego f.example.test
    assert_status 1
    assert_equal "$(pebble_orders)" $((orders + 1)) 'the number of orders'
    no_faults
    inject path=^/order-plz drop=before
    run lego g.example.test
    assert_status 1
    assert_equal "$(pebble_orders)" $((orders + 1)) 'the number of orders'
}

@test "bodies, headers, status and pace of the CA's answers can be changed" {
    local fetch=(curl --silent --include --cacert "$(tls_ca)" "$ACMEPROXY_ACME_DIRECTORY_URL")
    inject path=^/dir 'sub="newOrder"=>"oldOrder"' set-status=418 header=X-Test:yes \
        no-header=Content-Type
    run "${fetch[@]}"
    assert_output '^HTTP/1.1 418 '
    assert_output '^X-Test: yes'
    assert_output 'oldOrder'
    refute_output 'newOrder|Content-Type'
    no_faults
    inject path=^/dir drop=midway
    run "${fetch[@]}"
    # curl: the body was shorter than announced; newer ones look at the end of TLS first
    [[ $status == @(18|56) ]] || fail "exit status $status"
    no_faults
    inject path=^/dir skip=1 times=1 delay=1
    local start=$EPOCHREALTIME
    "${fetch[@]}" >/dev/null
    "${fetch[@]}" >/dev/null
    assert_equal "$((${EPOCHREALTIME/./} - ${start/./} > 1000000))" 1 'the delay'
}

@test "a request can be held at the proxy until the test lets it go" {
    inject path=^/finalize-order hold="$BATS_TEST_TMPDIR/go"
    lego h.example.test >"$BATS_TEST_TMPDIR/out" 3>&- &
    local pid=$! certificates
    certificates=$(pebble_certificates)
    await_request 'POST /finalize-order'
    assert_equal "$(pebble_certificates)" "$certificates" 'the number of certificates'
    touch "$BATS_TEST_TMPDIR/go"
    wait "$pid"
    assert_equal "$(pebble_certificates)" $((certificates + 1)) 'the number of certificates'
}

@test "a restarted CA has lost the account; a stopped one is down" {
    lego i.example.test
    restart_pebble
    run lego j.example.test
    assert_status 1
    assert_output 'accountDoesNotExist|account'
    stop_pebble
    run curl --silent --cacert "$(tls_ca)" "$(pebble_url)"
    assert_status 7
    restart_pebble PEBBLE_ALTERNATE_ROOTS=1
}

@test "the CA can require external account binding, and can be chaotic" {
    start_pebble --name strange --eab --validity 86400 "${PEBBLE_CHAOS[@]}"
    use_ca "$(pebble_url strange)"
    run lego k.example.test
    assert_status 1
    assert_output 'externalAccountRequired|External Account Binding'
    lego --eab --kid="$PEBBLE_EAB_KID" --hmac="$PEBBLE_EAB_KEY" k.example.test
    stop_pebble strange
}

@test "the hostile CA gives a certificate in its honest scenario only" {
    use_ca "$(hostile_url honest)"
    lego l.example.test
    use_ca "$(hostile_url directory-not-json)"
    run lego m.example.test
    assert_status 1
    ((${#output} > 0))
    run curl --silent --cacert "$(tls_ca)" "$(hostile_url directory-deep)"
    assert_output '^\[\[\[\['
}

@test "services end by their own pid, with all that they have started" {
    spawn family bash -c 'sleep 1000 & sleep 1000'
    local pid
    pid=$(pid_of family)
    has_three() { (($(session_members "$pid" | wc -l) == 3)); }
    wait_until 5 has_three
    stop family
    assert_equal "$(session_members "$pid")" '' 'what is left'
    # A pid that is another program's by now is left alone.
    sleep 1000 3>&- &
    echo "$! 1" >"$HARNESS_DIR/pids/stranger"
    stop stranger
    kill -0 $!
    kill $!
}
