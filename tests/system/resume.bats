#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Killed at any instant, the next pass goes on where the last one was: one certificate, finalized
# once. Between the CA's answer to newOrder and order.json's rename alone a second order may be made.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() { begin_with_ca; }

setup() {
    fresh
    # The account is not what these tests are about. Each has one of its own: Pebble takes one
    # authorization of a hundred again, even where it is told to take none.
    acmeproxy cert add account.example.test
    acmeproxy cert remove account.example.test
    forget_requests
    count_from_here
}

# kill_at hold|hold-answer REQUEST [CONDITION]: adds a lineage a.example.test and kills the program
# while REQUEST is held before the CA (hold: it never gets there) or behind it (hold-answer: when
# CONDITION has come true).
kill_at() {
    local words=()
    [[ $1 == hold-answer ]] || words=(drop=before)
    acmeproxy cert add --later a.example.test
    rm -f "$BATS_TEST_TMPDIR/go"
    inject path="${2#* }" method="${2% *}" "$1=$BATS_TEST_TMPDIR/go" "${words[@]}"
    start_acmeproxy renew
    await_request "$2"
    [[ -z ${3:-} ]] || wait_until 10 eval "$3"
    kill_started
    touch "$BATS_TEST_TMPDIR/go"
    no_faults
    assert_equal "$(readlink "$(lineage a.example.test)/live")" '' 'live'
}

# assert_goes_on ORDERS: the next pass ends it, with one certificate and so many orders in all.
assert_goes_on() {
    local key
    key=$(cat "$(lineage a.example.test)/gen/0001/privkey.pem")
    run acmeproxy renew
    assert_status 0
    assert_output '^acmeproxy: a.example.test: certificate 0001 is live'
    assert_live a.example.test a.example.test
    assert_equal "$(cat "$(live a.example.test privkey.pem)")" "$key" 'the key'
    assert_issued "$1" 1
    assert_equal "$(field a.example.test .state)" deployed
    [[ ! -e $(lineage a.example.test)/order.json ]]
    touch_due a.example.test
    acmeproxy renew
    assert_issued "$1" 1
    assert_sound_spool
}

state() { field a.example.test .state; }

@test "killed before newOrder has reached the CA: one order, one certificate" {
    kill_at hold 'POST /order-plz'
    assert_equal "$(state)" keyed
    assert_goes_on 1
}

@test "killed before the answer to newOrder has come: the first order is never finalized" {
    kill_at hold-answer 'POST /order-plz' '(($(orders) == 1))'
    assert_equal "$(state)" keyed
    assert_goes_on 2
    assert_equal "$(proxy_requests 'POST /finalize-order')" 1 'the number of finalize requests'
}

@test "killed after newOrder: the order is gone on with" {
    kill_at hold 'POST /authZ'
    assert_equal "$(state)" ordered
    assert_goes_on 1
}

@test "killed when a challenge is published and the CA has not been told" {
    kill_at hold 'POST /chalZ'
    assert_equal "$(state)" ordered
    assert_equal "$(find "$SPOOL/challenges" -type f | wc -l)" 1 'the number of challenges'
    assert_goes_on 1
    assert_equal "$(find "$SPOOL/challenges" -type f)" '' 'what is left of the challenges'
}

@test "killed while the CA validates" {
    kill_at hold-answer 'POST /chalZ'
    assert_equal "$(state)" ordered
    assert_goes_on 1
}

@test "killed while it polls the order" {
    kill_at hold 'POST /my-order'
    assert_equal "$(state)" ordered
    assert_goes_on 1
}

@test "killed before finalize has reached the CA" {
    kill_at hold 'POST /finalize-order'
    assert_equal "$(state)" ordered
    assert_goes_on 1
}

@test "killed before the answer to finalize has come: the certificate is downloaded, not issued anew" {
    kill_at hold-answer 'POST /finalize-order' '(($(certificates) == 1))'
    assert_equal "$(state)" ordered
    assert_goes_on 1
    assert_equal "$(proxy_requests 'POST /finalize-order')" 1 'the number of finalize requests'
}

@test "killed before the certificate is downloaded" {
    kill_at hold 'POST /certZ'
    assert_equal "$(state)" ordered
    assert_goes_on 1
}

