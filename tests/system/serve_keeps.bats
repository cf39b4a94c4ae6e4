#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# acmeproxy serve goes on: through deaths, reloads and new certificates.

setup_file() { load serve && begin_serve && start_fault_proxy; }
setup() { load serve && fresh_serve && no_faults; }
teardown() { end_serve_test; }
teardown_file() { load serve && end; }

# hold_request: a request whose answer is held at the CA until `release`; its output in held.*
hold_request() {
    inject "path=^/dir" "hold=$BATS_TEST_TMPDIR/release"
    forget_requests
    (https --output "$BATS_TEST_TMPDIR/held.body" --write-out '%{http_code}' /gateway/directory \
        >"$BATS_TEST_TMPDIR/held.code" 2>"$BATS_TEST_TMPDIR/held.error") 3>&- &
    held=$!
    await_request 'GET /dir'
}
release() { touch "$BATS_TEST_TMPDIR/release"; }

@test "each process that dies is started again, and that is said" {
    start_serve
    local name
    for name in challenge.fcgi auth.fcgi gateway.fcgi agent.fcgi lighttpd; do
        local pid
        pid=$(children "$name")
        kill -s KILL "$pid"
        await_log "^acmeproxy: $name ended: killed by signal 9 \(Killed\); starting it again in 0\.1 s\$"
        restarted() { [[ -n $(children "$name") && $(children "$name") != "$pid" ]]; }
        wait_until 20 restarted
        # Whoever comes meanwhile waits in the queue.
        https --fail --head /auth/new-nonce >/dev/null
        https --fail /gateway/directory >/dev/null
        curl --silent --max-time 20 --output /dev/null \
            "http://127.0.0.1:$(http_port)/.well-known/acme-challenge/none"
    done
}

