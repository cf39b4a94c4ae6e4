#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# doc/deploy.md, more hosts than one: an edge host that sees challenges/ and nothing else, and two
# web nodes over one spool.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

setup_file() {
    load deploy
    begin_deploy
}

setup() {
    load deploy
    fresh_deploy
}

teardown() { end_deploy_test; }

teardown_file() {
    load deploy
    end
}

@test "an edge host answers that shares only challenges/" {
    local inner=$SPOOL
    # What the edge host has mounted: at the same place, the one folder.
    SPOOL=$BATS_TEST_TMPDIR/edge
    mkdir "$SPOOL"
    ln -s "$inner/challenges" "$SPOOL/challenges"
    start_unit challenge
    start_site nginx public
    SPOOL=$inner
    acmeproxy cert add a.example.test b.example.test
    assert_names "$SPOOL/certs/a.example.test/live/cert.pem" a.example.test b.example.test
    # It was this program that answered, and the spool's other folders were not to be had.
    rm "$BATS_TEST_TMPDIR/edge/challenges"
    run acmeproxy cert add c.example.test
    assert_status 1
}

# at NODE COMMAND...: the raw client, by way of one node.
at() {
    NODE=127.0.0.$1 "$(system_python)" "$SERVICES_ROOT/tests/system/acme_client.py" \
        --state "$BATS_TEST_TMPDIR/raw.json" --directory "$(front_url)/gateway/directory" \
        --ca "$HARNESS_DIR/root.pem" "${@:2}"
}
answer() { jq -r "$1" <<<"$output"; }

# two_nodes: lighttpd and nginx, each with all programs of its own, over one spool. Both have the
# same name and port; which one is meant, the address says.
two_nodes() {
    start_units
    start_units "$HARNESS_DIR/run-b"
    start_site a/lighttpd public
    acmeproxy cert add proxy.example.test
    start_site a/lighttpd full
    start_site b/nginx full 127.0.0.2 "$HARNESS_DIR/run-b"
    acmeproxy client add web1 --allow '**.example.test' >/dev/null
    acmeproxy client eab add web1 >"$BATS_TEST_TMPDIR/eab"
}

@test "an order that began at one node is finished at the other" {
    two_nodes
    at 1 register --kid "$(sed -n 's/^kid: //p' "$BATS_TEST_TMPDIR/eab")" \
        --key="$(sed -n 's/^key: //p' "$BATS_TEST_TMPDIR/eab")"
    local number=0 pair one other
    for pair in '1 2' '2 1'; do
        read -r one other <<<"$pair"
        number=$((number + 1))
        at "$one" order "n$number.example.test"
        at "$other" post authorization:0
        at "$other" finalize --key-out "$BATS_TEST_TMPDIR/key.pem"
        at "$one" poll
        at "$other" certificate --out "$BATS_TEST_TMPDIR/chain.pem"
        assert_names "$BATS_TEST_TMPDIR/chain.pem" "n$number.example.test"
        assert_pair "$BATS_TEST_TMPDIR/chain.pem" "$BATS_TEST_TMPDIR/key.pem"
    done
}

@test "a nonce used at one node is refused at the other" {
    two_nodes
    at 1 register --kid "$(sed -n 's/^kid: //p' "$BATS_TEST_TMPDIR/eab")" \
        --key="$(sed -n 's/^key: //p' "$BATS_TEST_TMPDIR/eab")"
    local pair one other
    for pair in '1 2' '2 1'; do
        read -r one other <<<"$pair"
        # The newest nonce is of the one node, and is spent at the other: that is well.
        at "$one" post account
        at "$other" post account --keep "$BATS_TEST_TMPDIR/kept"
        run at "$one" resend "$BATS_TEST_TMPDIR/kept"
        assert_status 3
        assert_equal "$(answer .body.type)" urn:ietf:params:acme:error:badNonce
        run at "$other" resend "$BATS_TEST_TMPDIR/kept"
        assert_equal "$(answer .body.type)" urn:ietf:params:acme:error:badNonce
    done
}

@test "each node has the sealed files, and what is changed counts at both" {
    local token=
    two_nodes
    connect_sleeper b.example.test
    by_the_agent b.example.test
    NODE=127.0.0.2 by_the_agent b.example.test
    acmeproxy client disable sleeper
    local node
    for node in 127.0.0.1 127.0.0.2; do
        assert_equal "$(NODE=$node status_of -u "sleeper:$token" \
            /agent/certs/b.example.test/latest/bundle.pem.age)" 403
    done
}
