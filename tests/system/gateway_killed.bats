#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# SIGKILL to the programs: between any two requests nothing is lost; within one the client gets an
# error of the web server, tries again, and ends with its certificate. No half-made thing is left.
# The raw client; gateway_killed_clients.bats has those that users run.

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd
}

setup() {
    fresh_gateway
    add_client web1 '**.example.test'
}

# certificate_at_last: another attempt, as clients make it, gets a certificate.
certificate_at_last() {
    issue web1 a-zq.example.test || fail 'there is no certificate in the end'
    assert_issued_to web1 a-zq.example.test
}

@test "each request is answered by another process than the one before" {
    registered web1
    kill_all
    raw web1 order a-zq.example.test b-zq.example.test
    kill_all
    expect 200 - - web1 post order
    kill_all
    expect 200 - - web1 post authorization
    kill_all
    expect 200 - - web1 post challenge '{}'
    kill_all
    raw web1 finalize --key-out "$(key_file web1)"
    kill_all
    raw web1 poll
    kill_all
    raw web1 certificate --out "$(certificate_file web1)"
    assert_issued_to web1 a-zq.example.test b-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
    assert_clean_spool
}

@test "killed while the CA is being asked: for each request to the CA" {
    local step
    registered web1
    for step in order-plz authZ chalZ my-order finalize-order certZ; do
        rm -f "$BATS_TEST_TMPDIR/go"
        forget_requests
        inject "path=^/$step" method=POST times=1 "hold=$BATS_TEST_TMPDIR/go"
        issue web1 a-zq.example.test >"$BATS_TEST_TMPDIR/out" 3>&- &
        local client=$! ended=0
        await_request "POST /$step" || fail "there was no request to $step"
        kill_program gateway
        touch "$BATS_TEST_TMPDIR/go"
        wait "$client" || ended=$?
        # On a slow machine the gateway may have given up that request before, and gone on.
        ((ended == 0)) || [[ $(jq -r .status "$BATS_TEST_TMPDIR/out") =~ ^(0|50[0-4])$ ]] ||
            fail "at $step the client got $(cat "$BATS_TEST_TMPDIR/out")"
        no_faults
        certificate_at_last
    done
    assert_swept
}

@test "killed when the CA has just answered: for each request to the CA" {
    local step
    registered web1
    for step in order-plz chalZ finalize-order certZ; do
        rm -f "$BATS_TEST_TMPDIR/go"
        forget_requests
        inject "path=^/$step" method=POST times=1 "hold-answer=$BATS_TEST_TMPDIR/go"
        issue web1 a-zq.example.test >/dev/null 3>&- &
        local client=$!
        await_request "POST /$step" || fail "there was no request to $step"
        sleep 0.1
        kill_program gateway
        touch "$BATS_TEST_TMPDIR/go"
        wait "$client" || true
        no_faults
        # The order that was interrupted can be gone on with where the client knows it.
        if [[ $step == finalize-order ]]; then
            run raw web1 poll
            assert_equal "$(answer .body.status)" valid 'the status of the interrupted order'
        fi
        certificate_at_last
    done
    assert_swept
}

@test "killed at random instants" {
    local round client
    registered web1
    for round in 1 2 3 4 5 6 7 8; do
        issue web1 "a-zq.example.test" >"$BATS_TEST_TMPDIR/out" 3>&- &
        client=$!
        sleep "0.$((SRANDOM % 4))$((SRANDOM % 10))"
        kill_all
        if ! wait "$client"; then
            [[ $(jq -r .status "$BATS_TEST_TMPDIR/out") =~ ^(0|50[0-4])$ ]] ||
                fail "the client got $(cat "$BATS_TEST_TMPDIR/out")"
            certificate_at_last
        fi
    done
    assert_swept
}

@test "registration and key change survive a kill at random instants" {
    local round client
    for round in 1 2 3 4 5 6; do
        raw "new$round" register --kid "$(eab_kid web1)" --key="$(eab_key web1)" \
            >/dev/null 3>&- &
        client=$!
        sleep "0.$((SRANDOM % 2))$((SRANDOM % 10))"
        kill_program auth
        wait "$client" || true
        # Again, with the same key: one account, made now or before.
        raw "new$round" register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
        raw "new$round" post account
        raw "new$round" key-change >/dev/null 3>&- &
        client=$!
        sleep "0.$((SRANDOM % 2))$((SRANDOM % 10))"
        kill_program auth
        wait "$client" || true
        # One of both keys is the account's, the other one is not.
        raw "new$round" post account || raw "new$round" key-change || with_next_key "new$round"
    done
    assert_equal "$(acmeproxy client list --json | jq -r '.[0].accounts | length')" 6 'the number of accounts'
    assert_swept
}

# with_next_key ID: the change was made, and its answer lost.
with_next_key() {
    local file=$BATS_TEST_TMPDIR/raw-$1.json
    jq '.key = .next_key' "$file" >"$file.new" && mv "$file.new" "$file"
    raw "$1" post account
}
