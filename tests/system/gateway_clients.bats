#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What users run, behind each web server, by the command lines that "acmeproxy client eab add"
# prints: registration, first certificate, several names, renewal. No client has a way to answer a
# challenge: none is asked to.

setup_file() {
    load gateway
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    load gateway
    export REQUESTS_CA_BUNDLE LEGO_CA_CERTIFICATES CURL_CA_BUNDLE
    REQUESTS_CA_BUNDLE=$(tls_ca) LEGO_CA_CERTIFICATES=$(tls_ca) CURL_CA_BUNDLE=$(tls_ca)
    cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
    end_gateway_test
}

teardown_file() {
    load gateway
    end
}

need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

# printed BEGINNING NAME: the printed command line that begins so, for this name.
printed() {
    local line
    line=$(grep -E "^$1" "$BATS_TEST_TMPDIR/eab-web1" | sed "s/NAME/$2/g")
    [[ -n $line ]] && echo "$line"
}

# serial FILE
serial() { openssl x509 -noout -serial -in "$1"; }

# client_of FRONT: a gateway behind it, with a client.
client_of() {
    fresh_gateway "$1"
    add_client web1 '**.example.test'
}

certbot_issues() {
    need certbot
    client_of "$1"
    local live=$BATS_TEST_TMPDIR/certbot/live/a-zq.example.test first folders
    folders="--config-dir certbot --work-dir certbot --logs-dir certbot-logs --quiet"
    eval "$(printed 'certbot certonly' a-zq.example.test) -d b-zq.example.test $folders"
    assert_names "$live/cert.pem" a-zq.example.test b-zq.example.test
    assert_pair "$live/cert.pem" "$live/privkey.pem"
    assert_chain "$live/fullchain.pem"
    first=$(serial "$live/cert.pem")
    # shellcheck disable=SC2086  # words
    certbot renew --force-renewal --no-random-sleep-on-renew $folders
    assert_names "$live/cert.pem" a-zq.example.test b-zq.example.test
    [[ $(serial "$live/cert.pem") != "$first" ]]
    cp "$live/fullchain.pem" "$(certificate_file web1)"
}

lego_issues() {
    need lego
    client_of "$1"
    local file=$BATS_TEST_TMPDIR/.lego/certificates/a-zq.example.test first line
    line="command $(printed lego a-zq.example.test)"
    line=${line% run}" --domains b-zq.example.test"
    eval "$line run" >out 2>&1 || fail "$(cat out)"
    assert_names "$file.crt" a-zq.example.test b-zq.example.test
    assert_pair "$file.crt" "$file.key"
    assert_chain "$file.crt"
    first=$(serial "$file.crt")
    eval "$line renew --days 9999 --no-random-sleep" >out 2>&1 || fail "$(cat out)"
    [[ $(serial "$file.crt") != "$first" ]]
    cp "$file.crt" "$(certificate_file web1)"
}

raw_issues() {
    client_of "$1"
    registered web1
    local how first
    for how in uacme sh; do
        issue web1 "$how" a-zq.example.test b-zq.example.test
        assert_issued_to web1 a-zq.example.test b-zq.example.test
        [[ $(serial "$(certificate_file web1)") != "${first:-}" ]]
        first=$(serial "$(certificate_file web1)")
    done
    assert_clean_spool
}

@test "certbot behind lighttpd" { certbot_issues lighttpd; }
@test "certbot behind Apache" { certbot_issues apache; }
@test "certbot behind nginx" { certbot_issues nginx; }
@test "lego behind lighttpd" { lego_issues lighttpd; }
@test "lego behind Apache" { lego_issues apache; }
@test "lego behind nginx" { lego_issues nginx; }
@test "clients like uacme and acme.sh behind lighttpd" { raw_issues lighttpd; }
@test "clients like uacme and acme.sh behind Apache" { raw_issues apache; }
@test "clients like uacme and acme.sh behind nginx" { raw_issues nginx; }

@test "dehydrated, which fetches an order right after making it" {
    need dehydrated
    client_of lighttpd
    sed -nE '/^(CA|EAB_KID|EAB_HMAC_KEY)=/p' eab-web1 >config
    mkdir -p well-known
    printf '%s\n' "BASEDIR=$BATS_TEST_TMPDIR/dehydrated" 'CONTACT_EMAIL=root@example.test' \
        "WELLKNOWN=$BATS_TEST_TMPDIR/well-known" 'KEY_ALGO=prime256v1' >>config
    mkdir -p dehydrated
    dehydrated --config config --register --accept-terms >out 2>&1 || fail "$(cat out)"
    dehydrated --config config --cron --domain a-zq.example.test >out 2>&1 || fail "$(cat out)"
    assert_names dehydrated/certs/a-zq.example.test/cert.pem a-zq.example.test
    cp dehydrated/certs/a-zq.example.test/fullchain.pem "$(certificate_file web1)"
}

@test "certbot and lego tell why a name or a wildcard is refused" {
    need certbot
    need lego
    client_of lighttpd
    local folders="--config-dir certbot --work-dir certbot --logs-dir certbot-logs"
    run eval "$(printed 'certbot certonly' a-zq.other.test) $folders"
    assert_status 1
    assert_output 'may not have it'
    run eval "command $(printed lego '*.a-zq.example.test')"
    assert_status 1
    assert_output 'wildcards are not allowed for this client'
    # The client's registration was good.
    eval "$(printed 'certbot certonly' a-zq.example.test) $folders --quiet"
}

@test "certbot and lego end with a clear error when their key is revoked or the quota is used up" {
    need certbot
    need lego
    client_of lighttpd
    local folders="--config-dir certbot --work-dir certbot --logs-dir certbot-logs"
    acmeproxy client eab revoke "$(eab_kid web1)"
    run eval "$(printed 'certbot certonly' a-zq.example.test) $folders"
    assert_status 1
    assert_output 'external account binding is not valid'
    acmeproxy client add web2 --allow '**.example.test' --quota 0/day
    add_eab web2
    cp eab-web2 eab-web1
    run eval "command $(printed lego a-zq.example.test)"
    assert_status 1
    assert_output 'rateLimited.*0 orders'
}
