#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# From nothing to a certificate, in all kinds of certificates, with challenge.fcgi answering the CA.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() {
    begin
    require_acmeproxy
    # challenge.fcgi serves one spool: it is the same for all tests of this file.
    start_dns
    start_challenge_web fcgi "$BATS_FILE_TMPDIR/spool" "$(challenge_fcgi)"
    start_pebble PEBBLE_ALTERNATE_ROOTS=1 "${CHAOS[@]}"
    start_fault_proxy
}

setup() {
    fresh
    SPOOL=$BATS_FILE_TMPDIR/spool
    export ACMEPROXY_SPOOL=$SPOOL
    "$ACMEPROXY" spool init >/dev/null
}

# root_name NUMBER: the common name of one of Pebble's roots.
root_name() { pebble_get "roots/$1" | openssl x509 -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p'; }

@test "one command makes the spool, the account and a certificate through challenge.fcgi" {
    rm -rf "${SPOOL:?}"
    local requests
    requests=$(web_requests)
    run --separate-stderr acmeproxy cert add a.example.test b.example.test
    assert_status 0
    assert_equal "$output" "$(lineage a.example.test)/live" 'standard output'
    output=$stderr
    assert_output '^acmeproxy: made .*spool$'
    assert_output '^acmeproxy: account at letsencrypt: registered, agreeing to the terms of service at '
    assert_output '^acmeproxy: a.example.test: certificate 0001 is live: a.example.test, b.example.test; expires 20'
    assert_live a.example.test a.example.test b.example.test
    assert_issued 1 1
    assert_equal "$(($(web_requests) - requests))" 6 'the number of requests to challenge.fcgi'
    assert_equal "$(ls "$SPOOL/challenges")" '' 'what is left of the challenges'
    assert_equal "$(field a.example.test .state)" deployed
    (($(proxy_requests) <= 12)) || fail "$(proxy_requests) requests"
    assert_equal "$(proxy_connections)" 1 'the number of connections'
    assert_sound_spool
}

@test "private things have private modes, and challenges can be read by the web server" {
    "$ACMEPROXY" cert add modes.example.test 2>/dev/null
    assert_mode "$SPOOL" 751
    assert_mode "$SPOOL/challenges" 755
    assert_mode "$SPOOL/certs" 750
    assert_mode "$(lineage modes.example.test)" 750
    assert_mode "$(lineage modes.example.test)/gen/0001/privkey.pem" 600
    assert_mode "$(lineage modes.example.test)/gen/0001/fullchain.pem" 644
    assert_mode "$SPOOL/cas/letsencrypt/accounts/default/key.pem" 600
}

# bats test_tags=chaos
@test "thirty names are in one certificate" {
    local names
    mapfile -t names < <(printf 'host%d.thirty.example.test\n' {1..30})
    run acmeproxy cert add "${names[@]}"
    assert_status 0
    assert_live host1.thirty.example.test "${names[@]}"
    assert_issued 1 1
}

# bats test_tags=chaos
@test "an IP address has a certificate, alone and with a name" {
    run acmeproxy cert add 127.0.0.1
    assert_status 0
    assert_equal "$(certificate_names "$(cert 127.0.0.1)")" 'IP Address:127.0.0.1'
    run acmeproxy cert add ip.example.test 127.0.0.1
    assert_status 0
    assert_equal "$(certificate_names "$(cert ip.example.test)" | tr '\n' ' ')" \
        'DNS:ip.example.test IP Address:127.0.0.1 '
}

@test "an IPv6 address has a certificate" {
    grep -qsE '^0{31}1 ' /proc/net/if_inet6 || skip 'this host has no IPv6'
    # The CA connects to the address itself: the same web server, there.
    sed -e 's/^server.bind = .*/server.bind = "[::1]"/' -e 's/challenge\.sock/&6/' \
        -e 's/-\(error\|access\)\.log/6&/' "$HARNESS_DIR/web.conf" >"$BATS_TEST_TMPDIR/web6.conf"
    spawn web6 lighttpd -D -f "$BATS_TEST_TMPDIR/web6.conf"
    await_listening web6 "$(http_port)" || fail 'there is no web server at ::1'
    run acmeproxy cert add 0:0::1
    stop web6
    assert_status 0
    assert_output '^acmeproxy: 0--1: certificate 0001 is live: ::1; '
    assert_equal "$(certificate_names "$(cert 0--1)")" 'IP Address:0:0:0:0:0:0:0:1'
}

# bats test_tags=chaos
@test "keys are of the type that was asked for" {
    local type
    for type in ec384 rsa2048 rsa3072 rsa4096; do
        acmeproxy cert add --later --key-type "$type" "$type.example.test"
    done
    acmeproxy cert add --later default-key.example.test
    run acmeproxy renew
    assert_status 0
    for type in ec384:secp384r1 rsa2048:2048 rsa3072:3072 rsa4096:4096 default-key:prime256v1; do
        run openssl x509 -noout -text -in "$(cert "${type%:*}.example.test")"
        assert_output "(Public-Key: \(|ASN1 OID: )${type#*:}"
        assert_live "${type%:*}.example.test" "${type%:*}.example.test"
    done
}

@test "with --csr the key stays elsewhere" {
    local key=$BATS_TEST_TMPDIR/elsewhere.key csr=$BATS_TEST_TMPDIR/request.pem
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$key" -out "$csr" \
        -subj /CN=csr.example.test -addext subjectAltName=DNS:csr.example.test,DNS:csr2.example.test \
        2>/dev/null
    run acmeproxy cert add --csr "$csr"
    assert_status 0
    assert_names "$(cert csr.example.test)" csr.example.test csr2.example.test
    assert_pair "$(cert csr.example.test)" "$key"
    [[ ! -e $(live csr.example.test privkey.pem) ]]
    run acmeproxy renew --force csr.example.test
    assert_status 0
    assert_pair "$(cert csr.example.test)" "$key"
    assert_equal "$(generation_of csr.example.test)" gen/0002
    assert_sound_spool
}

@test "--csr refuses names that the request has not, and options of a key that is elsewhere" {
    local csr=$BATS_TEST_TMPDIR/request.pem
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -out "$csr" -subj / \
        -keyout "$BATS_TEST_TMPDIR/k" -addext subjectAltName=DNS:c.example.test 2>/dev/null
    run acmeproxy cert add --csr "$csr" other.example.test
    assert_status 2
    assert_output 'the request is for c.example.test, not for other.example.test'
    run acmeproxy cert add --csr "$csr" --reuse-key
    assert_status 2
    assert_output 'the key stays elsewhere'
    run acmeproxy cert add --csr "$BATS_TEST_TMPDIR/k"
    assert_status 1
    assert_output 'read the request '
    run acmeproxy cert add --csr "$BATS_TEST_TMPDIR/missing"
    assert_status 1
    assert_output 'No such file'
}

@test "upper case, a trailing dot and UTF-8 make the same lineage as the canonical name" {
    run acmeproxy cert add 'BÜCHER.Example.Test.' Www.Example.TEST
    assert_status 0
    assert_names "$(cert xn--bcher-kva.example.test)" xn--bcher-kva.example.test www.example.test
    run acmeproxy cert show bücher.example.test
    assert_status 0
    assert_output '^state: +deployed'
    run acmeproxy cert add xn--bcher-kva.example.test
    assert_status 1
    assert_output 'there is one of that name already \(choose another with --name'
    assert_issued 1 1
}

@test "a wildcard is refused with a clear text, and no order is left over" {
    run acmeproxy cert add '*.wild.example.test'
    assert_status 1
    assert_output 'no http-01 challenge for \*\.wild\.example\.test \(wildcards need dns-01, which acmeproxy does not speak\)'
    [[ ! -e $(lineage _.wild.example.test)/order.json ]]
    assert_issued 1 0
    acmeproxy cert remove _.wild.example.test
}

@test "names that cannot be in a certificate are usage errors with a reason" {
    local name
    for name in 'a b.test' '-a.test' 'a..test' "$(printf 'a%.0s' {1..64}).test" '.' '' 'a_b/c' \
        '300.1.1.1' '*.*.test' $'a\ttab.test'; do
        run acmeproxy cert add -- "$name"
        assert_status 2
        assert_error_lines 1
    done
    assert_issued 0 0
}

@test "a preferred chain is taken where the CA offers it, and else its default" {
    local name
    name=$(root_name 1)
    run acmeproxy cert add --preferred-chain "$name" chain.example.test
    assert_status 0
    run openssl crl2pkcs7 -nocrl -certfile "$(live chain.example.test chain.pem)"
    run openssl pkcs7 -print_certs -noout <<<"$output"
    assert_output "^issuer=.*CN ?= ?$name"
    run acmeproxy cert add --preferred-chain 'No Such Root' chain2.example.test
    assert_status 0
    run openssl x509 -noout -issuer -in "$(live chain2.example.test chain.pem)"
    assert_output "CN ?= ?$(root_name 0)"
}

# bats test_tags=chaos
@test "a lineage with --later is obtained by the next pass" {
    run acmeproxy cert add --later later.example.test
    assert_status 0
    assert_equal "$output" 'added later.example.test, to be obtained by the next "acmeproxy renew"'
    assert_equal "$(field later.example.test .state)" wanted
    assert_issued 0 0
    run acmeproxy renew
    assert_status 0
    assert_live later.example.test later.example.test
}

@test "a name that the CA cannot reach fails in the CA's words, once, and its challenge is gone" {
    run acmeproxy cert add ok.example.test www.unresolved.test
    assert_status 1
    assert_output '^acmeproxy: ok.example.test: .*could not validate.*www.unresolved.test.*; next attempt at 20'
    assert_equal "$(grep -c 'could not validate' <<<"$output")" 1 'the number of lines'
    assert_output 'the lineage stays: .*acmeproxy renew ok.example.test'
    assert_equal "$(ls "$SPOOL/challenges")" '' 'what is left of the challenges'
    assert_issued 1 0
    assert_equal "$(field ok.example.test .attempts)" 1
    acmeproxy cert remove ok.example.test
}

@test "a name that the CA's policy forbids is told with the CA's reason" {
    run acmeproxy cert add blocked.test
    assert_status 1
    assert_output '^acmeproxy: blocked.test: .*rejectedIdentifier.*blocked.test'
    acmeproxy cert remove blocked.test
}

@test "the self-check keeps the CA from looking where the web server does not answer" {
    local port checks=(--self-check --self-check-port "$(http_port)")
    port=$(http_port)
    run acmeproxy cert add self.example.test "${checks[@]}" \
        --resolve "self.example.test:$port:127.0.0.2"
    assert_status 1
    assert_output 'self-check of self.example.test: '
    assert_equal "$(proxy_requests 'POST /chalZ/')" 0 'the number of challenges that were triggered'
    # Another web server, which has no such file.
    run acmeproxy renew self.example.test --self-check --self-check-port "$(recall proxy_port)" \
        --resolve "self.example.test:$(recall proxy_port):127.0.0.1"
    assert_status 1
    assert_output 'self-check of self.example.test: '
    # Once all is well the same order is gone on with.
    run acmeproxy renew self.example.test "${checks[@]}" \
        --resolve "self.example.test:$port:127.0.0.1"
    assert_status 0
    assert_live self.example.test self.example.test
    assert_issued 1 1
}

@test "a lineage can have a name of its own, and two may hold the same names" {
    run acmeproxy cert add twin.example.test --name first-twin
    assert_status 0
    run acmeproxy cert add twin.example.test --name second-twin
    assert_status 0
    assert_live first-twin twin.example.test
    assert_live second-twin twin.example.test
    run acmeproxy cert add x.example.test --name ../../escape
    assert_status 2
    assert_output '^acmeproxy: --name: '
}
