# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the system tests share. A test file begins with
#
#     setup_file() { load common; begin; start_dns; start_challenge_web ...; start_pebble; }
#     setup() { load common; new_spool; }
#     teardown() { end_test; }
#     teardown_file() { load common; end; }
#
# The services are those of contrib/lib/services.sh, which documents each function:
#     start_dns · start_challenge_web · start_pebble, restart_pebble, stop_pebble · pebble_url,
#     pebble_get, pebble_serial, pebble_orders, pebble_certificates · start_fault_proxy, proxy_url,
#     inject, no_faults, proxy_requests, proxy_connections, await_request · start_hostile_ca,
#     hostile_url · stop, stop_all, is_running, spawn, wait_until, show_log
# What is tested: the program $ACMEPROXY and the FastCGI programs in the folder $ACMEPROXY_LIBEXEC.
#
# Facts about Pebble, all of them seen:
# 2.4 (Debian 12)
#   - Flags -config, -dnsserver, -strict. Listens after 1-5 s: each root and intermediate is RSA.
#   - Configuration: certificateValidityPeriod (seconds), externalAccountBindingRequired with
#     externalAccountMACKeys (kid: base64url), domainBlocklist (its names are rejectedIdentifier).
#     No retryAfter: no answer has a Retry-After. No profiles, no renewalInfo.
#   - PEBBLE_VA_NOSLEEP=1, PEBBLE_VA_SLEEPTIME=N (each of three validations sleeps 0 to N-1 s),
#     PEBBLE_VA_ALWAYS_VALID=1 (asks nobody), PEBBLE_WFE_NONCEREJECT=PERCENT (default 5),
#     PEBBLE_AUTHZREUSE=PERCENT (default 50), PEBBLE_ALTERNATE_ROOTS=N, PEBBLE_CHAIN_LENGTH=N
#     (number of intermediates), PEBBLE_WFE_ORDERS_PER_PAGE=N (default 3).
#   - The certificate has its first name as CN. All roots sign the same last intermediate: chains
#     differ in the issuer of the topmost intermediate; alternates are Link rel="alternate".
#     The topmost certificate of a chain is an intermediate; a root is never sent.
#   - finalize answers "processing" with Location; the next look mostly shows "valid".
#   - An identifier of type dns with an IP address as its value is "malformed".
#   - Each challenge is fetched three times, so a validated name is three requests to the web
#     server. AAAA is asked before A; an IPv6 answer would be taken first.
#   - Management: /roots/N, /intermediates/N, /root-keys/N, /cert-status-by-serial/SERIAL (lower
#     case, without leading zeros): Status, Reason, RevokedAt, Serial, Certificate.
#   - Paths: /dir, /nonce-plz, /sign-me-up, /order-plz, /my-order/ID, /authZ/ID, /chalZ/ID,
#     /finalize-order/ID, /certZ/SERIAL[/alternate/N], /revoke-cert, /rollover-account-key,
#     /my-account/ID, /list-orderz/ID.
#   - URLs are made from the Host header: a proxy before it sees all requests.
#   - Its log says "Added order", "Issued certificate serial", "authz ... set VALID".
# 2.10 (contrib/fetch-pebble.sh) has besides
#   - -version; retryAfter {authz, order} in seconds (sent as seconds or as an HTTP date; none by
#     default); profiles {NAME: {description, validityPeriod}} in the directory's meta (with
#     "profile" in newOrder); caaIdentities; keyAlgorithm; renewalInfo with Retry-After 21600 and
#     POST /set-renewal-info/ on the management interface (pebble_set_renewal_info).
#   - No CN, so the subject is empty and subjectAltName critical. finalize answers without Location.

# shellcheck source=contrib/lib/process.sh
source "${BASH_SOURCE[0]%/*}/../../contrib/lib/process.sh"
# shellcheck source=contrib/lib/services.sh
source "${BASH_SOURCE[0]%/*}/../../contrib/lib/services.sh"
# bats looks at each command; what it would see of these takes a third of the time of a test.
bats_add_debug_exclude_path "${BASH_SOURCE[0]%/*}/../../contrib/lib"

# All files of the services of one test file. bats has no folder for it yet when it only looks for tests.
export HARNESS_DIR=${BATS_FILE_TMPDIR:-${BATS_RUN_TMPDIR:?common.bash is for bats}}/services

# What is tested is told in variables; a program must not take them for settings, so they are known
# to this shell only, and under names of the tests to the shells of the single tests.
export TEST_ACMEPROXY=${TEST_ACMEPROXY:-${ACMEPROXY:-}}
export TEST_LIBEXEC=${TEST_LIBEXEC:-${ACMEPROXY_LIBEXEC:-}}

# The environment of whoever runs the tests must not change what the programs do.
while IFS= read -r variable; do
    unset "$variable"
done < <(compgen -e | grep -E '^(ACMEPROXY|LEGO|RENEWED)(_|$)|^(http|https|all|no)_proxy$')
ACMEPROXY=$TEST_ACMEPROXY
# shellcheck disable=SC2034  # webservers.bash reads it
ACMEPROXY_LIBEXEC=$TEST_LIBEXEC
export TZ=UTC LC_ALL=C.UTF-8

# begin: for setup_file. Makes the folder and the TLS root.
begin() {
    mkdir -p "$HARNESS_DIR"
    make_tls_ca
}

# end: for teardown_file. Ends what this test file has started, and nothing else.
end() { stop_all; }

