# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What users run against the gateway, over gateway.bash: certbot, lego, and acmeproxy itself with a
# spool of its own ("inside"). Each by the lines that "acmeproxy client eab add" prints; none has a
# way to answer a challenge.
#
#     CLIENT=certbot client_of nginx; order a-zq.example.test; renew; certificate a-zq.example.test
#
# Where order or renew fail, they print what the user sees, and have the client's exit status.

# trust_front: the clients trust the fronts. For setup.
trust_front() {
    export REQUESTS_CA_BUNDLE LEGO_CA_CERTIFICATES CURL_CA_BUNDLE
    REQUESTS_CA_BUNDLE=$(tls_ca) LEGO_CA_CERTIFICATES=$(tls_ca) CURL_CA_BUNDLE=$(tls_ca)
}

need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
need_client() { [[ ${CLIENT:-own} == own ]] || need "$CLIENT"; }

# printed BEGINNING NAME [ID]: the printed command line that begins so, for this name.
printed() {
    local line
    line=$(grep -E "^$1" "$BATS_TEST_TMPDIR/eab-${3:-web1}" | sed "s/NAME/$2/g")
    [[ -n $line ]] && echo "$line"
}

# serial FILE
serial() { openssl x509 -noout -serial -in "$1"; }

# client_of FRONT [SETTING...]: a gateway behind it, with the client web1.
client_of() {
    need_client
    fresh_gateway "$@"
    add_client web1 '**.example.test'
}

# Each of these works in a folder of its own, $BATS_TEST_TMPDIR/$CLIENT, with the key of $ID
# (web1). order NAME...; renew (what was ordered first); certificate NAME; private_key NAME.
order() { in_folder "${CLIENT}_order" "$@"; }
renew() { in_folder "${CLIENT}_renew"; }
certificate() { "${CLIENT}_file" "$1" certificate; }
private_key() { "${CLIENT}_file" "$1" key; }

in_folder() {
    mkdir -p "$BATS_TEST_TMPDIR/$CLIENT"
    (cd "$BATS_TEST_TMPDIR/$CLIENT" && "$@" 2>&1 3>&-)
}

# --- certbot --------------------------------------------------------------------------------

certbot_folders='--config-dir . --work-dir . --logs-dir log'

# certbot 2.1 with Python 3.11 hides each error of the CA behind an AttributeError of its own, but
# in its log, and here with --debug. It tells them itself when it renews.
certbot_order() {
    local line name
    line="$(printed 'certbot certonly' "$1" "${ID:-web1}") --debug $certbot_folders"
    for name in "${@:2}"; do line+=" -d $name"; done
    eval "$line"
}

certbot_renew() {
    # shellcheck disable=SC2086  # words
    certbot renew --force-renewal --no-random-sleep-on-renew $certbot_folders
}

certbot_file() {
    local live=$BATS_TEST_TMPDIR/certbot/live/$1
    case $2 in certificate) echo "$live/fullchain.pem" ;; key) echo "$live/privkey.pem" ;; esac
}

# --- lego -----------------------------------------------------------------------------------

lego_line() {
    local line name
    line="command $(printed lego "$1" "${ID:-web1}")"
    line=${line% run}
    for name in "${@:2}"; do line+=" --domains $name"; done
    echo "$line"
}

lego_order() {
    [[ -e names ]] || echo "$*" >names
    eval "$(lego_line "$@") run"
}

lego_renew() {
    local names
    read -ra names <names
    eval "$(lego_line "${names[@]}") renew --days 9999 --no-random-sleep"
}

lego_file() {
    local file=$BATS_TEST_TMPDIR/lego/.lego/certificates/$1
    case $2 in certificate) echo "$file.crt" ;; key) echo "$file.key" ;; esac
}

# --- acmeproxy ------------------------------------------------------------------------------

# inside WORD...: the acmeproxy of the private network.
inside() {
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        "$ACMEPROXY" "$@"
}
inside_file() { echo "$BATS_TEST_TMPDIR/inside/certs/${1/#\*/_}/live/$2"; }

# connect_inside [ID [CA]]: gives it an account at the gateway, as the CA "proxy".
connect_inside() {
    echo "ca-certificates = $(tls_ca)" >"$BATS_TEST_TMPDIR/inside.conf"
    inside spool init >/dev/null &&
        inside ca add "${2:-proxy}" "$(gateway_directory)" --eab-kid "$(eab_kid "${1:-web1}")" \
            --eab-key-file "$BATS_TEST_TMPDIR/eab-${1:-web1}.key"
}

# What the CA has asked for, a pause, is forgotten before each attempt.
own_order() {
    [[ -e ../inside.conf ]] || connect_inside "${ID:-web1}" || return
    [[ -e names ]] || echo "$1" >names
    rm -f ../inside/cas/*/pause
    if [[ -e ../inside/certs/${1/#\*/_} ]]; then
        inside renew --force "${1/#\*/_}"
    else
        inside cert add "$@" --ca proxy
    fi
}

own_renew() {
    rm -f ../inside/cas/*/pause
    inside renew --force "$(<names)"
}

own_file() {
    case $2 in certificate) inside_file "$1" fullchain.pem ;; key) inside_file "$1" privkey.pem ;; esac
}

# --- assertions -----------------------------------------------------------------------------

# refused REGEX COMMAND...: the client ends with a failure, and one line says so.
refused() {
    local regex=$1
    shift
    run "$@"
    assert_status 1
    assert_output "$regex"
}

# assert_certificate NAME...: it has a sound one of exactly these names.
assert_certificate() {
    local file
    file=$(certificate "$1")
    assert_names "$file" "$@" && assert_pair "$file" "$(private_key "$1")" && assert_chain "$file" ||
        return 1
    cp "$file" "$BATS_TEST_TMPDIR/$CLIENT-${#searched[@]}-chain.pem" # find_leaks looks for it
    searched+=("$file")
}
searched=()

# ordered NAME... / renewed NAME...: it ends well, with a certificate that it did not have.
ordered() {
    run order "$@"
    assert_status 0
    assert_certificate "$@"
}

renewed() {
    local before
    before=$(serial "$(certificate "$1")")
    run renew
    assert_status 0
    assert_certificate "$@" || return 1
    [[ $(serial "$(certificate "$1")") != "$before" ]] || fail "$1 has the same certificate as before"
}