@test "what dies again and again is started later and later" {
    mkdir "$BATS_TEST_TMPDIR/programs"
    cp "$TEST_LIBEXEC"/*.fcgi "$BATS_TEST_TMPDIR/programs"
    printf '#!/bin/sh\nexit 9\n' >"$BATS_TEST_TMPDIR/programs/auth.fcgi"
    start_serve --programs-dir "$BATS_TEST_TMPDIR/programs"
    local delay
    for delay in 0.1 0.2 0.4 0.8 1.6; do
        await_log "^acmeproxy: auth.fcgi ended: exit status 9; starting it again in $delay s\$"
    done
    https --fail /gateway/directory >/dev/null
}

@test "SIGHUP has new settings used, and bad ones refused" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    local before after
    before=$(children .fcgi)
    echo 'website = https://www.example.test/about' >"$ACMEPROXY_CONFIG"
    kill -s HUP "$(pid_of serve)"
    await_log 'the settings are read anew'
    replaced() {
        after=$(children .fcgi)
        (($(wc -l <<<"$after") == 4)) && ! grep -qxF "$before" <<<"$after"
    }
    wait_until 30 replaced
    [[ $(https /gateway/directory | jq -r .meta.website) == https://www.example.test/about ]]

    echo 'websight = https://www.example.test/about' >"$ACMEPROXY_CONFIG"
    kill -s HUP "$(pid_of serve)"
    await_log 'read the settings anew: .*unknown key "websight".*; the old ones stay'
    https --fail /gateway/directory >/dev/null
    assert_equal "$(children .fcgi)" "$after" 'the list of programs'
}

@test "SIGHUP leaves addresses and folders as they were, and says so" {
    local token=.well-known/acme-challenge/token
    unset ACMEPROXY_HTTPS_ADDR ACMEPROXY_SPOOL
    printf '%s\n' "https-addr = 127.0.0.1:$HTTPS_PORT" "spool = $SPOOL" >"$ACMEPROXY_CONFIG"
    start_serve
    # A spool that is there, too, and would be taken for the right one.
    acmeproxy spool init --spool "$BATS_TEST_TMPDIR/other"
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    printf '%s\n' 'https-addr = 127.0.0.1:1' "spool = $BATS_TEST_TMPDIR/other" \
        'website = https://www.example.test/about' >"$ACMEPROXY_CONFIG"
    kill -s HUP "$(pid_of serve)"
    await_log '^acmeproxy: https-addr has changed, which takes a restart$'
    await_log '^acmeproxy: spool has changed, which takes a restart$'
    await_log 'the settings are read anew'
    renewed() { [[ $(https /gateway/directory | jq -r .meta.website) == https://www.example.test/about ]]; }
    wait_until 30 renewed
    https /gateway/directory | jq -e --arg base "https://proxy.example.test:$HTTPS_PORT/" \
        '.newNonce | startswith($base)' || fail 'its URLs lead elsewhere'
    assert_equal "$(curl --silent --max-time 20 "http://127.0.0.1:$(http_port)/$token")" token.thumbprint
    https --fail --head /auth/new-nonce >/dev/null
    [[ -z $(ls "$BATS_TEST_TMPDIR/other/secrets") ]] || fail 'a program works in the other spool'
}

@test "a certificate is swapped under load: no failed handshake, a slow request is finished" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    wait_until 20 one_lighttpd
    local name
    spawn load "$(system_python)" "$SERVICES_ROOT/tests/system/tls_load.py" \
        "127.0.0.1:$HTTPS_PORT" "$BATS_TEST_TMPDIR/stop"
    spawn slow "$(system_python)" "$SERVICES_ROOT/tests/system/slow_request.py" \
        "127.0.0.1:$HTTPS_PORT" /auth/new-account "$BATS_TEST_TMPDIR/release"
    for name in load slow; do
        wait_until 20 grep -qx begun "$HARNESS_DIR/logs/$name.log"
    done
    local serial begin=$SECONDS swaps
    for ((swaps = 0; swaps < ${SWAPS:-3}; swaps++)); do
        serial=$(shown_serial)
        acmeproxy renew --force proxy.example.test # as another process would do
        swapped() { [[ $(shown_serial) != "$serial" ]]; }
        wait_until 30 swapped
        # The first lighttpd has this request in hand, for longer than 8 s in all.
        ((swaps > 2 || SECONDS - begin > 20)) || is_running slow
        ((SECONDS - begin < 9)) || touch "$BATS_TEST_TMPDIR/release"
    done
    wait_until 30 eval "((SECONDS - $begin >= 9))"
    touch "$BATS_TEST_TMPDIR/release"
    wait_until 60 not_running slow
    assert_equal "$(tail -n 1 "$HARNESS_DIR/logs/slow.log")" 400 'the answer to the slow request'
    touch "$BATS_TEST_TMPDIR/stop"
    wait_until 60 not_running load
    local count failed slowest certificates
    read -r count failed slowest certificates \
        < <(grep -E '^[0-9]+ [0-9]+ ' "$HARNESS_DIR/logs/load.log")
    say "$count connections, $failed failed, the slowest took $slowest ms, $certificates certificates"
    ((count > 200)) || fail "only $count connections"
    assert_equal "$failed" 0 'the number of failed connections'
    ((certificates > ${SWAPS:-3})) || fail "only $certificates certificates were seen"
    wait_until 30 one_lighttpd
    ! shown '^lighttpd: '
}
# start_and_hold_request: by the lighttpd that a reload has started.
start_and_hold_request() {
    # shellcheck disable=SC2034 # start_pebble has exported it
    ACMEPROXY_ACME_DIRECTORY_URL=$(proxy_url)
    start_serve
    wait_until 60 shows_certificate_of Pebble
    kill -s HUP "$(pid_of serve)"
    await_log 'the settings are read anew'
    wait_until 30 one_lighttpd
    hold_request
}
one_lighttpd() { (($(children lighttpd | wc -l) == 1)); }

@test "SIGTERM lets a request in hand finish, and takes no new one" {
    start_and_hold_request
    local pids
    mapfile -t pids < <(session_members "$(pid_of serve)")
    kill -s TERM "$(pid_of serve)"
    await_log 'stopping: requests in hand are finished'
    refused() { ! shown_serial | grep -q .; }
    wait_until 20 refused
    kill -0 "$held"
    is_running serve
    release
    wait "$held"
    assert_equal "$(cat "$BATS_TEST_TMPDIR/held.code")" 200
    wait_until 20 not_running serve
    nothing_left "${pids[@]}"
}

# start_with_hanging_hook: a serve whose hook lasts, ends by SIGTERM alone if at all, and has a child.
start_with_hanging_hook() {
    cat >"$BATS_TEST_TMPDIR/hook" <<EOT
#!/bin/sh
$1
echo \$\$ >"$BATS_TEST_TMPDIR/pids"
sleep 300 &
echo \$! >>"$BATS_TEST_TMPDIR/pids"
wait
sleep 300
EOT
    chmod +x "$BATS_TEST_TMPDIR/hook"
    start_serve --certificate-obtained-hook "$BATS_TEST_TMPDIR/hook"
    hook_runs() { (($(wc -l <"$BATS_TEST_TMPDIR/pids") == 2)); }
    wait_until 60 hook_runs 2>/dev/null
    mapfile -t pids <"$BATS_TEST_TMPDIR/pids"
}

@test "SIGTERM ends a hook that lasts with all that it has started, and the next start runs it again" {
    local pids pid
    start_with_hanging_hook "trap '' TERM"
    kill -s TERM "$(pid_of serve)"
    wait_until 40 not_running serve
    for pid in "${pids[@]}"; do
        [[ ! -e /proc/$pid || $(stat_field "$pid" 3) == [ZX] ]] || fail "$pid still runs"
    done
    shown 'proxy.example.test: hook .*: ended, since acmeproxy was asked to stop'
    : >"$BATS_TEST_TMPDIR/pids"
    start_serve --certificate-obtained-hook "$BATS_TEST_TMPDIR/hook"
    wait_until 10 hook_runs
    mapfile -t pids <"$BATS_TEST_TMPDIR/pids"
    kill -s KILL "${pids[@]}"
}

@test "a second signal does not wait for a hook" {
    local pids pid
    start_with_hanging_hook ''
    kill -s TERM "$(pid_of serve)"
    sleep 0.5
    kill -s TERM "$(pid_of serve)"
    wait_until 10 not_running serve
    for pid in "${pids[@]}"; do
        [[ ! -e /proc/$pid || $(stat_field "$pid" 3) == [ZX] ]] || fail "$pid still runs"
    done
}

@test "a second signal does not wait for requests" {
    start_and_hold_request
    kill -s TERM "$(pid_of serve)"
    await_log 'stopping: requests in hand are finished'
    kill -s TERM "$(pid_of serve)"
    wait_until 20 not_running serve
    ! wait "$held" || fail 'the request was waited for'
    shown 'what does not finish is ended by SIGTERM'
    assert_equal "$(find "$RUN" -mindepth 2)" '' 'what is left in the run folder'
}

@test "a new lineage is looked at without waiting for the next pass" {
    start_serve --renew-interval 1h
    wait_until 60 shows_certificate_of Pebble
    acmeproxy cert add --later other.example.test
    wait_until 60 test -e "$SPOOL/certs/other.example.test/live/fullchain.pem"
    assert_chain "$SPOOL/certs/other.example.test/live/fullchain.pem"
}

@test "the loop renews what is due and runs its hook" {
    cat >"$BATS_TEST_TMPDIR/hook" <<EOT
#!/bin/sh
umask >"$BATS_TEST_TMPDIR/umask"
echo "\$ACMEPROXY_CERT_NAME" >>"$BATS_TEST_TMPDIR/hook.log"
EOT
    chmod +x "$BATS_TEST_TMPDIR/hook"
    start_serve --renew-interval 2 --certificate-obtained-hook "$BATS_TEST_TMPDIR/hook"
    wait_until 60 grep -qx proxy.example.test "$BATS_TEST_TMPDIR/hook.log"
    # As it was when serve began, not as serve itself has it.
    assert_equal "$(cat "$BATS_TEST_TMPDIR/umask")" "$(umask)"
    local before
    before=$(readlink "$SPOOL/certs/proxy.example.test/live")
    # What is wanted changes: a new generation by the next pass.
    acmeproxy cert set proxy.example.test --add-name second.example.test
    changed() { [[ $(readlink "$SPOOL/certs/proxy.example.test/live") != "$before" ]]; }
    wait_until 60 changed
    assert_names "$SPOOL/certs/proxy.example.test/live/cert.pem" proxy.example.test \
        second.example.test
}

@test "a certificate that is damaged on disk does not keep serve from starting" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    stop serve
    : >"$SPOOL/certs/proxy.example.test/live/privkey.pem"
    start_serve
    shown 'proxy.example.test: the certificate or its key cannot be used'
    await_log 'proxy.example.test: .*privkey.pem is missing or damaged' # by the first pass
    shows_certificate_of self-signed
    acmeproxy renew --force proxy.example.test || true # the damage counts as a failure
    wait_until 60 shows_certificate_of Pebble
}
