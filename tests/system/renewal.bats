#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The pass: what is due, what is not, and what a renewal changes.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() {
    begin_with_ca
    # A CA whose certificates live for seconds: renewal becomes due while one waits.
    start_pebble --name brief --validity 9
}

setup() { fresh; }

# All that is in the spool, with sizes and times. A lock is no change.
all_files() { find "$SPOOL" -name lock -o -printf '%P %m %s %T@ %C@ %l\n' | sort; }

# age_spool DAYS: makes all files older.
age_spool() {
    local file
    while IFS= read -r -d '' file; do
        touch --no-dereference --date="@$(($(stat --format=%Y "$file") - $1 * 86400))" "$file"
    done < <(find "$SPOOL/certs" -print0)
}

@test "what is not due is not looked at: the CA hears nothing" {
    acmeproxy cert add a.example.test
    forget_requests
    run acmeproxy renew
    assert_status 0
    assert_equal "$output" '' 'the output'
    assert_equal "$(proxy_requests)" 0 'the number of requests'
    assert_equal "$(proxy_connections)" 0 'the number of connections'
    local due
    due=$(stat --format=%Y "$(lineage a.example.test)/due")
    ((due > EPOCHSECONDS + 60 && due <= EPOCHSECONDS + 86400)) || fail "due in $((due - EPOCHSECONDS)) s"
}

# bats test_tags=chaos
@test "touching due has the next pass look, and a good certificate stays" {
    acmeproxy cert add a.example.test
    local serial
    serial=$(serial_of a.example.test)
    touch_due a.example.test
    run acmeproxy renew
    assert_status 0
    assert_equal "$(serial_of a.example.test)" "$serial"
    (($(stat --format=%Y "$(lineage a.example.test)/due") > EPOCHSECONDS + 60))
    assert_issued 1 1
}

@test "a due that is days ahead, of a clock that was wrong, counts as now" {
    acmeproxy cert add --later a.example.test
    touch --date='+30 days' "$(lineage a.example.test)/due"
    acmeproxy renew
    assert_live a.example.test a.example.test
}

# bats test_tags=chaos
@test "--force makes a new generation with a new key, switches live and keeps the old one" {
    acmeproxy cert add a.example.test
    local old
    old=$(openssl pkey -in "$(live a.example.test privkey.pem)" -pubout)
    run acmeproxy renew --force
    assert_status 0
    assert_output '^acmeproxy: a.example.test: certificate 0002 is live'
    assert_equal "$(generation_of a.example.test)" gen/0002
    assert_live a.example.test a.example.test
    [[ $(openssl pkey -in "$(live a.example.test privkey.pem)" -pubout) != "$old" ]]
    assert_pair "$(lineage a.example.test)/gen/0001/cert.pem" \
        "$(lineage a.example.test)/gen/0001/privkey.pem"
    assert_issued 2 2
    assert_sound_spool
}

@test "with --reuse-key the new certificate has the old key" {
    acmeproxy cert add --reuse-key a.example.test
    acmeproxy renew --force
    assert_equal "$(generation_of a.example.test)" gen/0002
    cmp "$(lineage a.example.test)/gen/0001/privkey.pem" "$(live a.example.test privkey.pem)"
    assert_live a.example.test a.example.test
    # Another type of key needs another key.
    acmeproxy cert set a.example.test --key-type rsa2048
    acmeproxy renew --force
    run openssl pkey -in "$(live a.example.test privkey.pem)" -noout -text
    assert_output '^Private-Key: \(2048 bit'
}

@test "a certificate is renewed when half of its short life is over, by the clock" {
    use_ca "$(pebble_url brief)"
    acmeproxy cert add a.example.test
    run acmeproxy renew
    assert_equal "$output" '' 'the output of a pass that came too early'
    renewed() { acmeproxy renew && [[ $(generation_of a.example.test) == gen/0002 ]]; }
    wait_until 15 renewed
    run openssl x509 -noout -checkend 2 -in "$(cert a.example.test)"
    assert_status 0
}

@test "a certificate of 90 days is renewed in its last 30, and not before" {
    command -v faketime >/dev/null || skip 'faketime is not installed'
    acmeproxy cert add a.example.test
    # The clock goes on for the program; the CA and the disk stay in the present.
    at_day() {
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 \
            faketime -f "+${1}d" "$ACMEPROXY" renew 2>&1
    }
    run at_day 59
    assert_status 0
    assert_equal "$(generation_of a.example.test)" gen/0001
    # One new certificate, although it will itself be due at once by this clock.
    run at_day 61
    assert_status 0
    assert_output 'certificate 0002 is live'
    assert_equal "$(generation_of a.example.test)" gen/0002
    assert_issued 2 2
}

@test "another name makes a new certificate in the next pass" {
    acmeproxy cert add a.example.test
    run acmeproxy cert set a.example.test --add-name b.example.test
    assert_status 0
    assert_output 'changed a.example.test'
    run acmeproxy renew
    assert_status 0
    assert_live a.example.test a.example.test b.example.test
    acmeproxy cert set a.example.test --drop-name a.example.test
    # A third one in a day only on demand: a pass alone must not be a stream of orders.
    run acmeproxy renew
    assert_equal "$(generation_of a.example.test)" gen/0002
    acmeproxy renew --force a.example.test
    assert_live a.example.test b.example.test
    assert_issued 3 3
}

