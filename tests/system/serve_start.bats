#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# acmeproxy serve, out of the box: its own certificate, what it answers, what it says, how it ends.

setup_file() { load serve && begin_serve; }
setup() { load serve && fresh_serve; }
teardown() { end_serve_test; }
teardown_file() { load serve && end; }

http_status() { # CURL-ARGUMENT... PATH
    local -a words=("$@")
    unset 'words[-1]'
    curl --silent --output /dev/null --path-as-is --max-time 20 --write-out '%{http_code}' "${words[@]}" \
        "http://127.0.0.1:$(http_port)${*: -1}"
}

@test "with nothing there, serve makes its spool and gets its own certificate" {
    start_serve
    shown 'with a self-signed certificate for now'
    await_log 'the certificate of proxy.example.test is new'
    wait_until 20 shows_certificate_of Pebble
    shown 'agreeing to the terms of service at'
    assert_names "$SPOOL/certs/proxy.example.test/live/cert.pem" proxy.example.test
    https /gateway/directory | jq -e --arg base "https://proxy.example.test:$HTTPS_PORT/" \
        '.newNonce | startswith($base)'
    run acmeproxy spool check
    assert_status 0
}

@test "the certificate from before is used at once after a restart" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    local serial
    serial=$(shown_serial)
    stop serve
    start_serve
    assert_equal "$(shown_serial)" "$serial"
    assert_equal "$(log_lines serve 'self-signed')" 1 'the number of starts without a certificate'
}

@test "over HTTP there are challenges and nothing else" {
    ACMEPROXY_ACME_DIRECTORY_URL=https://localhost:9/ start_serve
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    assert_equal "$(curl --silent --max-time 20 \
        "http://127.0.0.1:$(http_port)/.well-known/acme-challenge/token")" token.thumbprint
    assert_equal "$(http_status /.well-known/acme-challenge/other)" 404
    local path
    for path in / /gateway/directory /auth/new-nonce /auth/new-account /lighttpd-1.conf /../lighttpd-1.conf; do
        assert_equal "$(http_status "$path")" 404 "the answer to $path"
    done
}

@test "a client fetches its sealed certificate, and a new lineage is looked at at once" {
    local token key=$BATS_TEST_TMPDIR/key.txt
    start_serve --renew-interval 1h
    wait_until 60 shows_certificate_of Pebble
    acmeproxy client add web1 --allow '**.example.test' --mode agent
    token=$(acmeproxy client token add web1 2>/dev/null)
    acmeproxy keygen -o "$key"
    acmeproxy cert add a.example.test --client web1 --recipient "$(acmeproxy keygen -y "$key")" --later
    fetched() {
        [[ $(https -u "web1:$token" -o "$BATS_TEST_TMPDIR/sealed" -w '%{http_code}' \
            /agent/certs/a.example.test/latest/bundle.pem.age) == 200 ]]
    }
    wait_until 60 fetched
    acmeproxy open -i "$key" <"$BATS_TEST_TMPDIR/sealed" >"$BATS_TEST_TMPDIR/bundle.pem"
    assert_names "$BATS_TEST_TMPDIR/bundle.pem" a.example.test
    assert_pair "$BATS_TEST_TMPDIR/bundle.pem" "$BATS_TEST_TMPDIR/bundle.pem"
}

@test "what a client wishes for is looked at at once: an acmeproxy inside waits for no pass" {
    local inside=$BATS_TEST_TMPDIR/inside
    start_serve --renew-interval 1h
    wait_until 60 shows_certificate_of Pebble
    wait_until 20 settled
    pebble_get roots/0 >"$BATS_TEST_TMPDIR/root.pem"
    acmeproxy client add web1 --allow '**.example.test' --mode agent
    acmeproxy client eab add web1 2>/dev/null >"$BATS_TEST_TMPDIR/eab"
    sed -nE 's/^ *key:? +([^ ]+)$/\1/p' "$BATS_TEST_TMPDIR/eab" >"$BATS_TEST_TMPDIR/eab.key"
    mkdir "$inside"
    inside() {
        ACMEPROXY_SPOOL=$inside "$ACMEPROXY" "$@" --ca-certificates "$BATS_TEST_TMPDIR/root.pem" \
            --resolve "proxy.example.test:$HTTPS_PORT:127.0.0.1"
    }
    run inside cert add a.example.test --source agent \
        --server "https://proxy.example.test:$HTTPS_PORT/agent/" --order-timeout 40s \
        --eab-kid "$(sed -nE 's/^ *kid:? +([^ ]+)$/\1/p' "$BATS_TEST_TMPDIR/eab")" \
        --eab-key-file "$BATS_TEST_TMPDIR/eab.key"
    assert_status 0
    assert_names "$inside/certs/a.example.test/live/cert.pem" a.example.test
    # So is a renewal that it asks for.
    run inside renew --force a.example.test --order-timeout 40s
    assert_status 0
    assert_equal "$(readlink "$inside/certs/a.example.test/live")" gen/0002
}

