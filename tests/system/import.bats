#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Moving in: what certbot, lego and dehydrated of Debian have made at Pebble is taken over, and then
# renewed with the same account. acme.sh is not in Debian: its folder is made here, with a key, a
# certificate and an account that lego got.
# shellcheck disable=SC2030,SC2031 # each test is a subshell

load renewer_file

setup_file() { begin_with_ca; }

setup() {
    fresh
    DIRECTORY=$(pebble_url)
    TREE=$BATS_TEST_TMPDIR/tree
    WEBROOT=$BATS_TEST_TMPDIR/webroot
    mkdir -p "$WEBROOT/.well-known"
    ln -s "$SPOOL/challenges" "$WEBROOT/.well-known/acme-challenge"
    unset ACMEPROXY_ACME_DIRECTORY_URL
    export REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    REQUESTS_CA_BUNDLE=$(tls_ca) CURL_CA_BUNDLE=$(tls_ca)
}

# certbot_gets NAME [WORD...]: into $TREE.
certbot_gets() {
    certbot certonly --quiet --non-interactive --agree-tos --email me@example.test \
        --server "$DIRECTORY" --config-dir "$TREE" --work-dir "$TREE-work" --logs-dir "$TREE-work" \
        --webroot --webroot-path "$WEBROOT" -d "$@"
}

# lego_gets NAME [WORD...]
lego_gets() {
    command lego --accept-tos --email me@example.test --server "$DIRECTORY" --path "$TREE" \
        --http --http.webroot "$WEBROOT" --domains "$@" run >"$BATS_TEST_TMPDIR/lego.out" 2>&1 ||
        fail "$(cat "$BATS_TEST_TMPDIR/lego.out")"
}

# dehydrated_gets NAME [WORD...]
dehydrated_gets() {
    mkdir -p "$TREE"
    printf '%s\n' "BASEDIR=$TREE" "CA=$DIRECTORY" "WELLKNOWN=$SPOOL/challenges" \
        'CONTACT_EMAIL=me@example.test' 'KEY_ALGO=secp384r1' >"$BATS_TEST_TMPDIR/dehydrated"
    dehydrated --config "$BATS_TEST_TMPDIR/dehydrated" --register --accept-terms >/dev/null 2>&1
    dehydrated --config "$BATS_TEST_TMPDIR/dehydrated" --cron --domain "$@" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 || fail "$(cat "$BATS_TEST_TMPDIR/out")"
}


