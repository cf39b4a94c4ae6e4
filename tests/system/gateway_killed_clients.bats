#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# SIGKILL to the programs while certbot, lego and acmeproxy order. Between two requests they notice
# nothing; within one they end with a clear error, and the next attempt with the certificate.

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    trust_front
    for CLIENT in certbot lego own; do need_client; done
}

teardown() {
    stop halt
    end_gateway_test
}

# --- between two requests -------------------------------------------------------------------

# start_halt FRONT: a front of its own, "halt", before that one. It holds each request back until
# there is the file go-N for the Nth one, so that nothing is under way but what waits there.
start_halt() {
    local tls=$HARNESS_DIR/tls number
    for number in {1..60}; do
        echo "times=1 hold=$BATS_TEST_TMPDIR/go-$number"
    done >"$HARNESS_DIR/halts"
    rm -f "$HARNESS_DIR/logs/visits.log"
    start_on_free_port halt halt_port "$(system_python)" \
        "$SERVICES_ROOT/tests/system/fault_proxy.py" --listen @PORT@ \
        --upstream "localhost:$(recall "$1_port")" --ca "$tls/ca.pem" \
        --certificate "$tls/localhost.pem" --key "$tls/localhost-key.pem" \
        --control "$HARNESS_DIR/halts" --log "$HARNESS_DIR/logs/visits.log"
}

# replace_all: other processes take the place of all that are there.
replace_all() {
    local pids
    mapfile -t pids < <(processes_of auth && processes_of gateway)
    kill -s KILL "${pids[@]}"
    wait_until 5 none_of "${pids[@]}"
}
none_of() { ! kill -0 "$@" 2>/dev/null; }

killed_between() {
    local number=0 halted client before
    start_halt "$1"
    client_of halt
    halted=$(log_lines visits '^[0-9]+ > ') # curl's, of fresh_gateway
    for ((number = 1; number <= halted; number++)); do touch "$BATS_TEST_TMPDIR/go-$number"; done
    before=$(pebble_certificates)
    order a-zq.example.test >"$BATS_TEST_TMPDIR/out" &
    client=$!
    while kill -0 "$client" 2>/dev/null; do
        if (($(log_lines visits '^[0-9]+ > ') >= number)); then
            replace_all
            touch "$BATS_TEST_TMPDIR/go-$number"
            number=$((number + 1))
        fi
        sleep 0.02
    done
    wait "$client" || fail "$(cat "$BATS_TEST_TMPDIR/out")"
    ((number - halted > 6)) || fail "only $((number - halted)) requests"
    assert_certificate a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'orders at the CA'
    assert_equal "$(($(pebble_certificates) - before))" 1 'certificates'
    assert_clean_spool
}

@test "certbot: killed between any two requests" { CLIENT=certbot killed_between apache; }
@test "lego: killed between any two requests" { CLIENT=lego killed_between lighttpd; }
@test "acmeproxy: killed between any two requests" { CLIENT=own killed_between nginx; }

# --- within one -----------------------------------------------------------------------------

# all_order NAME: each client wants a certificate, for its own name before .NAME, in the background.
all_order() {
    pids=()
    for CLIENT in certbot lego own; do
        order "$CLIENT-zq.$1" >"$BATS_TEST_TMPDIR/$CLIENT.out" &
        pids+=($!)
    done
}

# all_end_well NAME: those that have failed say why, in words that tell whose fault it is, and the
# next attempt succeeds. Sets failed, the number of them.
all_end_well() {
    local number=0
    failed=0
    no_faults
    for CLIENT in certbot lego own; do
        if ! wait "${pids[number]}"; then
            failed=$((failed + 1))
            grep -qE "$(clear_error_of "$CLIENT")" "$BATS_TEST_TMPDIR/$CLIENT.out" ||
                fail "$CLIENT says: $(cat "$BATS_TEST_TMPDIR/$CLIENT.out")"
            run order "$CLIENT-zq.$1"
            assert_status 0
        fi
        assert_certificate "$CLIENT-zq.$1"
        number=$((number + 1))
    done
}

clear_error_of() {
    case $1 in
    certbot) echo '<Response \[50[0-4]\]>' ;;
    lego) echo '50[0-4] ::' ;;
    own) echo 'HTTP status 50[0-4]' ;;
    esac
}

all_are_there() { (($(proxy_requests "POST /$1") >= 3)); }

@test "killed while the CA is asked, for all clients at the same time" {
    local step pids failed
    client_of nginx
    registered web1
    for step in chalZ finalize-order certZ; do
        rm -f "$BATS_TEST_TMPDIR/go"
        forget_requests
        inject "path=^/$step" method=POST "hold=$BATS_TEST_TMPDIR/go"
        all_order "${step,,}.example.test"
        wait_until 20 all_are_there "$step" || fail "not all have come to $step"
        kill_all
        touch "$BATS_TEST_TMPDIR/go"
        all_end_well "${step,,}.example.test"
        ((failed > 0)) || fail "nobody has noticed at $step"
    done
    assert_swept
}

@test "killed at random instants, for all clients at the same time" {
    local round pids failed
    client_of lighttpd
    registered web1
    for round in 1 2 3; do
        inject path=. delay=0.2 # so that most instants are within a request
        all_order "r$round.example.test"
        for _ in 1 2 3; do
            sleep "$((SRANDOM % 2)).$((SRANDOM % 10))"
            kill_all
        done
        all_end_well "r$round.example.test"
    done
    assert_swept
}
