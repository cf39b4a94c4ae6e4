#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Our account at the CA: made, kept, bound, changed, lost, given up; and revocation.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() {
    begin_with_ca
    start_pebble --name bound --eab "${CHAOS[@]}"
}

setup() { fresh; }

account() { echo "$SPOOL/cas/letsencrypt/accounts/default"; }
account_url() { jq -r .url "$(account)/account.json"; }
public_key() { openssl pkey -in "$1" -pubout; }

# interrupt hold|hold-answer REQUEST WORD...: kills `acmeproxy WORD...` while REQUEST is held before
# the CA (it never gets there) or behind it, when the CA has acted.
interrupt() {
    local hold=$1 request=$2
    shift 2
    if [[ $hold == hold ]]; then
        inject path="${request#* }" "hold=$BATS_TEST_TMPDIR/go" drop=before
        start_acmeproxy "$@"
        await_request "$request"
    else
        inject path="${request#* }" "hold-answer=$BATS_TEST_TMPDIR/go" held=20.
        start_acmeproxy "$@"
        await_held "$request"
    fi
    kill_started
    touch "$BATS_TEST_TMPDIR/go"
    no_faults
    forget_requests
}

@test "a killed registration leaves a key, and the CA gets one account for it" {
    local hold key
    for hold in hold hold-answer; do
        rm -rf "${SPOOL:?}"/cas/* "$BATS_TEST_TMPDIR/go"
        acmeproxy cert add --later "$hold.example.test"
        interrupt $hold 'POST /sign-me-up' renew
        key=$(public_key "$(account)/key.pem")
        [[ ! -e $(account)/account.json ]]
        acmeproxy renew
        assert_equal "$(public_key "$(account)/key.pem")" "$key"
        assert_live $hold.example.test $hold.example.test
    done
    # The CA knew the second one: it was found, not registered again.
    assert_equal "$(proxy_requests 'POST /sign-me-up')" 1 'the number of requests for an account'
}

# bats test_tags=chaos
@test "the account is shown, and its contact can be changed" {
    acmeproxy cert add a.example.test --contact one@example.test
    run acmeproxy account show
    assert_status 0
    assert_output '^contact: +mailto:one@example.test'
    assert_output '^status: +valid'
    run acmeproxy account update --contact two@example.test --contact three@example.test
    assert_status 0
    run acmeproxy account show --json
    assert_equal "$(jq -c .contact <<<"$output")" '["mailto:two@example.test","mailto:three@example.test"]'
    assert_equal "$(jq -r .url <<<"$output")" "$(account_url)"
    run acmeproxy account update --contact 'no address'
    assert_status 2
}

@test "what needs an account does not make one" {
    acmeproxy spool init
    local verb
    for verb in show update rollover deactivate; do
        run acmeproxy account $verb
        assert_status 1
        assert_output 'there is no account at letsencrypt yet'
    done
    assert_equal "$(proxy_requests 'POST ')" 0 'the number of requests'
}

# bats test_tags=chaos
@test "a CA that requires external account binding gets it, and says so where it does not" {
    use_ca "$(pebble_url)"
    printf '%s\n' "$PEBBLE_EAB_KEY" >"$BATS_TEST_TMPDIR/eab"
    echo 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' >"$BATS_TEST_TMPDIR/wrong"
    local url
    url=$(pebble_url bound)
    run acmeproxy ca add plain "$url"
    assert_status 2
    assert_output 'the CA plain requires an external account binding'
    run acmeproxy ca add wrong "$url" --eab-kid "$PEBBLE_EAB_KID" \
        --eab-key-file "$BATS_TEST_TMPDIR/wrong"
    assert_status 1
    assert_output '^acmeproxy: the CA wrong was added, but made us no account .*(MAC|[Ee]xternal [Aa]ccount|EAB|verif)'
    refute_output AAAAAAAAAAAA
    run acmeproxy cert add --ca wrong wrong.example.test
    assert_status 1
    assert_output '^acmeproxy: wrong.example.test: get the account at wrong: .*(MAC|[Ee]xternal [Aa]ccount|EAB|verif)'
    refute_output AAAAAAAAAAAA
    run acmeproxy ca add bound "$url" --eab-kid "$PEBBLE_EAB_KID" \
        --eab-key-file "$BATS_TEST_TMPDIR/eab" --ca-certificates "$(tls_ca)"
    assert_status 0
    assert_output '^you agree to the terms of service at '
    run acmeproxy cert add --ca bound bound.example.test --log-level debug
    assert_status 0
    [[ -e $(live bound.example.test cert.pem) ]]
    acmeproxy ca show bound
    run acmeproxy ca show bound --json
    assert_equal "$(jq -r .eab_kid <<<"$output")" "$PEBBLE_EAB_KID"
    assert_mode "$SPOOL/cas/bound/ca.json" 600
    run acmeproxy ca add half "$url" --eab-kid x
    assert_status 2
    assert_output '^acmeproxy: --eab-kid and --eab-key-file belong together'
}

@test "an account is made with a key of the type that was asked for" {
    local type
    for type in ec256:prime256v1 ec384:secp384r1 rsa2048:2048 rsa3072:3072 rsa4096:4096; do
        export ACMEPROXY_ACCOUNT_KEY_TYPE=${type%:*}
        run acmeproxy ca add "${type%:*}" "$(proxy_url)" --ca-certificates "$(tls_ca)"
        assert_status 0
        run openssl pkey -in "$SPOOL/cas/${type%:*}/accounts/default/key.pem" -noout -text
        assert_output "(Private-Key: \(|ASN1 OID: )${type#*:}"
        # The CA knows it, and takes what it signs.
        run acmeproxy cert add "${type%:*}.example.test" --ca "${type%:*}"
        assert_status 0
        assert_live "${type%:*}.example.test" "${type%:*}.example.test"
    done
    assert_equal "$(proxy_requests 'POST /sign-me-up')" 5 'the number of registrations'
}

# bats test_tags=chaos
@test "a rollover gives the account a new key, of another type where asked, and it goes on" {
    acmeproxy cert add a.example.test
    local key url
    key=$(public_key "$(account)/key.pem")
    url=$(account_url)
    run acmeproxy account rollover --account-key-type rsa2048
    assert_status 0
    [[ $(public_key "$(account)/key.pem") != "$key" ]]
    run openssl pkey -in "$(account)/key.pem" -noout -text
    assert_output 'Private-Key: \(2048 bit'
    [[ ! -e $(account)/next.pem ]]
    acmeproxy renew --force
    assert_equal "$(account_url)" "$url" 'the account'
    assert_issued 2 2
}

@test "a key from before a rollover, out of a backup, gets an account again" {
    local key
    acmeproxy cert add a.example.test
    key=$SPOOL/cas/letsencrypt/accounts/default/key.pem
    cp "$key" "$BATS_TEST_TMPDIR/old.pem"
    acmeproxy account rollover
    cat "$BATS_TEST_TMPDIR/old.pem" >"$key"
    run acmeproxy renew --force
    assert_status 0
    assert_output '^acmeproxy: a.example.test: .*malformed.*; the account is looked for again'
    assert_output '^acmeproxy: account at letsencrypt: registered'
    cmp "$key" "$BATS_TEST_TMPDIR/old.pem"
    assert_equal "$(generation_of a.example.test)" gen/0002
    assert_sound_spool
}

@test "a rollover in the middle of a pass stops nothing" {
    local name url
    for name in a b c; do
        acmeproxy cert add --later "$name.example.test"
    done
    acmeproxy renew a.example.test
    url=$("$ACMEPROXY" account show --json | jq -r .url)
    inject path=^/order-plz times=1 hold-answer="$BATS_TEST_TMPDIR/go"
    forget_requests
    start_acmeproxy renew --workers 1
    await_request 'POST /order-plz'
    acmeproxy account rollover
    touch "$BATS_TEST_TMPDIR/go"
    wait "$started" || true # the order that was in hand is gone on with by the next pass
    assert_live c.example.test c.example.test
    touch_due b.example.test
    no_faults
    acmeproxy renew
    assert_live b.example.test b.example.test
    assert_equal "$("$ACMEPROXY" account show --json | jq -r .url)" "$url" 'the account'
    assert_issued 3 3
}

# bats test_tags=chaos
@test "a rollover that was killed after the CA had acted is completed by the next use" {
    acmeproxy cert add a.example.test
    local next url
    url=$(account_url)
    interrupt hold-answer 'POST /rollover-account-key' account rollover
    next=$(public_key "$(account)/next.pem")
    run acmeproxy renew --force
    assert_status 0
    assert_output 'an interrupted key rollover is complete'
    assert_equal "$(public_key "$(account)/key.pem")" "$next" 'the key'
    [[ ! -e $(account)/next.pem ]]
    assert_equal "$(account_url)" "$url" 'the account'
    assert_issued 2 2
}

@test "of two rollovers at once, one of them killed, none loses the account's key" {
    command -v strace >/dev/null || skip 'strace is not installed'
    local url first
    acmeproxy cert add a.example.test
    url=$("$ACMEPROXY" account show --json | jq -r .url)
    # The first one is slow before it takes the lock to ask the CA.
    strace -f -o "$BATS_TEST_TMPDIR/trace" -P "$SPOOL/cas/letsencrypt/lock" -e trace=fcntl \
        -e inject=fcntl:delay_enter=3000000:when=3 "$ACMEPROXY" account rollover \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    first=$!
    sleep 1
    inject path=^/rollover-account-key times=1 hold-answer="$BATS_TEST_TMPDIR/go"
    forget_requests
    start_acmeproxy account rollover
    await_request 'POST /rollover-account-key'
    kill_started
    touch "$BATS_TEST_TMPDIR/go"
    wait "$first" || true
    no_faults
    run acmeproxy account show --json
    assert_status 0
    assert_equal "$(jq -r .url <<<"$output")" "$url" 'the account'
    acmeproxy renew --force
    assert_issued 2 2
}

@test "a rollover that never reached the CA is undone by the next use" {
    acmeproxy cert add a.example.test
    local key
    key=$(public_key "$(account)/key.pem")
    inject path=^/rollover-account-key drop=before
    run acmeproxy account rollover
    assert_status 1
    assert_output 'roll over the account key at letsencrypt'
    no_faults
    run acmeproxy renew --force
    assert_status 0
    assert_equal "$(public_key "$(account)/key.pem")" "$key" 'the key'
    [[ ! -e $(account)/next.pem ]]
}

@test "a deactivated account is gone, and the next certificate makes another" {
    acmeproxy cert add a.example.test
    local url
    url=$(account_url)
    run acmeproxy account deactivate
    assert_status 0
    assert_output "deactivated the account $url at letsencrypt"
    [[ ! -e $(account)/key.pem ]]
    acmeproxy renew --force
    [[ $(account_url) != "$url" ]]
    assert_live a.example.test a.example.test
}

@test "an account that the CA has lost is made again once, and the certificate obtained" {
    acmeproxy cert add a.example.test
    restart_pebble
    forget_requests
    count_from_here
    run acmeproxy renew --force
    assert_status 0
    assert_output 'the account is looked for again'
    assert_live a.example.test a.example.test
    # A look for it, a registration.
    assert_equal "$(proxy_requests 'POST /sign-me-up')" 2 'the number of requests for an account'
    assert_issued 1 1
}

@test "many workers that find the account lost make it again once" {
    local name
    for name in {a..f}.example.test; do
        "$ACMEPROXY" cert add --later "$name" >/dev/null
    done
    acmeproxy renew
    restart_pebble
    forget_requests
    run acmeproxy renew --force
    assert_status 0
    assert_equal "$(proxy_requests 'POST /sign-me-up')" 2 'the number of requests for an account'
}

# bats test_tags=chaos
@test "a certificate is revoked with its reason, by the account" {
    acmeproxy cert add a.example.test
    run acmeproxy cert revoke a.example.test --reason superseded
    assert_status 0
    assert_output '^revoked the certificate '
    assert_revoked "$(cert a.example.test)" 4
    run acmeproxy cert revoke a.example.test
    assert_status 0
    assert_output 'was revoked before'
    run acmeproxy cert revoke a.example.test --reason boredom
    assert_status 2
    assert_output 'no reason'
    run acmeproxy renew --force a.example.test
    assert_status 0
    assert_live a.example.test a.example.test
}

@test "who revokes a certificate for its key is told that the key would be used again" {
    acmeproxy cert add --reuse-key a.example.test
    run acmeproxy cert revoke a.example.test --reason superseded
    assert_status 0
    refute_output 'reuse-key'
    acmeproxy renew --force
    run acmeproxy cert revoke a.example.test --reason keyCompromise
    assert_status 0
    assert_output 'the next certificate would have the same key, .*: acmeproxy cert set a.example.test --no-reuse-key'
}

@test "a certificate of an account that is no more is revoked by its own key" {
    acmeproxy cert add a.example.test
    acmeproxy account deactivate
    run acmeproxy cert revoke a.example.test --reason keyCompromise
    assert_status 0
    assert_output 'trying the certificate.s own key'
    assert_revoked "$(cert a.example.test)" 1
    run acmeproxy cert revoke nobody.example.test
    [[ $status != 0 ]]
}
