# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of agent.fcgi share, over gateway.bash: the same fronts with the configurations of
# the agent added, and auth.fcgi and agent.fcgi behind them. The raw client is pointed at the agent's
# directory. The renewer is run by the tests, so names may be found on disk and in logs.

load gateway
export LEAKS_WANTED=1

shipped() {
    local file
    for file in "$1" "${1/gateway/agent}"; do
        sed "s|/run/acmeproxy/|$HARNESS_DIR/run/|" "${TEST_CONTRIB:-$SERVICES_ROOT/contrib}/$file"
    done
}

gateway_directory() { echo "$(front_url)/agent/directory"; }
certs_url() { echo "$(front_url)/agent/certs${1:+/$1}"; }

# shellcheck disable=SC2034 # read by gateway.bash
programs=(auth agent)

# add_agent_client ID PATTERN...: with an account and a token, see token_of.
add_agent_client() {
    add_client "$@" -- --mode agent && registered "$1" &&
        acmeproxy client token add "$1" >"$BATS_TEST_TMPDIR/token-$1" 2>/dev/null
}
token_of() { cat "$BATS_TEST_TMPDIR/token-$1"; }

# csr_wish ID NAME...: the payload of a wish whose key stays here, in ID-NAME.key.
csr_wish() {
    local key=$BATS_TEST_TMPDIR/$1-$2.key names
    shift
    names=$(printf ',DNS:%s' "$@")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$key" \
        -subj / -addext "subjectAltName=${names#,}" -outform DER 2>/dev/null |
        basenc --base64url -w 0 | tr -d = | sed 's/.*/{"csr":"&"}/'
}

# wish ID NAME...: with a request; the renewer then applies it and obtains the certificate.
wish() { raw "$1" post certs "$(csr_wish "$@")"; }
obtained() { wish "$@" >/dev/null && acmeproxy renew; }

# read_by_token ID [CURL OPTION...] PATH: sets `code`; body and headers are files.
read_by_token() {
    local id=$1 path=${*: -1}
    # shellcheck disable=SC2034 # read by the tests
    code=$(curl -s --cacert "$(tls_ca)" -u "$id:$(token_of "$id")" -D "$BATS_TEST_TMPDIR/headers" \
        -o "$BATS_TEST_TMPDIR/body" -w '%{http_code}' "${@:2:$#-2}" "$(certs_url "$path")")
}
header_of() { tr -d '\r' <"$BATS_TEST_TMPDIR/headers" | sed -n "s/^$1: //Ip"; }
