#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A slow CA: answers are held for a while, and clients that get "pending" or "processing" go on.
# The fault proxy makes the CA slow: it shows what is done already as not done yet.

setup_file() {
    load gateway
    begin_gateway && start_front lighttpd
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

validates_in() { # SECONDS, from now on; "never" until no_faults
    inject 'path=^/(authZ|my-order)/' 'sub="status": *"(valid|ready)"=>"status":"pending"' \
        'sub=,\s*"validated": *"[^"]*"=>'
    end_faults_in "$1"
}

issues_in() { # SECONDS or "never"
    inject 'path=^/(finalize-order|my-order)/' 'sub="status": *"valid"=>"status":"processing"' \
        'sub="certificate": *"[^"]*",?=>' 'sub=,\s*}=>}'
    end_faults_in "$1"
}

end_faults_in() {
    [[ $1 != never ]] || return 0
    (sleep "$1" && rm -f "$HARNESS_DIR/faults") 3>&- &
}

ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

@test "clients without challenge handlers get a certificate of a CA that validates in 14 s" {
    local pids=() pid status=0
    fresh_gateway
    add_client web1 '**.example.test'
    add_client web2 '**.example.test'
    add_client web3 '**.example.test'
    registered web1
    validates_in 14
    issue web1 uacme a-zq.example.test b-zq.example.test >"$BATS_TEST_TMPDIR/out1" 3>&- &
    pids+=($!)
    LEGO_CA_CERTIFICATES=$(tls_ca) command lego --accept-tos --email x@example.test \
        --server "$(gateway_directory)" --path "$BATS_TEST_TMPDIR/lego" --eab \
        --kid "$(eab_kid web2)" --hmac="$(eab_key web2)" --http \
        --http.webroot "$BATS_TEST_TMPDIR" --domains c-zq.example.test \
        run >"$BATS_TEST_TMPDIR/out2" 2>&1 3>&- &
    pids+=($!)
    local certbot=$BATS_TEST_TMPDIR/certbot
    REQUESTS_CA_BUNDLE=$(tls_ca) certbot certonly --server "$(gateway_directory)" --eab-kid \
        "$(eab_kid web3)" --eab-hmac-key "$(eab_key web3)" --agree-tos --non-interactive \
        --register-unsafely-without-email --manual --preferred-challenges http \
        --manual-auth-hook /bin/false --config-dir "$certbot" --work-dir "$certbot" \
        --logs-dir "$certbot" -d d-zq.example.test >"$BATS_TEST_TMPDIR/out3" 2>&1 3>&- &
    pids+=($!)
    for pid in "${pids[@]}"; do
        wait "$pid" || status=1
    done
    ((status == 0)) || fail "$(tail -n 5 "$BATS_TEST_TMPDIR"/out?)"
    assert_issued_to web1 a-zq.example.test b-zq.example.test
    assert_names "$BATS_TEST_TMPDIR/lego/certificates/c-zq.example.test.crt" c-zq.example.test
    assert_names "$certbot/live/d-zq.example.test/cert.pem" d-zq.example.test
    assert_clean_spool
}

@test "past the wait an order is pending; posting to its challenge or fetching it goes on" {
    local start
    fresh_gateway lighttpd 'gateway-wait = 1'
    add_client web1 '**.example.test'
    registered web1
    validates_in never
    start=$(ms)
    expect 201 - - web1 order a-zq.example.test
    (($(ms) - start < 7000)) || fail "it took $(($(ms) - start)) ms"
    assert_equal "$(answer .body.status)" pending 'the status'
    assert_header retry-after '^[0-9]+$'
    run raw web1 post authorization
    assert_equal "$(answer .body.status)" pending 'the status of the authorization'
    assert_equal "$(answer '.body.challenges[0] | keys | join(" ")')" 'status token type url'
    for _ in 1 2 3; do
        expect 200 - - web1 post challenge '{}'
        [[ $(answer .body.status) =~ ^(pending|processing)$ ]]
    done
    expect 403 orderNotReady '' web1 finalize
    # Clients that poll cost the CA no further validations.
    assert_equal "$(proxy_requests 'POST /chalZ/')" 1 'the number of triggered validations'
    end_faults_in 1
    issue web1 a-zq.example.test
    assert_issued_to web1 a-zq.example.test
    expect 200 - - web1 post order
}

@test "acme.sh's way through a pending order" {
    fresh_gateway lighttpd 'gateway-wait = 0'
    add_client web1 '**.example.test'
    registered web1
    validates_in never
    raw web1 order a-zq.example.test b-zq.example.test
    assert_equal "$(raw_state web1 '.authorizations | length')" 2
    run raw web1 post authorization:1
    assert_equal "$(answer .body.status)" pending 'the status'
    expect 200 - - web1 post challenge '{}'
    no_faults
    wait_until 20 ready web1
    raw web1 finalize --key-out "$(key_file web1)"
    raw web1 poll
    raw web1 certificate --out "$(certificate_file web1)"
    assert_issued_to web1 a-zq.example.test b-zq.example.test
}

ready() { [[ $(raw "$1" post order | jq -r .body.status) == ready ]]; }

@test "a CA that takes its time to issue: processing, then valid, and never ready again" {
    local seen='' state
    fresh_gateway lighttpd 'gateway-wait = 1'
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.example.test
    issues_in never
    expect 200 - - web1 finalize --key-out "$(key_file web1)"
    assert_equal "$(answer .body.status)" processing 'the status'
    assert_header retry-after '^[0-9]+$'
    assert_equal "$(answer '.body | has("certificate")')" false
    while [[ ${state:-} != valid ]]; do
        state=$(raw web1 post order | jq -r .body.status)
        seen+=" $state"
        [[ $seen != ' processing processing' ]] || no_faults
        ((${#seen} < 300)) || fail "it does not end:$seen"
    done
    [[ $seen =~ ^(\ processing)+\ valid$ ]] || fail "the states are$seen"
    raw web1 certificate --out "$(certificate_file web1)"
    assert_issued_to web1 a-zq.example.test
}

@test "who waits does not keep others from an answer" {
    local number start
    PROCESSES=1 fresh_gateway lighttpd 'gateway-wait = 12' 'threads = 8'
    for number in 1 2 3; do
        add_client "web$number" '**.example.test'
        registered "web$number"
    done
    validates_in never
    for number in 1 2 3 4 5 6; do
        jq '.nonces = []' "$BATS_TEST_TMPDIR/raw-web$((1 + number % 2)).json" \
            >"$BATS_TEST_TMPDIR/raw-wait$number.json"
        raw "wait$number" order "w$number-zq.example.test" >/dev/null 3>&- &
    done
    wait_until 10 enough_orders 6
    start=$(ms)
    raw web3 get >/dev/null
    raw web3 post account >/dev/null
    (($(ms) - start < 8000)) || fail "it took $(($(ms) - start)) ms"
    no_faults
    wait
}

enough_orders() { (($(proxy_requests 'POST /order-plz') >= $1)); }

@test "a program that is told to stop answers who waits at once" {
    local start
    PROCESSES=1 fresh_gateway lighttpd 'gateway-wait = 20'
    add_client web1 '**.example.test'
    registered web1
    validates_in never
    raw web1 order a-zq.example.test >"$BATS_TEST_TMPDIR/out" 3>&- &
    local client=$!
    wait_until 10 enough_orders 1
    await_request 'POST /my-order/'
    start=$(ms)
    kill -s TERM "$(processes_of gateway)"
    wait "$client"
    (($(ms) - start < 8000)) || fail "it took $(($(ms) - start)) ms"
    assert_equal "$(jq -r '"\(.status) \(.body.status)"' "$BATS_TEST_TMPDIR/out")" '201 pending'
    no_faults
    issue web1 a-zq.example.test
}
