#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is told of the lineages: status, cert list, cert show; for people, programs and monitoring.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load renewer_file

setup_file() {
    begin
    require_acmeproxy
    start_hostile_ca
}

setup() {
    fresh
    use_ca "$(hostile_url honest)" # certificates of 90 days
}

@test "status is one table, --json one list" {
    acmeproxy cert add a.test
    acmeproxy cert add --later b.test
    run acmeproxy status
    assert_status 0
    assert_equal "${#lines[@]}" 3 'the number of lines'
    [[ ${lines[0]} =~ ^NAME\ +STATE\ +EXPIRES\ +DUE\ +LAST\ ERROR$ ]]
    assert_output '^a.test +deployed +in [0-9]+ d.* +in .* +-$'
    assert_output '^b.test +wanted +- +now +-$'
    run acmeproxy status b.test
    assert_equal "${#lines[@]}" 2 'the number of lines'
    run acmeproxy status --json
    assert_equal "$(jq -r '.[] | "\(.name) \(.state)"' <<<"$output")" $'a.test deployed\nb.test wanted'
    assert_equal "$(jq -r '.[0].certificate.not_after' <<<"$output")" \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ -d "$(openssl x509 -noout -enddate -in "$(cert a.test)" | cut -d= -f2)")"
    assert_equal "$(jq -r '.[1].certificate' <<<"$output")" null
    run acmeproxy status nobody.test
    [[ $status != 0 ]]
    assert_output 'nobody.test'
}

@test "an empty spool has an empty status" {
    acmeproxy spool init
    run acmeproxy status --json
    assert_status 0
    assert_equal "$(jq -c . <<<"$output")" '[]'
    run acmeproxy status --check
    assert_status 0
    run acmeproxy cert list
    assert_status 0
}

@test "--check exits 0 while all is well, and 1 when a certificate expires soon" {
    acmeproxy cert add a.test
    acmeproxy cert add --later new.test
    run acmeproxy status --check
    assert_status 0
    run acmeproxy status --check --warn-days 91
    assert_status 1
    assert_output '^acmeproxy: a.test: expires in '
    refute_output '^acmeproxy: new.test'
    ACMEPROXY_WARN_DAYS=91 run acmeproxy status --check
    assert_status 1
    run acmeproxy status --check --warn-days soon
    assert_status 2
}

@test "--check exits 1 when the last attempt failed, and 0 after one that succeeded" {
    acmeproxy cert add a.test
    use_ca "$(hostile_url order-invalid)"
    run acmeproxy renew --force
    assert_status 1
    run acmeproxy status --check
    assert_status 1
    assert_output '^acmeproxy: a.test: .*(out of order|invalid)'
    run acmeproxy status
    assert_status 0
    assert_output '^a.test .*(out of order|invalid)'
    use_ca "$(hostile_url honest)"
    acmeproxy renew --force
    run acmeproxy status --check
    assert_status 0
}

@test "--check exits 1 for a lineage that never had a certificate and failed" {
    use_ca "$(hostile_url directory-not-json)"
    run acmeproxy cert add a.test
    assert_status 1
    run acmeproxy status --check
    assert_status 1
    assert_output '^acmeproxy: a.test: no certificate yet: '
}

@test "--check exits 1 for a damaged lineage and a failed hook" {
    ((EUID)) || skip 'root runs hooks of root only: run this as another user'
    printf '#!/bin/sh\nexit 7\n' >"$BATS_TEST_TMPDIR/hook"
    chmod +x "$BATS_TEST_TMPDIR/hook"
    run acmeproxy cert add a.test --hook "$BATS_TEST_TMPDIR/hook"
    assert_status 1
    run acmeproxy status --check
    assert_status 1
    assert_output '^acmeproxy: a.test: hook .*exit status 7'
    acmeproxy cert set a.test --hook ''
    acmeproxy deploy --force
    run acmeproxy status --check
    assert_status 0
    echo garbage >"$(lineage a.test)/gen/0001/privkey.pem"
    run acmeproxy status --check
    assert_status 1
    assert_output '^acmeproxy: a.test: '
}

@test "cert list and cert show tell of a lineage, for people and as JSON" {
    acmeproxy cert add a.test b.test --reuse-key
    run acmeproxy cert list
    assert_output '^a.test +in .* +\(default\) +ec256 +a.test, b.test'
    run acmeproxy cert show a.test
    assert_status 0
    assert_output '^identifiers: +a.test'
    assert_output '^key: +ec256, reused'
    assert_output "^files: +$(lineage a.test)/live"
    assert_output '^SHA-256: +'
    run acmeproxy cert show a.test --json
    assert_equal "$(jq -c .identifiers <<<"$output")" '["a.test","b.test"]'
    assert_equal "$(jq -r .live <<<"$output")" "$(lineage a.test)/gen/0001"
    run acmeproxy cert show nobody.test
    [[ $status != 0 ]]
}

@test "cert set changes what is given, keeps the rest, and tells when nothing is to be changed" {
    acmeproxy cert add --later a.test --key-type ec384
    run acmeproxy cert set a.test --add-name b.test
    assert_output '^changed a.test'
    run acmeproxy cert show a.test --json
    assert_equal "$(jq -c '[.identifiers, .key_type]' <<<"$output")" '[["a.test","b.test"],"ec384"]'
    run acmeproxy cert set a.test --add-name B.test
    assert_status 0
    assert_output 'nothing of a.test is to be changed'
    run acmeproxy cert set a.test --drop-name c.test
    assert_status 2
    assert_output 'c.test is not in the certificate'
    run acmeproxy cert set a.test --drop-name a.test --drop-name b.test
    assert_status 2
    assert_output 'needs at least one name'
}

