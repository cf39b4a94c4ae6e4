# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of the renewer and the command line share, over common.bash. A file of tests begins with
# renewer_file.bash.
#
# All that `acmeproxy` prints is kept, and after each test searched for secrets.

bats_require_minimum_version 1.5.0
# Of this folder, whatever test file it is.
load "${BASH_SOURCE[0]%/*}/common"

# Of tests with the tag "chaos" nothing counts requests or certain chains: chaos.bats runs them a second
# time, with TEST_CHAOS set.
CHAOS=()
[[ -z ${TEST_CHAOS:-} ]] || CHAOS=("${PEBBLE_CHAOS[@]}")

# begin_with_ca [PEBBLE ARGUMENT...]: DNS, a static web server on the challenges of the spool that
# `fresh` makes, Pebble, and the fault proxy before it.
begin_with_ca() {
    begin
    require_acmeproxy || return 1
    start_dns && start_challenge_web static "$HARNESS_DIR/spool/challenges" &&
        start_pebble "${CHAOS[@]}" "$@" && start_fault_proxy
}

# fresh: a new spool, which asks Pebble through the fault proxy; nothing counted, no faults.
fresh() {
    new_spool
    if is_running proxy; then
        use_ca "$(proxy_url)"
        no_faults
        forget_requests
    fi
    # Nothing of this machine's configuration.
    : >"$BATS_TEST_TMPDIR/acmeproxy.conf"
    export ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/acmeproxy.conf
    rm -r "$SPOOL" # new_spool's has no modes
    # Root would give a new one to a user who need not be there.
    ((EUID)) || mkdir -m 751 "$SPOOL"
    "$ACMEPROXY" spool init >/dev/null
    count_from_here
}

# acmeproxy WORD...: as in common.bash, and what it prints is kept for find_secrets.
acmeproxy() {
    local kept status=0
    mkdir -p "$BATS_TEST_TMPDIR/printed"
    kept=$(mktemp "$BATS_TEST_TMPDIR/printed/XXXXXX")
    "$ACMEPROXY" "$@" >"$kept.out" 2>"$kept.err" || status=$?
    cat "$kept.out"
    cat "$kept.err" >&2
    return "$status"
}

# start_acmeproxy WORD...: in the background; its pid is in $started, its output in printed/.
start_acmeproxy() {
    mkdir -p "$BATS_TEST_TMPDIR/printed"
    local kept
    kept=$(mktemp "$BATS_TEST_TMPDIR/printed/XXXXXX")
    "$ACMEPROXY" "$@" >"$kept.out" 2>"$kept.err" 3>&- &
    started=$!
}

# kill_started: what a power cut does to it. It is our child, so the pid is its own.
kill_started() {
    kill -s KILL "$started"
    wait "$started" 2>/dev/null || true
}

# printed: all that acmeproxy has printed in this test.
printed() { cat "$BATS_TEST_TMPDIR"/printed/*; }

# --- a lineage's files ----------------------------------------------------------------------

lineage() { echo "$SPOOL/certs/$1"; }
live() { echo "$SPOOL/certs/$1/live/$2"; }
cert() { live "$1" cert.pem; }
generation_of() { readlink "$SPOOL/certs/$1/live"; }
serial_of() { openssl x509 -noout -serial -in "$(cert "$1")"; }
touch_due() { touch "$(lineage "$1")/due"; }

# field NAME JQ: of `status --json`.
field() { "$ACMEPROXY" status --json "$1" | jq -r ".[0]$2"; }

# --- what the CA has done since count_from_here ---------------------------------------------

count_from_here() {
    orders_before=$(pebble_orders)
    certificates_before=$(pebble_certificates)
}
orders() { echo $(($(pebble_orders) - orders_before)); }
certificates() { echo $(($(pebble_certificates) - certificates_before)); }

# assert_issued ORDERS CERTIFICATES: so many since then.
assert_issued() {
    assert_equal "$(orders)" "$1" 'the number of orders at the CA'
    assert_equal "$(certificates)" "$2" 'the number of certificates of the CA'
}

# --- assertions -----------------------------------------------------------------------------

# assert_chain: as in common.bash, but each CA is asked once for its roots.
assert_chain() {
    local name=${2:-pebble} roots number
    roots=$HARNESS_DIR/roots-$name-$(pid_of "$name").pem
    if [[ ! -e $roots ]]; then
        for number in 0 1 2 3; do
            pebble_get "roots/$number" "$name" 2>/dev/null || break
        done >"$roots"
    fi
    openssl verify -CAfile "$roots" -untrusted "$1" "$1" >/dev/null
}

# assert_live NAME DNS-NAME...: a sound certificate of Pebble for exactly these names is live.
assert_live() {
    local name=$1
    shift
    assert_names "$(cert "$name")" "$@" || return 1
    assert_pair "$(cert "$name")" "$(live "$name" privkey.pem)" || return 1
    assert_chain "$(live "$name" fullchain.pem)"
}

# assert_error_lines N: the last `run` has told N failures, each in one line.
# shellcheck disable=SC2154  # bats' run sets the output
assert_error_lines() {
    assert_equal "$(grep -c '^acmeproxy: ' <<<"$output")" "$1" 'the number of messages'
    [[ "$(grep -vc '^acmeproxy: ' <<<"$output")" == 0 ]] ||
        fail 'there is more than messages in:' "$output"
}

assert_sound_spool() {
    run acmeproxy spool check
    assert_status 0
}

# assert_one_certificate_after_any_kill ADD ASSERT_LIVE: a pass is killed at its first call that renames,
# links or removes, then at its second, and so on; the pass after it always ends with one certificate.
# Both are called with a DNS name: ADD adds its lineage and sets $name.
# shellcheck disable=SC2154  # name
assert_one_certificate_after_any_kill() {
    local number dns calls=renameat,renameat2,linkat,symlinkat,unlinkat orders_then certificates_then
    for number in {1..60}; do
        dns=at$number.example.test
        "$1" "$dns"
        orders_then=$(orders) certificates_then=$(certificates)
        if strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=$calls \
            -e inject=$calls:signal=KILL:when="$number" "$ACMEPROXY" renew "$name" \
            >"$BATS_TEST_TMPDIR/out" 2>&1; then
            break # there are not so many
        fi
        run acmeproxy renew "$name"
        assert_status 0
        "$2" "$dns"
        assert_equal "$(field "$name" .state)" deployed
        (($(orders) - orders_then <= 2)) || fail "$name: more than two orders"
        assert_equal "$(($(certificates) - certificates_then))" 1 "$name: the number of certificates"
    done
    ((number > 8 && number < 60)) || fail "$number calls"
    assert_sound_spool
}

# find_secrets: prints where a private key or the EAB key has come to light.
find_secrets() {
    local file line
    {
        echo 'PRIVATE KEY'
        echo "$PEBBLE_EAB_KEY"
        # The second line of each key: none is the same in two keys.
        for file in "$SPOOL"/certs/*/gen/*/privkey.pem "$SPOOL"/cas/*/accounts/*/*.pem; do
            [[ ! -r $file ]] || { read -r && read -r line && echo "${line:40}"; } <"$file"
        done
    } >"$BATS_TEST_TMPDIR/secrets"
    grep -rlF -f <(grep . "$BATS_TEST_TMPDIR/secrets") "$BATS_TEST_TMPDIR/printed" \
        "$HARNESS_DIR/logs" 2>/dev/null
}

end_renewer_test() {
    end_test
    mkdir -p "$BATS_TEST_TMPDIR/printed"
    if find_secrets >&2; then
        say 'these files have a secret in them'
        return 1
    fi
}