# end_test: for teardown. After a failure it shows the ends of the services' logs.
end_test() {
    local log
    [[ -z ${BATS_TEST_COMPLETED:-} ]] || return 0
    for log in "$HARNESS_DIR"/logs/*.log; do
        show_log "$(basename "$log" .log)"
    done
}

# --- acmeproxy ------------------------------------------------------------------------------

# require_acmeproxy: for setup_file of tests that need the installed programs.
require_acmeproxy() {
    if [[ ! -x ${ACMEPROXY:-/nonexistent} || ! -x $(challenge_fcgi) ]]; then
        say 'ACMEPROXY and ACMEPROXY_LIBEXEC name no installation (make check-system sets them)'
        return 1
    fi
}

# challenge_fcgi: the path of the installed program.
challenge_fcgi() { echo "$TEST_LIBEXEC/challenge.fcgi"; }

# acmeproxy WORD...: the installed program. use_ca and new_spool have told it where to work.
acmeproxy() { "$ACMEPROXY" "$@"; }

# new_spool: SPOOL, an empty folder of this test alone, with challenges/ in it. A web server of the
# whole test file is given the link $HARNESS_DIR/spool, which follows. With challenge.fcgi, which
# may keep the folder open, start the web server after new_spool and `stop web` in teardown.
new_spool() {
    export SPOOL=$BATS_TEST_TMPDIR/spool
    mkdir -p "$SPOOL/challenges"
    ln -sfn "$SPOOL" "$HARNESS_DIR/spool"
    export ACMEPROXY_SPOOL=$SPOOL
}

# use_ca DIRECTORY-URL: acmeproxy and lego ask this CA from now on, and trust the test root. Call
# it in setup or in the test: `load common` takes such settings out of the environment.
use_ca() {
    export ACMEPROXY_ACME_DIRECTORY_URL=$1
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    LEGO_CA_CERTIFICATES=$(tls_ca)
    export ACMEPROXY_CA_CERTIFICATES LEGO_CA_CERTIFICATES
}

# lego [OPTION=VALUE...] NAME...: another client gets a certificate through the folder challenges/
# of the spool, into $BATS_TEST_TMPDIR/lego: to see whether it is the services that fail.
lego() {
    local word names=() root=$BATS_TEST_TMPDIR/lego-root
    for word in "$@"; do
        [[ $word == --* ]] && names+=("$word") || names+=(--domains "$word")
    done
    mkdir -p "$root/.well-known"
    ln -sfn "$SPOOL/challenges" "$root/.well-known/acme-challenge"
    command lego --accept-tos --email test@example.test --server "$ACMEPROXY_ACME_DIRECTORY_URL" \
        --path "$BATS_TEST_TMPDIR/lego" --http --http.webroot "$root" "${names[@]}" run 2>&1
}

# --- assertions -----------------------------------------------------------------------------

# fail TEXT...: ends the test.
fail() {
    say "$@"
    return 1
}

# assert_status N: of the last `run`.
# shellcheck disable=SC2154  # bats' run sets the output
assert_status() {
    [[ ${status:?no run before this} == "$1" ]] ||
        fail "exit status $status instead of $1, with the output:" "$output"
}

# assert_output REGEX: some line of the output of the last `run` matches.
assert_output() { grep -qE -- "$1" <<<"$output" || fail "no line matches /$1/ in:" "$output"; }

# refute_output REGEX: no line does.
refute_output() { ! grep -qE -- "$1" <<<"$output" || fail "a line matches /$1/ in:" "$output"; }

# assert_equal ACTUAL EXPECTED [WHAT]
assert_equal() { [[ $1 == "$2" ]] || fail "${3:-it} is '$1' instead of '$2'"; }

# assert_mode PATH OCTAL: permissions, as 600.
assert_mode() { assert_equal "$(stat --format=%a "$1")" "$2" "the mode of $1"; }

# certificate_names FILE: the names of a certificate, sorted, one a line (DNS:..., IP Address:...).
certificate_names() {
    openssl x509 -in "$1" -noout -ext subjectAltName | sed -nE 's/^ +(DNS|IP)/\1/p' |
        sed 's/, /\n/g' | sort
}

# assert_names FILE NAME...: a certificate has exactly these DNS names.
assert_names() {
    local file=$1
    shift
    assert_equal "$(certificate_names "$file")" "$(printf 'DNS:%s\n' "$@" | sort)" \
        "the list of names of $file"
}

# assert_pair CERTIFICATE KEY: they belong together.
assert_pair() {
    assert_equal "$(openssl x509 -in "$1" -noout -pubkey)" "$(openssl pkey -in "$2" -pubout)" \
        "the public key of $1"
}

# assert_chain FULLCHAIN [NAME]: the chain leads to a root of the CA NAME (Pebble).
assert_chain() {
    local root=$BATS_TEST_TMPDIR/roots.pem number
    for number in 0 1 2 3; do
        pebble_get "roots/$number" "${2:-pebble}" 2>/dev/null || break
    done >"$root"
    openssl verify -CAfile "$root" -untrusted "$1" "$1" >/dev/null
}

# assert_revoked CERTIFICATE REASON-NUMBER: the CA says so.
assert_revoked() {
    local answer
    answer=$(pebble_get "cert-status-by-serial/$(pebble_serial "$1")") || return 1
    assert_equal "$(jq -r '"\(.Status) \(.Reason)"' <<<"$answer")" "Revoked $2" "the status of $1"
}