@test "cert set refuses what has no meaning beside a request whose key stays elsewhere" {
    local csr=$BATS_TEST_TMPDIR/request.pem option
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -out "$csr" -subj / \
        -keyout "$BATS_TEST_TMPDIR/k" -addext subjectAltName=DNS:c.test 2>/dev/null
    acmeproxy cert add --later a.test
    for option in '--add-name b.test' --reuse-key '--key-type rsa2048'; do
        # shellcheck disable=SC2086 # words
        run acmeproxy cert set a.test --csr "$csr" $option
        assert_status 2
        assert_output "${option%% *} has no meaning with a request of its own"
    done
    assert_equal "$("$ACMEPROXY" cert show a.test --json | jq -c .identifiers)" '["a.test"]'
    acmeproxy cert set a.test --csr "$csr"
    run acmeproxy cert set a.test --key-type rsa2048
    assert_status 2
    assert_output '--key-type has no meaning with a request of its own'
}

@test "what cert set changes is tried in the next pass, whatever the last attempt was told" {
    local retry
    acmeproxy cert add --later a.test
    retry=$(lineage a.test)/retry.json
    # A CA that said "in a week", three days ago.
    jq -n --arg last "$(date -ud '-3 days' +%FT%TZ)" --arg next "$(date -ud '+4 days' +%FT%TZ)" \
        '{format: 1, attempts: 1, error: "busy", last: $last, next: $next}' >"$retry"
    touch_due a.test
    run acmeproxy renew --dry-run
    assert_output '^a.test: would wait for its next attempt'
    run acmeproxy cert set a.test --add-name b.test
    assert_output 'a new certificate is obtained in the next pass'
    run acmeproxy renew --dry-run
    assert_output '^a.test: would obtain a certificate'
    assert_sound_spool
}

@test "a lineage that is named twice is removed once, and those after it, too" {
    acmeproxy cert add --later a.test
    acmeproxy cert add --later b.test
    run acmeproxy cert remove a.test A.test b.test
    assert_status 0
    assert_equal "$output" $'removed a.test\nremoved b.test'
    assert_equal "$(ls "$SPOOL/certs")" ''
}

# meanwhile PATH CALL COMMAND: `cert show a.test` and `status --check` with a second between their CALL
# on PATH of the lineage and what follows it; in that second COMMAND is run.
meanwhile() {
    local verb started
    for verb in 'cert show a.test' 'status --check'; do
        rm -f "$BATS_TEST_TMPDIR/trace"
        # shellcheck disable=SC2086 # words
        strace -f -o "$BATS_TEST_TMPDIR/trace" -P "certs/a.test/$1" -e trace="$2" \
            -e inject="$2":delay_exit=1000000:when=1 "$ACMEPROXY" $verb \
            >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
        started=$!
        wait_until 10 grep -qs "$2" "$BATS_TEST_TMPDIR/trace"
        eval "$3"
        wait "$started" || fail "$verb:" "$(cat "$BATS_TEST_TMPDIR/out")"
        eval "$4"
    done
}

@test "what a pass does while one looks is no damage" {
    command -v strace >/dev/null || skip 'strace is not installed'
    local file
    acmeproxy cert add a.test
    acmeproxy renew --force
    file=$(lineage a.test)/gen/0002/fullchain.pem
    ln -sfn gen/0001 "$(lineage a.test)/live"
    mv "$file" "$BATS_TEST_TMPDIR/kept.pem"
    meanwhile gen/0002/fullchain.pem newfstatat "cp '$BATS_TEST_TMPDIR/kept.pem' '$file'" "rm '$file'"
    cp "$BATS_TEST_TMPDIR/kept.pem" "$file"
    file=$(lineage a.test)/order.json
    echo '{"format": 1, "ca": "letsencrypt", "directory": "https://a", "account": "https://a/1",
        "order": "https://a/2", "generation": 2, "placed": "2026-01-01T00:00:00Z"}' >"$BATS_TEST_TMPDIR/order"
    cp "$BATS_TEST_TMPDIR/order" "$file"
    meanwhile order.json newfstatat "rm '$file'" "cp '$BATS_TEST_TMPDIR/order' '$file'"
}

@test "a lineage that is removed while one looks is not told of" {
    command -v strace >/dev/null || skip 'strace is not installed'
    acmeproxy cert add --later a.test
    acmeproxy cert add --later b.test
    cp -a "$(lineage a.test)" "$BATS_TEST_TMPDIR/kept"
    local verb started
    for verb in 'status --check' 'cert list'; do
        rm -f "$BATS_TEST_TMPDIR/trace"
        # shellcheck disable=SC2086 # words
        strace -f -o "$BATS_TEST_TMPDIR/trace" -P certs/a.test/cert.json -e trace=openat \
            -e inject=openat:delay_enter=1000000:when=1 "$ACMEPROXY" $verb \
            >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
        started=$!
        wait_until 10 grep -qs openat "$BATS_TEST_TMPDIR/trace"
        rm -r "$(lineage a.test)"
        wait "$started" || fail "$verb:" "$(cat "$BATS_TEST_TMPDIR/out")"
        grep -q '^b.test' "$BATS_TEST_TMPDIR/out"
        [[ $(cat "$BATS_TEST_TMPDIR/out") != *a.test* ]]
        cp -a "$BATS_TEST_TMPDIR/kept" "$(lineage a.test)"
    done
}