# acme_sh_has NAME [WORD...]: the folder as acme.sh 3 lays it out: NAME_ecc/ and ca/HOST/PATH/, whose
# HOST is without the port.
acme_sh_has() {
    local name=$1 lego=$TREE-lego home=$TREE/$1_ecc ca=$TREE/ca/localhost/dir account
    TREE=$lego lego_gets "$@"
    mkdir -p "$home" "$ca"
    cp "$lego/certificates/$name.crt" "$home/fullchain.cer"
    cp "$lego/certificates/$name.key" "$home/$name.key"
    openssl x509 -in "$home/fullchain.cer" -out "$home/$name.cer"
    cat >"$home/$name.conf" <<END
Le_Domain='$name'
Le_Alt='no'
Le_Webroot='/var/www/html'
Le_PreHook=''
Le_ReloadCmd='__ACME_BASE64__START_c3lzdGVtY3RsIHJlbG9hZCBuZ2lueA==__ACME_BASE64__END_'
Le_API='$DIRECTORY'
Le_Keylength='ec-256'
END
    account=$(echo "$lego"/accounts/*/me@example.test)
    cp "$account"/keys/*.key "$ca/account.key"
    printf '%s\n' "ACCOUNT_URL='$(jq -r .registration.uri "$account/account.json")'" \
        "CA_EMAIL='me@example.test'" >"$ca/ca.conf"
}

# snapshot FOLDER: all that a program could change in it.
snapshot() {
    find "$1" -printf '%P %y %m %T@ %l\n' | sort
    find "$1" -type f -exec sha256sum {} + | sort
}

# accounts_at_the_ca: how many the CA has made.
accounts_at_the_ca() { grep -c 'There are now [0-9]* accounts in memory' "$HARNESS_DIR/logs/pebble.log"; }

# assert_moved_in PROGRAM NAME ACCOUNT-URL KEY-TYPE: imports $TREE, which has this one certificate, and
# renews it.
assert_moved_in() {
    local program=$1 name=$2 before serial accounts key
    before=$(snapshot "$TREE")
    run acmeproxy import "$program" "$TREE" --ca-certificates "$(tls_ca)" --dry-run
    assert_status 0
    assert_output "^would import certificate $name: for "
    [[ ! -e $(lineage "$name") ]] || fail 'a dry run made the lineage'

    count_from_here
    run acmeproxy import "$program" "$TREE" --ca-certificates "$(tls_ca)"
    assert_status 0
    assert_output "^imported certificate $name: for .*$name.*; expires 20.*; from the CA [a-z0-9-]+(; .*)?$"
    assert_output "^imported account at [a-z0-9-]+: $3$"
    assert_output "^acmeproxy: from now on acmeproxy renews these: end the renewals of $program"
    assert_issued 0 0
    assert_equal "$(generation_of "$name")" gen/0001
    [[ $name != a.* ]] || assert_live "$name" a.example.test b.example.test
    assert_sound_spool

    # Again: nothing changes.
    local spool
    spool=$(snapshot "$SPOOL")
    run acmeproxy import "$program" "$TREE"
    assert_status 0
    assert_output "^certificate $name is here already"
    assert_output '^account at [a-z0-9-]+ is here already'
    assert_equal "$(snapshot "$SPOOL")" "$spool" 'the spool after a second import'
    assert_equal "$(snapshot "$TREE")" "$before" "what $program has"

    # A pass has nothing to do but to run the hooks, and says when it will.
    run acmeproxy renew
    assert_status 0
    assert_issued 0 0
    assert_equal "$(field "$name" .state)" deployed

    serial=$(serial_of "$name") accounts=$(accounts_at_the_ca)
    run acmeproxy renew --force "$name"
    assert_status 0
    assert_issued 1 1
    assert_equal "$(generation_of "$name")" gen/0002
    [[ $(serial_of "$name") != "$serial" ]] || fail 'the certificate is the same'
    # shellcheck disable=SC2046 # names, one each
    assert_live "$name" $(certificate_names "$SPOOL/certs/$name/gen/0001/cert.pem" | sed 's/^DNS://')
    key=$(openssl pkey -in "$(live "$name" privkey.pem)" -noout -text | head -n 1)
    assert_equal "$key" "$4" 'the kind of key'
    assert_equal "$(accounts_at_the_ca)" "$accounts" 'the number of accounts at the CA'
    assert_equal "$(snapshot "$TREE")" "$before" "what $program has"
    assert_sound_spool
}

@test "what certbot has moves in, and is renewed with its account" {
    certbot_gets a.example.test -d b.example.test --key-type rsa --rsa-key-size 3072
    assert_moved_in certbot a.example.test "$(jq -r .uri "$TREE"/accounts/*/*/*/regr.json)" \
        'Private-Key: (3072 bit, 2 primes)'
}

@test "what lego has moves in, once its CA is known" {
    lego_gets a.example.test --domains b.example.test
    run acmeproxy import lego "$TREE"
    assert_status 1
    assert_output "^acmeproxy: skipped certificate a.example.test: it is from localhost:[0-9]+, and nothing says that CA's directory URL \(name a CA with --ca, after \"acmeproxy ca add\" if need be\)$"
    assert_equal "$(ls "$SPOOL/certs")" '' 'the list of lineages'
    acmeproxy ca add lab "$DIRECTORY" --ca-certificates "$(tls_ca)" --later
    assert_moved_in lego a.example.test "$(jq -r .registration.uri "$TREE"/accounts/*/*/account.json)" \
        'Private-Key: (256 bit)'
}

@test "what dehydrated has moves in, and is renewed with its account" {
    dehydrated_gets c.example.test
    assert_moved_in dehydrated c.example.test "$(jq -r .url "$TREE"/accounts/*/account_id.json)" \
        'Private-Key: (384 bit)'
}

@test "what acme.sh has moves in, and keeps its key as there" {
    acme_sh_has d.example.test
    run acmeproxy import acme.sh "$TREE" --dry-run
    assert_output '; not taken over: its hook, systemctl reload nginx$'
    assert_moved_in acme.sh d.example.test \
        "$(jq -r .registration.uri "$TREE"-lego/accounts/*/*/account.json)" 'Private-Key: (256 bit)'
    assert_pair "$SPOOL/certs/d.example.test/gen/0001/cert.pem" "$(live d.example.test privkey.pem)"
}

@test "the next pass runs the hook of what moved in, and renews what expires soon" {
    certbot_gets a.example.test
    printf '#!/bin/sh\necho "$ACMEPROXY_CERT_NAME" >>"%s/hook"\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/hook.sh"
    chmod +x "$BATS_TEST_TMPDIR/hook.sh"
    acmeproxy import certbot "$TREE" --ca-certificates "$(tls_ca)" --hook "$BATS_TEST_TMPDIR/hook.sh"
    acmeproxy renew
    assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/hook")" 1 'the number of runs of the hook'
    # As if it had been imported three days before its end.
    rm -r "$SPOOL/certs/a.example.test"
    local end days
    end=$(openssl x509 -noout -enddate -in "$TREE/live/a.example.test/cert.pem" | cut -d = -f 2)
    days=$((($(date -d "$end" +%s) - $(date +%s)) / 86400 - 3))
    faketime -f "+${days}d" "$ACMEPROXY" import certbot "$TREE"
    count_from_here
    run faketime -f "+${days}d" "$ACMEPROXY" renew
    assert_status 0
    assert_issued 1 1
}

@test "the line of the README moves certbot in" {
    load fences
    certbot_gets a.example.test
    local line
    line=$(fences 'sh example' README.md | grep '^acmeproxy import')
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca) eval "${line//\/etc\/letsencrypt/$TREE}"
    cmp "$(live a.example.test fullchain.pem)" "$TREE/live/a.example.test/fullchain.pem"
    assert_equal "$(field a.example.test .state)" live
}