@test "names as arguments are looked at whether due or not, and only they" {
    acmeproxy cert add --later a.example.test
    acmeproxy cert add --later b.example.test
    run acmeproxy renew B.example.test.
    assert_status 0
    assert_live b.example.test b.example.test
    assert_equal "$(field a.example.test .state)" wanted
    run acmeproxy renew c.example.test
    [[ $status == [12] ]]
    assert_output 'c.example.test'
    assert_equal "$(field a.example.test .state)" wanted
}

@test "--dry-run says what would be done, changes nothing and asks nobody" {
    acmeproxy cert add a.example.test
    acmeproxy cert add --later b.example.test
    forget_requests
    local before
    before=$(all_files)
    run acmeproxy renew --dry-run
    assert_status 0
    assert_equal "$output" 'b.example.test: would obtain a certificate from letsencrypt'
    run acmeproxy renew --dry-run --force a.example.test
    assert_status 0
    assert_equal "$output" 'a.example.test: would obtain a certificate from letsencrypt (forced)'
    run acmeproxy renew --dry-run a.example.test
    assert_equal "$output" 'a.example.test: would do nothing'
    assert_equal "$(all_files)" "$before" 'the spool'
    assert_equal "$(proxy_requests)" 0 'the number of requests'
}

# bats test_tags=chaos
@test "two passes at once make one certificate" {
    acmeproxy cert add --later a.example.test
    inject path=^/order-plz hold="$BATS_TEST_TMPDIR/go"
    start_acmeproxy renew
    local first=$started
    await_request 'POST /order-plz'
    run acmeproxy renew
    assert_status 0
    assert_output 'a.example.test: another process works on it'
    touch "$BATS_TEST_TMPDIR/go"
    wait "$first"
    run acmeproxy renew
    assert_equal "$output" '' 'the output'
    assert_live a.example.test a.example.test
    assert_issued 1 1
}

# bats test_tags=chaos
@test "two passes started together over many lineages make one certificate each" {
    local name
    for name in {a..h}.example.test; do
        "$ACMEPROXY" cert add --later "$name" >/dev/null
    done
    start_acmeproxy renew
    local first=$started
    start_acmeproxy renew
    wait "$started"
    wait "$first"
    for name in {a..h}.example.test; do
        assert_live "$name" "$name"
    done
    assert_issued 8 8
}

@test "eight workers use at most eight connections, one worker goes by the order of the names" {
    local name
    for name in {a..j}.example.test; do
        "$ACMEPROXY" cert add --later "$name" >/dev/null
    done
    run acmeproxy renew
    assert_status 0
    (($(proxy_connections) <= 8)) || fail "$(proxy_connections) connections"
    run acmeproxy renew --force --workers 1
    assert_status 0
    assert_equal "$(sed -nE 's/^acmeproxy: (.)\.example.*/\1/p' <<<"$output" | tr -d '\n')" abcdefghij \
        'the order'
    assert_issued 20 20
}

@test "the line of the crontab runs as it is written, in an empty environment" {
    local crontab=$BATS_TEST_DIRNAME/../../cron/acmeproxy line path
    acmeproxy cert add --later a.example.test
    cat >"$BATS_TEST_TMPDIR/acmeproxy.conf" <<END
spool = $SPOOL
acme-directory-url = $ACMEPROXY_ACME_DIRECTORY_URL
ca-certificates = $(tls_ca)
END
    path=$(sed -n 's/^PATH=//p' "$crontab")
    # minute hour day month weekday user command; installing puts the real path in its place.
    line=$(grep -vE '^(#|PATH|$)' "$crontab" | sed -E 's/^(\S+\s+){5}root\s+//')
    assert_equal "$(grep -c . <<<"$line")" 1 'the number of lines'
    line=${line//\/usr\/sbin\/acmeproxy/$ACMEPROXY}
    cd /
    run env -i PATH="$path" ACMEPROXY_CONFIG="$ACMEPROXY_CONFIG" SHELL=/bin/sh HOME=/ \
        LOGNAME="$(id -un)" /bin/sh -c "$line"
    assert_status 0
    assert_live a.example.test a.example.test
    run env -i PATH="$path" ACMEPROXY_CONFIG="$ACMEPROXY_CONFIG" /bin/sh -c "$line"
    assert_equal "$output" '' 'what cron would mail of a pass with nothing due'
}

@test "a pass sweeps old challenges and old temporary files, and leaves new ones" {
    acmeproxy spool init
    touch --date='-30 days' "$SPOOL/challenges/oldtoken" "$SPOOL/tmp/old"
    touch "$SPOOL/challenges/newtoken" "$SPOOL/tmp/new"
    acmeproxy renew
    [[ ! -e $SPOOL/challenges/oldtoken && ! -e $SPOOL/tmp/old ]]
    [[ -e $SPOOL/challenges/newtoken && -e $SPOOL/tmp/new ]]
}

@test "generations that are old are removed, except the live one and the one before" {
    acmeproxy cert add a.example.test
    acmeproxy renew --force
    age_spool 40
    acmeproxy renew --force
    assert_equal "$(cd "$(lineage a.example.test)/gen" && echo *)" '0002 0003'
}

@test "a removed lineage leaves no file" {
    acmeproxy cert add --later a.example.test
    run acmeproxy cert remove a.example.test
    assert_status 0
    assert_equal "$(find "$SPOOL" -name '*a.example.test*')" ''
    run acmeproxy cert remove a.example.test
    [[ $status != 0 ]]
    assert_sound_spool
}