@test "over TLS there are the programs, and hosts are told to stay with it" {
    start_serve
    run https --head /auth/new-nonce
    assert_output '^HTTP/[0-9.]+ 200'
    assert_output '^(Replay-Nonce|replay-nonce): '
    assert_output '^(Strict-Transport-Security|strict-transport-security): max-age=31536000'
    refute_output '^(Server|server): .'
    run https --head /
    assert_output '^HTTP/[0-9.]+ 404'
    # A request is at most 64 KiB.
    head -c 70000 /dev/zero >"$BATS_TEST_TMPDIR/large"
    run https --header 'Expect: 100-continue' --data-binary "@$BATS_TEST_TMPDIR/large" --output /dev/null \
        --write-out '%{http_code}' /auth/new-account
    assert_output '413'
}

@test "only TLS 1.2 and 1.3 are spoken, with forward secrecy and without tickets" {
    command -v sslscan >/dev/null || skip 'sslscan is not installed'
    start_serve
    run sslscan --no-colour "127.0.0.1:$HTTPS_PORT"
    assert_output '^SSLv2 +disabled'
    assert_output '^SSLv3 +disabled'
    assert_output '^TLSv1\.0 +disabled'
    assert_output '^TLSv1\.1 +disabled'
    assert_output '^TLSv1\.2 +enabled'
    assert_output '^TLSv1\.3 +enabled'
    refute_output '[0-9] vulnerable to heartbleed'
    local ciphers
    ciphers=$(grep -E '^(Preferred|Accepted) +TLSv1.2' <<<"$output") || fail "$output"
    ! grep -vE 'ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)' <<<"$ciphers" ||
        fail 'these ciphers are none that we want'
    ciphers=$(grep -E '^(Preferred|Accepted) +TLSv1.3' <<<"$output") || fail "$output"
    ! grep -vE ' TLS_(AES_(128|256)_GCM_SHA(256|384)|CHACHA20_POLY1305_SHA256) ' <<<"$ciphers" ||
        fail 'these ciphers are none that we want'
    assert_output '^Server supports TLS Fallback SCSV'
    assert_output '^Session renegotiation not supported'
    refute_output 'secp192|secp160|sect|sha1|DHE [0-9]{4} bits'
    # Neither version gives out anything that a session is resumed with.
    local version
    for version in 1_2 1_3; do
        run shown_session -sess_out "$BATS_TEST_TMPDIR/session-$version" "-tls$version"
        assert_output '^Compression: NONE'
        assert_output '^HTTP/1\.[01] [0-9]'
        refute_output 'New Session Ticket arrived|TLS session ticket:'
        [[ -e $BATS_TEST_TMPDIR/session-$version ]] || continue
        run shown_session -sess_in "$BATS_TEST_TMPDIR/session-$version" "-tls$version"
        refute_output '^Reused'
    done
}

# shown_session OPTION...: what openssl says of a connection with one request, which is open until
# the server ends it after its answer.
shown_session() {
    printf 'HEAD / HTTP/1.0\r\n\r\n' |
        timeout 20 openssl s_client -ign_eof -connect "127.0.0.1:$HTTPS_PORT" "$@" 2>&1
}