@test "what cannot be renewed here is skipped, with the reason" {
    certbot_gets good.example.test
    certbot_gets outside.example.test
    certbot_gets mixed.example.test
    certbot_gets dns.example.test
    certbot_gets taken.example.test
    certbot_gets broken.example.test
    acme_wildcard
    # Another key; another way to prove the name; damage.
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$TREE/archive/mixed.example.test/privkey1.pem"
    sed -i 's/^authenticator = .*/authenticator = dns-rfc2136/' "$TREE/renewal/dns.example.test.conf"
    head -c 200 "$TREE/archive/broken.example.test/fullchain1.pem" >"$BATS_TEST_TMPDIR/half"
    cp "$BATS_TEST_TMPDIR/half" "$TREE/archive/broken.example.test/fullchain1.pem"
    ln -sf /etc/hostname "$TREE/live/outside.example.test/fullchain.pem"
    mkdir -p "$TREE/accounts/x/y" && echo '{"kty":' >"$TREE/accounts/x/y/private_key.json"
    acmeproxy ca add lab "$DIRECTORY" --ca-certificates "$(tls_ca)"
    acmeproxy cert add taken.example.test --ca lab 2>/dev/null
    local before
    before=$(snapshot "$TREE")

    run acmeproxy import certbot "$TREE"
    assert_status 1
    assert_output '^imported certificate good.example.test: '
    assert_output '^acmeproxy: skipped certificate mixed.example.test: certificate chain: the certificate is for another key$'
    assert_output '^acmeproxy: skipped certificate dns.example.test: its names were proved by dns-01 \(dns-rfc2136\), and acmeproxy speaks http-01 \(.*: --dns\)$'
    assert_output '^acmeproxy: skipped certificate broken.example.test: read the certificates .*/fullchain.pem: '
    assert_output '^acmeproxy: skipped certificate outside.example.test: read .*: it leads out of '
    assert_output '^acmeproxy: skipped certificate taken.example.test: there is a lineage taken.example.test already, with other certificates'
    assert_output '^acmeproxy: skipped certificate wild: it is for \*\.wild\.example\.test: a CA proves wildcards by dns-01 only'
    assert_output '^acmeproxy: skipped account accounts/x/y: read .*/private_key.json: '
    assert_output '^acmeproxy: skipped account at lab: the spool has an account there already'
    assert_equal "$(ls "$SPOOL/certs" | tr '\n' ' ')" 'good.example.test taken.example.test '
    assert_equal "$(snapshot "$TREE")" "$before" 'what certbot has'

    # One by its name, though it was proved otherwise there.
    run acmeproxy import certbot "$TREE" dns.example.test no-such.example.test --dns
    assert_status 1
    assert_output '^imported certificate dns.example.test: '
    assert_output '^acmeproxy: skipped certificate no-such.example.test: the folder has none$'
    refute_output good.example.test

    rm -r "$SPOOL/certs/good.example.test"
    run faketime -f +6y "$ACMEPROXY" import certbot "$TREE" good.example.test
    assert_status 1
    assert_output '^acmeproxy: skipped certificate good.example.test: certificate chain: .* expired at 20'
    assert_sound_spool
}

# acme_wildcard: as certbot would have one, from a throw-away CA of our own.
acme_wildcard() {
    local place=$TREE/archive/wild
    mkdir -p "$place" "$TREE/live/wild"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj / \
        -addext 'subjectAltName=DNS:*.wild.example.test' -keyout "$place/privkey1.pem" \
        -out "$place/fullchain1.pem" 2>/dev/null
    ln -s ../../archive/wild/privkey1.pem "$TREE/live/wild/privkey.pem"
    ln -s ../../archive/wild/fullchain1.pem "$TREE/live/wild/fullchain.pem"
    cp "$TREE/renewal/good.example.test.conf" "$TREE/renewal/wild.conf"
}

@test "a folder that is none of the program's, and a program that is none, are refused" {
    mkdir "$TREE"
    local program
    for program in certbot lego acme.sh dehydrated; do
        run acmeproxy import "$program" "$TREE"
        assert_status 2
        assert_output "^acmeproxy: .*/tree is no (folder|home) of $program: there is n"
        run acmeproxy import "$program" "$TREE/none"
        assert_status 2
        assert_output '^acmeproxy: read .*/tree/none: No such file or directory$'
    done
    run acmeproxy import uacme "$TREE"
    assert_status 2
    assert_output '^acmeproxy: "import" knows no program "uacme"$'
    assert_equal "$(find "$SPOOL/certs" "$SPOOL/cas" -mindepth 1)" ''
}

@test "a dry run needs no spool, and makes none" {
    certbot_gets a.example.test
    rm -r "$SPOOL"
    run acmeproxy import certbot "$TREE" --dry-run
    assert_status 0
    assert_output '^would import CA localhost-[0-9]+: https://localhost:[0-9]+/dir$'
    assert_output '^would import certificate a.example.test: '
    assert_output '^would import account at localhost-[0-9]+: '
    [[ ! -e $SPOOL ]] || fail 'it made a spool'
}
