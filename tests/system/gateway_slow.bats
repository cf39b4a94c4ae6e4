#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A slow CA: answers are held for a while, and clients that get "pending" or "processing" go on.
# The fault proxy makes the CA slow: it shows what is done already as not done yet.

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    trust_front
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

# all_get_one: certbot, lego, acmeproxy and a client like uacme want a certificate, all at once.
# None of them has a challenge handler.
all_get_one() {
    local pids=() pid status=0
    add_client web1 '**.example.test'
    registered web1
    for CLIENT in certbot lego own; do need_client; done
    "$1" "$2"
    for CLIENT in certbot lego own; do
        order "$CLIENT-zq.example.test" >"$BATS_TEST_TMPDIR/$CLIENT.out" &
        pids+=($!)
    done
    issue web1 uacme a-zq.example.test b-zq.example.test >"$BATS_TEST_TMPDIR/uacme.out" 3>&- &
    pids+=($!)
    for pid in "${pids[@]}"; do
        wait "$pid" || status=1
    done
    ((status == 0)) || fail "$(tail -n 5 "$BATS_TEST_TMPDIR"/*.out)"
    for CLIENT in certbot lego own; do
        assert_certificate "$CLIENT-zq.example.test"
    done
    assert_issued_to web1 a-zq.example.test b-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 4 'orders at the CA'
    assert_clean_spool
}

# assert_told N TEXT: the gateway has answered this so many clients.
assert_told() { assert_equal "$(grep -c "$2" "$HARNESS_DIR/logs/gateway.log")" "$1" "clients told $2"; }

@test "all clients get a certificate of a CA that validates in 15 s" {
    fresh_gateway apache
    all_get_one validates_in 15
    assert_told 4 'new order at pebble: pending'
}

@test "all clients get a certificate of a CA that takes 15 s to issue" {
    fresh_gateway nginx
    all_get_one issues_in 15
    assert_told 4 'finalized at pebble: processing'
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

@test "a CA that does not answer holds up no request for another" {
    fresh_gateway
    # The kernel takes the connection, and nobody says anything.
    local port pids=() number
    port=$(pick_port)
    spawn silent "$(system_python)" -c 'import signal, socket, sys
silent = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
signal.pause()' "$port"
    await_listening silent "$port"
    acmeproxy ca add silent "https://localhost:$port/dir" --later
    for number in {1..12}; do
        curl --silent --output "$BATS_TEST_TMPDIR/silent$number" --cacert "$(tls_ca)" \
            "$(front_url)/gateway/silent/directory" 3>&- &
        pids+=($!)
    done
    sleep 0.5
    run curl --silent --max-time 3 --cacert "$(tls_ca)" "$(gateway_directory)"
    assert_status 0
    assert_output '"newOrder"'
    wait "${pids[@]}"
    grep -q 'the CA is slow' "$BATS_TEST_TMPDIR"/silent*
    grep -q 'cannot be reached' "$BATS_TEST_TMPDIR"/silent*
    stop silent
}

@test "one client's orders of many names leave threads for the others" {
    local number pids=()
    fresh_gateway
    add_client web1 '**.example.test'
    registered web1
    inject 'path=^/(authZ|chalZ)/' delay=0.1
    for number in {1..10}; do
        jq '.nonces = []' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-o$number.json"
        # shellcheck disable=SC2046 # one word a name
        raw "o$number" order $(printf "n%d-$number-zq.example.test " {1..60}) \
            >"$BATS_TEST_TMPDIR/order$number" 3>&- &
        pids+=($!)
    done
    wait_until 10 enough_orders 5
    run curl --silent --max-time 4 --cacert "$(tls_ca)" "$(gateway_directory)"
    assert_status 0
    wait "${pids[@]}"
    no_faults
    for number in {1..10}; do
        assert_equal "$(jq -r '"\(.status) \(.body.status)"' "$BATS_TEST_TMPDIR/order$number")" \
            '201 pending'
    done
}
