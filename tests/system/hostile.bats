#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Answers that no CA would give: each ends in one readable line and exit status 1, never in a crash,
# a wait without end, or a spool that is not sound. hostile_scenarios.py has the answers.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load renewer_file

setup_file() {
    begin
    require_acmeproxy
    start_hostile_ca
    start_slow_ones
}

setup() { fresh; }

# Two scenarios last as long as one request may: they run beside the others.
start_slow_ones() {
    local scenario dir
    for scenario in directory-slow certificate-slow; do
        dir=$BATS_FILE_TMPDIR/$scenario
        mkdir -p "$dir"
        spawn "$scenario" env ACMEPROXY_CA_CERTIFICATES="$(tls_ca)" ACMEPROXY_CONFIG=/dev/null \
            ACMEPROXY_SPOOL="$dir/spool" ACMEPROXY_ACME_DIRECTORY_URL="$(hostile_url "$scenario")" \
            sh -c "\"$ACMEPROXY\" cert add a.test >'$dir/out' 2>&1; echo \$? >'$dir/status'"
    done
}

# meet SCENARIO: a lineage SCENARIO.test and its first certificate from this CA. All of a test share
# a spool, and each scenario is a CA with accounts of its own.
meet() {
    use_ca "$(hostile_url "$1")"
    rm -f "$SPOOL/cas/letsencrypt/pause"
    run timeout 40 "$ACMEPROXY" cert add "$1.test" --order-timeout 1s
}

# expect_failure SCENARIO REGEX: what the one line has to say.
expect_failure() {
    local lines line=
    meet "$1"
    [[ $status == 1 ]] || fail "$1: exit status $status, with the output:" "$output"
    mapfile -t lines <<<"$output"
    for line in "${lines[@]}"; do
        [[ $line == "acmeproxy: "* ]] || fail "$1: a line that is no message: $line"
    done
    mapfile -t lines < <(grep "^acmeproxy: $1\.test: " <<<"$output")
    line=${lines[0]}
    assert_equal "${#lines[@]}" 1 "$1: the number of lines"
    [[ $line =~ $2 ]] || fail "$1: /$2/ is not in:" "$line"
    ((${#line} < 2500)) || fail "$1: the line has ${#line} characters"
    [[ ! $line =~ [[:cntrl:]] && $line != *$'\u202e'* ]] || fail "$1: control characters"
    [[ ! -L $(lineage "$1.test")/live ]] || fail "$1: something is live"
}

# expect_failures: lines "SCENARIO REGEX" from standard input.
expect_failures() {
    local scenario regex
    while read -r scenario regex; do
        expect_failure "$scenario" "$regex"
    done
    assert_equal "$(find "$SPOOL/challenges" -type f)" '' 'what is left of the challenges'
    assert_sound_spool
}

@test "the honest scenario gives a certificate" {
    meet honest
    assert_status 0
    assert_names "$(cert honest.test)" honest.test
    assert_pair "$(cert honest.test)" "$(live honest.test privkey.pem)"
}

@test "no hostile directory gets further than its own URL" {
    expect_failures <<'END'
directory-not-json directory
directory-cut-off directory
directory-empty directory
directory-array directory
directory-deep directory
directory-trailing-bytes directory
directory-duplicate directory
directory-oversized larger|large|too|limit
directory-endless larger|large|too|limit
directory-plain-http https
directory-file-url https
directory-no-new-order newOrder
directory-number-url newAccount
directory-redirect-loop 302|redirect
directory-redirect-http 302|redirect
END
}

@test "no hostile nonce or account is used" {
    expect_failures <<'END'
nonce-missing nonce
nonce-malformed nonce
nonce-oversized nonce|header|large
nonce-always-bad badNonce
account-no-location Location
account-plain-http https
END
}

@test "hostile problems become one printable line" {
    expect_failures <<'END'
problem-escapes rejectedIdentifier
problem-oversized too|large|limit
problem-not-an-object 400
problem-subproblems forbidden a.test.*forbidden b.test
problem-many-subproblems .
retry-after-huge rateLimited
retry-after-garbage rateLimited
END
}

@test "hostile orders are refused" {
    expect_failures <<'END'
order-no-location Location
order-plain-http https
order-authorizations-plain-http https
order-other-names other.test|names
order-no-authorizations authorizations
order-unknown-status perhaps
order-always-pending pending
order-always-processing processing
order-invalid out of order|invalid
order-certificate-plain-http https
order-valid-without-certificate certificate
END
}

@test "hostile authorizations and tokens are refused, and no file is made by a token" {
    expect_failures <<'END'
authorization-other-name .
authorization-no-http-01 no http-01 challenge
authorization-always-pending pending
authorization-no-challenges no http-01 challenge
authorization-invalid invalid
token-path token
token-slash token
token-empty token
token-dot token
token-short .
token-oversized token
token-not-text token
END
    [[ ! -e /tmp/hostile ]]
}

@test "hostile certificates never become live" {
    expect_failures <<'END'
certificate-private-key .
certificate-garbage certificate
certificate-empty certificate
certificate-html certificate
certificate-broken-der certificate
certificate-leaf-last .
certificate-many certificates
certificate-oversized too|large|limit
certificate-endless too|large|limit
certificate-other-key key
certificate-other-name other.test|names
certificate-more-names other.test|names
certificate-expired expire
certificate-other-issuer .
END
}

@test "a chain that is the leaf alone is a chain of one" {
    meet certificate-leaf-only
    [[ $status == [01] ]]
    assert_sound_spool
}

@test "a certificate that is not valid yet is kept until it is" {
    local name=certificate-not-yet-valid
    meet $name
    assert_output "^acmeproxy: $name.test: its new certificate is valid from 20.*is the clock right"
    [[ ! -L $(lineage $name.test)/live ]]
    [[ -s $(lineage $name.test)/gen/0001/fullchain.pem ]]
    assert_equal "$(field $name.test .state)" issued
    assert_sound_spool
}

@test "more authorizations than names do not stop an order" {
    meet order-more-authorizations
    [[ $status == [01] ]]
    refute_output '^[^a/]'
    assert_sound_spool
}

@test "a failure keeps the certificate that is there" {
    meet honest
    local serial scenario
    serial=$(serial_of honest.test)
    for scenario in certificate-other-key order-invalid; do
        use_ca "$(hostile_url $scenario)"
        run acmeproxy renew --force --order-timeout 1s
        assert_status 1
        assert_equal "$(serial_of honest.test)" "$serial" 'the serial number'
        assert_pair "$(cert honest.test)" "$(live honest.test privkey.pem)"
    done
}

@test "a CA that sends a byte a second is given up" {
    local scenario
    for scenario in directory-slow certificate-slow; do
        ended() { [[ -s $BATS_FILE_TMPDIR/$scenario/status ]]; }
        wait_until 90 ended
        assert_equal "$(cat "$BATS_FILE_TMPDIR/$scenario/status")" 1 "the exit status of $scenario"
        output=$(cat "$BATS_FILE_TMPDIR/$scenario/out")
        assert_output '^acmeproxy: a.test: .*(time|slow)'
    done
}