@test "a certificate that is stored and not live is switched to, without asking the CA" {
    acmeproxy cert add a.example.test
    rm "$(lineage a.example.test)/live" "$(lineage a.example.test)/gen/0001/deployed"
    touch_due a.example.test
    assert_equal "$(state)" issued
    forget_requests
    run acmeproxy renew
    assert_status 0
    assert_equal "$(proxy_requests)" 0 'the number of requests'
    assert_equal "$(state)" deployed
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

@test "a certificate that is live and not deployed is deployed, without asking the CA" {
    acmeproxy cert add a.example.test
    rm "$(lineage a.example.test)/gen/0001/deployed"
    touch_due a.example.test
    assert_equal "$(state)" live
    forget_requests
    run acmeproxy renew
    assert_status 0
    # It may look for renewal information.
    assert_equal "$(proxy_requests 'POST ')" 0 'the number of requests'
    assert_equal "$(state)" deployed
}

@test "killed at any rename, any link and any removal, one certificate comes of it" {
    command -v strace >/dev/null || skip 'strace is not installed'
    # shellcheck disable=SC2034 # for renewer.bash
    add_at() { name=$1 && acmeproxy cert add --later "$1"; }
    assert_live_at() { assert_live "$1" "$1"; }
    assert_one_certificate_after_any_kill add_at assert_live_at
}

# synced_before CALL: the files and folders that were synced before the first CALL, one a line.
synced_before() {
    awk -v call="$1" '$0 ~ call { exit } match($0, /fsync\([0-9]+<[^>]*>/) {
        name = substr($0, RSTART, RLENGTH - 1)
        sub(/.*\//, "", name)
        print name
    }' "$BATS_TEST_TMPDIR/trace"
}

# With a key that a power cut took, the order could not be finished; with half a certificate, no server starts.
@test "what a generation begins with is on the disk before its name is, and its certificate before live" {
    command -v strace >/dev/null || skip 'strace is not installed'
    acmeproxy cert add --later a.example.test
    # Its files have names for strace since that keeps it from forbidding to be looked into.
    strace -f -y -o "$BATS_TEST_TMPDIR/trace" -e trace=fsync,renameat2,symlinkat,prctl -e inject=prctl:retval=0 \
        "$ACMEPROXY" renew 2>/dev/null
    local synced name
    synced=$(synced_before renameat2)
    for name in request.pem privkey.pem wanted.json; do
        grep -q -x "$name" <<<"$synced" || fail "$name is not among: $synced"
    done
    # order.json and the three of the certificate, still with names of tmp/, and their folder.
    synced=$(synced_before symlinkat)
    assert_equal "$(grep -c -E -x '[0-9a-f]{24}' <<<"$synced")" 5 "names of tmp/ among: $synced"
    assert_equal "$(tail -n 1 <<<"$synced")" 0001 'the last that is synced before live is switched'
    assert_equal "$(grep -o 'fsync([^>]*>' "$BATS_TEST_TMPDIR/trace" | tail -n 1 | sed 's/.*\///')" 'a.example.test>'
}

@test "SIGTERM ends a pass soon, and the order is gone on with" {
    acmeproxy cert add --later a.example.test
    inject path=^/my-order 'sub="status": *"[a-z]+"=>"status": "pending"'
    start_acmeproxy renew
    await_request 'POST /my-order'
    local start=$SECONDS
    kill -s TERM "$started"
    wait "$started" || true
    ((SECONDS - start < 5))
    no_faults
    assert_goes_on 1
}

@test "an answer that is cut off midway is no certificate: the next pass downloads it" {
    acmeproxy cert add --later a.example.test
    inject path=^/certZ drop=midway
    run acmeproxy renew
    assert_status 1
    no_faults
    touch_due a.example.test
    assert_goes_on 1
}

@test "a lost answer to finalize costs no second certificate" {
    acmeproxy cert add --later a.example.test
    inject path=^/finalize-order drop=after times=1
    acmeproxy renew || true
    no_faults
    touch_due a.example.test
    acmeproxy renew
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

@test "an order for names that are no longer wanted is abandoned with its key" {
    kill_at hold 'POST /finalize-order'
    acmeproxy cert set a.example.test --add-name b.example.test
    run acmeproxy renew
    assert_status 0
    assert_live a.example.test a.example.test b.example.test
    (($(orders) == 2)) || fail "$(orders) orders"
    assert_sound_spool
}

@test "an order that the CA has lost with all else is replaced" {
    kill_at hold 'POST /chalZ'
    restart_pebble
    count_from_here
    run acmeproxy renew
    if ((status)); then
        assert_output 'a.example.test: the CA no longer knows the order'
        touch_due a.example.test
        run acmeproxy renew
        assert_status 0
    fi
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

@test "an order that has become invalid is dropped, its key kept, and another one made later" {
    acmeproxy cert add --later a.example.test
    stop web
    run acmeproxy renew
    start_challenge_web static "$HARNESS_DIR/spool/challenges"
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*could not validate.*connection refused.*; next attempt at'
    [[ ! -e $(lineage a.example.test)/order.json ]]
    run acmeproxy renew
    assert_equal "$output" '' 'the output of a pass that came too early'
    touch_due a.example.test
    assert_goes_on 2
}