@test "SIGTERM leaves no process and no socket" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    local pids
    mapfile -t pids < <(session_members "$(pid_of serve)")
    ((${#pids[@]} >= 5)) || fail "only ${#pids[@]} processes"
    kill -s TERM "$(pid_of serve)"
    wait_until 20 not_running serve
    shown 'stopped$'
    nothing_left "${pids[@]}"
    assert_equal "$(http_status /)" 000
}

@test "killed without a word, serve leaves no process either" {
    start_serve
    local pids
    mapfile -t pids < <(session_members "$(pid_of serve)")
    kill -s KILL "$(pid_of serve)"
    gone() { local pid; for pid in "${pids[@]}"; do
        [[ ! -e /proc/$pid || $(stat_field "$pid" 3) == [ZX] ]] || return 1; done; }
    wait_until 20 gone
    start_serve # what was left in the run folder does no harm
}

@test "log lines are objects of JSON where that is asked for, those of programs as well" {
    start_serve --log-format json
    wait_until 60 shows_certificate_of Pebble
    https /gateway/nothing >/dev/null
    kill -s KILL "$(children auth.fcgi)"
    await_log 'auth.fcgi ended: killed by signal 9'
    stop serve
    serve_log | jq -e -s 'all(has("time") and has("level") and has("program") and has("message"))'
    serve_log | jq -e -s 'map(select(.level == "error")) | length > 0'
}

@test "systemd is told when it is ready, when it reloads, that it lives, and when it stops" {
    spawn ear "$(system_python)" "$SERVICES_ROOT/tests/system/notify_socket.py" "$RUN/notify"
    local heard=$HARNESS_DIR/logs/ear.log
    wait_until 20 test -S "$RUN/notify"
    export NOTIFY_SOCKET=$RUN/notify WATCHDOG_USEC=200000
    start_serve
    unset NOTIFY_SOCKET WATCHDOG_USEC
    heard() { (($(grep -cE "$1" "$heard") >= ${2:-1})); }
    wait_until 20 heard '^READY=1\|STATUS='
    wait_until 20 heard '^WATCHDOG=1$' 5
    # The children have nothing to say to it.
    ! tr '\0' '\n' <"/proc/$(children gateway.fcgi)/environ" | grep -E '^(NOTIFY|WATCHDOG)_' ||
        fail 'a child could speak for its parent'
    kill -s HUP "$(pid_of serve)"
    wait_until 20 heard '^RELOADING=1\|MONOTONIC_USEC=[0-9]+$'
    wait_until 20 heard '^READY=1$'
    kill -s TERM "$(pid_of serve)"
    wait_until 20 heard '^STOPPING=1'
    wait_until 20 not_running serve
    stop ear
}

# A settings file that does not come holds up all that serve does, as a file system that hangs would.
@test "a serve that hangs is silent, so that systemd ends it" {
    local heard=$HARNESS_DIR/logs/ear.log conf=$ACMEPROXY_CONFIG count
    : >"$heard"
    spawn ear "$(system_python)" "$SERVICES_ROOT/tests/system/notify_socket.py" "$RUN/notify"
    wait_until 20 test -S "$RUN/notify"
    export NOTIFY_SOCKET=$RUN/notify WATCHDOG_USEC=400000
    start_serve
    unset NOTIFY_SOCKET WATCHDOG_USEC
    alive() { (($(grep -c '^WATCHDOG=1$' "$heard") > count)); }
    count=0
    wait_until 20 alive
    rm "$conf"
    mkfifo "$conf"
    kill -s HUP "$(pid_of serve)"
    reloads() { grep -q '^RELOADING=1' "$heard"; }
    wait_until 20 reloads
    sleep 0.5 # for what was on its way
    count=$(grep -c '^WATCHDOG=1$' "$heard")
    sleep 1.5
    ! alive || fail 'it tells that it lives, and does nothing'
    is_running serve
    echo '# nothing' >"$conf"
    wait_until 20 alive
    await_log 'the settings are read anew'
    stop ear
}

@test "all of it together takes no more than 40 MB" {
    start_serve
    wait_until 60 shows_certificate_of Pebble
    https /gateway/directory >/dev/null
    https --head /auth/new-nonce >/dev/null
    wait_until 60 settled
    local pid sum=0
    for pid in $(session_members "$(pid_of serve)"); do
        sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
    done
    say "PSS: $sum KiB"
    ((sum <= 40 * 1024)) || fail "$sum KiB"
}

# on_host_proxy: sets on_host, the words that run a command as this user on a host that is called
# "proxy", with its whole name in /etc/hosts.
on_host_proxy() {
    printf '127.0.0.1 localhost\n127.0.0.1 proxy.inside.example.org proxy\n' \
        >"$BATS_TEST_TMPDIR/hosts"
    # shellcheck disable=SC2016 # for the shell within
    on_host=(unshare --map-root-user --mount --uts sh -c 'mount --bind "$1" /etc/hosts &&
        hostname proxy && user=$2 group=$3 && shift 3 &&
        exec unshare --map-user="$user" --map-group="$group" "$@"'
        sh "$BATS_TEST_TMPDIR/hosts" "$(id -u)" "$(id -g)")
}

@test "by default it is called as the host is, by its whole name" {
    on_host_proxy
    "${on_host[@]}" true 2>/dev/null || skip 'an unprivileged user gets no namespace here'
    unset ACMEPROXY_SERVER_NAME
    spawn serve "${on_host[@]}" "$ACMEPROXY" serve
    await_log 'the certificate of proxy.inside.example.org is new'
    assert_names "$SPOOL/certs/proxy.inside.example.org/live/cert.pem" proxy.inside.example.org
    shown 'serving on .* as proxy\.inside\.example\.org,'
}

@test "clients that fall silent are cut off, and others are served meanwhile" {
    ACMEPROXY_ACME_DIRECTORY_URL=https://localhost:9/ start_serve
    spawn silent "$(system_python)" "$SERVICES_ROOT/tests/system/silent_client.py" \
        "http:$(http_port)" "tls:$HTTPS_PORT" "handshake:$HTTPS_PORT"
    https --head /auth/new-nonce >/dev/null
    wait_until 70 silent_ones_are_done
    run cat "$HARNESS_DIR/logs/silent.log"
    refute_output kept
    local seconds
    while read -r _ seconds; do
        ((seconds >= 10 && seconds <= 40)) || fail "cut off after $seconds seconds"
    done <<<"$output"
    assert_equal "${#lines[@]}" 3 'the number of clients'
}
silent_ones_are_done() { ! is_running silent; }

@test "without a host, an address is for IPv4 and IPv6" {
    grep -qs . /proc/net/if_inet6 || skip 'this host has no IPv6'
    export ACMEPROXY_HTTPS_ADDR=:$HTTPS_PORT
    start_serve
    local address
    for address in 127.0.0.1 '[::1]'; do
        curl --silent --show-error --fail --insecure --head --max-time 20 \
            "https://$address:$HTTPS_PORT/auth/new-nonce" >/dev/null
    done
    shown "serving on .*0\.0\.0\.0:$HTTPS_PORT, \[::\]:$HTTPS_PORT"
}
