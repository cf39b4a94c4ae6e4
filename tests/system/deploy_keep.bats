#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# doc/deploy.md, in the long run: what is backed up and restored, by the commands as printed there;
# another machine takes over; programs are replaced while clients are served.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

setup_file() {
    load deploy
    begin_deploy
    start_fault_proxy
}

setup() {
    load deploy
    fresh_deploy
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir bin
    ln -s "$ACMEPROXY" bin/acmeproxy
}

teardown() { end_deploy_test; }

teardown_file() {
    load deploy
    end
}

# printed HEADING: runs the commands of that section of doc/deploy.md below ROOT, not below /.
printed() {
    fences sh doc/deploy.md "$1" | sed "s|--directory / |--directory $ROOT |" >commands
    [[ -s commands ]] || fail "doc/deploy.md prints no commands under $1"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH bash -euxo pipefail commands
}

# restore_at ROOT: what the backup holds is there afterwards, and the old host is gone.
restore_at() {
    rm -rf "$ROOT"
    be_host "$1"
    mkdir -p "$ROOT"
    # The settings of the tests name the spool, which lies below another folder now.
    tar --extract --gzip --file acmeproxy-backup.tar.gz --to-stdout etc/acmeproxy/acmeproxy.conf |
        sed "s|^spool = .*|spool = $SPOOL|" >moved.conf
    export ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/moved.conf
    run printed 'Restore'
    assert_status 0
}

answering_challenges() {
    start_challenge_web static "$HARNESS_DIR/challenges"
    ln -sfn "$SPOOL/challenges" "$HARNESS_DIR/challenges"
}

@test "what the backup holds is a whole spool, with the same account" {
    local url
    answering_challenges
    acmeproxy cert add a.example.test
    url=$(acmeproxy account show --json | jq -r .url)
    # What need not be kept is not.
    touch "$SPOOL/challenges/token" "$SPOOL/tmp/half-written"
    mkdir "$SPOOL/nonces/29000000"
    (umask 022 && printed 'Backup')
    assert_mode acmeproxy-backup.tar.gz 600
    run tar --list --file acmeproxy-backup.tar.gz
    assert_output '^var/spool/acmeproxy/certs/a.example.test/gen/0001/privkey.pem$'
    assert_output '^var/spool/acmeproxy/challenges/$'
    refute_output 'challenges/token|tmp/half-written|nonces/2'

    restore_at "$BATS_TEST_TMPDIR/other"
    ln -sfn "$SPOOL/challenges" "$HARNESS_DIR/challenges"
    assert_equal "$(acmeproxy account show --json | jq -r .url)" "$url"
    acmeproxy renew --force a.example.test
    assert_equal "$(readlink "$SPOOL/certs/a.example.test/live")" gen/0002
    assert_chain "$SPOOL/certs/a.example.test/live/fullchain.pem"
    run acmeproxy spool check
    assert_status 0
}

@test "an order that was in flight is taken up again from the backup" {
    local orders certificates
    answering_challenges
    acmeproxy ca add --replace pebble "$(proxy_url)"
    acmeproxy cert add --later a.example.test
    orders=$(pebble_orders) certificates=$(pebble_certificates)
    inject path=^/finalize-order hold="$BATS_TEST_TMPDIR/go" drop=before
    "$ACMEPROXY" renew 3>&- &
    await_request 'POST /finalize-order'
    kill -s KILL $!
    wait $! || true
    touch go
    no_faults
    printed 'Backup'
    restore_at "$BATS_TEST_TMPDIR/other"
    ln -sfn "$SPOOL/challenges" "$HARNESS_DIR/challenges"
    [[ -e $SPOOL/certs/a.example.test/live ]] || acmeproxy renew a.example.test
    assert_names "$SPOOL/certs/a.example.test/live/cert.pem" a.example.test
    assert_equal "$(($(pebble_orders) - orders))" 1 'the number of orders'
    assert_equal "$(($(pebble_certificates) - certificates))" 1 'the number of certificates'
}

@test "another machine takes over, and clients do not notice" {
    local accounts
    start_units
    start_site lighttpd public
    acmeproxy cert add proxy.example.test
    start_site lighttpd full
    connect_inside
    through_the_gateway a.example.test
    connect_sleeper b.example.test
    accounts=$(find "$SPOOL/clients/inside/accounts" -name '*.json' | wc -l)

    stop site-lighttpd
    stop_units
    printed 'Backup'
    restore_at "$BATS_TEST_TMPDIR/other"
    start_units
    start_site lighttpd full
    inside renew --force a.example.test
    assert_equal "$(readlink "$BATS_TEST_TMPDIR/inside/certs/a.example.test/live")" gen/0002
    assert_equal "$(find "$SPOOL/clients/inside/accounts" -name '*.json' | wc -l)" "$accounts"
    by_the_agent b.example.test
    acmeproxy renew --force
    by_the_agent b.example.test
    assert_equal "$(readlink "$SPOOL/certs/sleeper@b.example.test/live")" gen/0002
}

# The socket stays, as with systemd; a program is stopped and the new one started in its place.
@test "programs are replaced while clients are served" {
    local name
    mkdir libexec
    cp "$TEST_LIBEXEC"/*.fcgi libexec
    export ACMEPROXY_SPOOL=$SPOOL
    for name in challenge auth gateway agent; do
        spawn "run-$name" "$(system_python)" "$SERVICES_ROOT/tests/system/fcgi_pool.py" \
            "$HARNESS_DIR/run/$name.sock" 1 "$BATS_TEST_TMPDIR/libexec/$name.fcgi"
        wait_until 10 test -S "$HARNESS_DIR/run/$name.sock"
    done
    start_site nginx public
    acmeproxy cert add proxy.example.test
    start_site nginx full
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    (
        for _ in {1..60}; do
            status_of /gateway/directory && echo
            public /.well-known/acme-challenge/token && echo
        done
    ) >codes 3>&- &
    for _ in {1..5}; do
        for name in challenge auth gateway agent; do
            install -m 755 "$TEST_LIBEXEC/$name.fcgi" libexec
            kill -s HUP "$(pid_of "run-$name")"
        done
        sleep 0.3
    done
    wait $!
    assert_equal "$(sort codes | uniq -c | xargs)" '120 200' 'the answers'
    connect_inside
    through_the_gateway a.example.test
}
