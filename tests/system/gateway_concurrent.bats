#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Many at once, over several processes of each program.

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd && start_front nginx
}

setup() {
    PROCESSES=4 fresh_gateway
}

# fifty_clients FILE: 50 of them, each with a key and a name of its own, a line each.
fifty_clients() {
    local number
    for number in {1..50}; do
        acmeproxy client add "c$number" --allow "*.c$number.example.test" >/dev/null 2>&1
        acmeproxy client eab add --json "c$number" 2>/dev/null |
            jq -r --arg name "a-zq.c$number.example.test" '"\(.kid) \(.key) \($name)"'
    done >"$1"
}

@test "50 orders at once from 50 clients: all get their certificates" {
    local before
    fifty_clients "$BATS_TEST_TMPDIR/clients"
    before=$(pebble_certificates)
    run raw many flood "$BATS_TEST_TMPDIR/clients"
    assert_output '^\{"certificate":50\}$'
    assert_status 0
    assert_equal "$(($(pebble_certificates) - before))" 50 'the number of certificates'
    assert_clean_spool
}

@test "a nonce is accepted once, whichever processes see it" {
    add_client web1 '**.example.test'
    registered web1
    for _ in 1 2 3; do
        run raw web1 race --number 16 "$(raw_state web1 .kid)"
        assert_output '^\{("200":1,"badNonce":15|"badNonce":15,"200":1)\}$'
        run raw web1 race --number 8 newOrder \
            '{"identifiers":[{"type":"dns","value":"a-zq.example.test"}]}'
        assert_output '^\{("201":1,"badNonce":7|"badNonce":7,"201":1)\}$'
    done
}

@test "a nonce is good at all processes, and after a restart of all of them" {
    add_client web1 '**.example.test'
    registered web1
    raw web1 get newNonce >/dev/null
    stop_programs && start_programs 4
    expect 200 - - web1 post account
}

@test "one key registered many times at once is one account" {
    local number
    add_client web1 '**.example.test'
    raw web1 get newNonce
    raw web1 register --existing || true # makes the key
    for number in {1..8}; do
        jq '.nonces = []' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-s$number.json"
        raw "s$number" register --kid "$(eab_kid web1)" --key="$(eab_key web1)" \
            >"$BATS_TEST_TMPDIR/out$number" 3>&- &
    done
    wait
    assert_equal "$(jq -rs 'map(.headers.location[0]) | unique | length' \
        "$BATS_TEST_TMPDIR"/out?)" 1 'the number of accounts'
    assert_equal "$(jq -rs 'map(select(.status == 201)) | length' "$BATS_TEST_TMPDIR"/out?)" 1
}

@test "a key for one account makes one, asked by many at once" {
    local number
    add_client web1 '**.example.test'
    add_eab web1 --once
    for number in {1..6}; do
        raw "s$number" register --kid "$(eab_kid web1)" --key="$(eab_key web1)" \
            >"$BATS_TEST_TMPDIR/out$number" 3>&- &
    done
    wait
    assert_equal "$(jq -rs 'map(select(.status == 201)) | length' "$BATS_TEST_TMPDIR"/out?)" 1
    assert_equal "$(jq -rs 'map(select(.status == 403)) | length' "$BATS_TEST_TMPDIR"/out?)" 5
}

@test "a quota holds when orders come at once" {
    local number
    add_client web1 '**.example.test' -- --quota 3/day
    registered web1
    run raw web1 race --number 1 newOrder \
        '{"identifiers":[{"type":"dns","value":"a-zq.example.test"}]}'
    for number in {1..6}; do
        jq '.nonces = []' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-s$number.json"
        raw "s$number" order "s$number-zq.example.test" >"$BATS_TEST_TMPDIR/out$number" 3>&- &
    done
    wait
    assert_equal "$(jq -rs 'map(select(.status == 201)) | length' "$BATS_TEST_TMPDIR"/out?)" 2
    assert_equal "$(jq -rs 'map(select(.status == 429)) | length' "$BATS_TEST_TMPDIR"/out?)" 4
}
