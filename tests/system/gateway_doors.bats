#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Who may have what: security bugs that other ACME servers have had, one test each, and what the
# operator decides (clients, patterns, keys, quota), which counts from the next request on.

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    fresh_gateway
}

# nothing_asked_for: the CA has seen no order.
nothing_asked_for() { assert_equal "$(proxy_requests 'POST /order-plz')" 0 'orders at the CA'; }

@test "a revoked EAB key ends its accounts, unless it is told to keep them" {
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.example.test
    acmeproxy client eab revoke "$(eab_kid web1)"
    expect 401 unauthorized 'revoked' web1 order a-zq.example.test
    expect 401 unauthorized 'revoked' web1 finalize
    expect 401 unauthorized 'revoked' web1 post account
    expect 401 unauthorized 'revoked' web1 register --existing
    add_eab web1
    jq 'del(.key, .kid)' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-web2.json"
    expect 201 - - web2 register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    acmeproxy client eab revoke --keep-accounts "$(eab_kid web1)"
    expect 200 - - web2 post account
}

@test "a client that is disabled in mid-order gets nothing more, and goes on when enabled" {
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.example.test
    acmeproxy client disable web1
    expect 403 unauthorized 'disabled' web1 post order
    expect 403 unauthorized 'disabled' web1 post authorization
    expect 403 unauthorized 'disabled' web1 finalize
    assert_equal "$(proxy_requests 'POST /finalize')" 0 'the number of finalizations at the CA'
    acmeproxy client enable web1
    raw web1 finalize --key-out "$(key_file web1)"
    raw web1 poll
    acmeproxy client disable web1
    expect 403 unauthorized 'disabled' web1 certificate
    acmeproxy client enable web1
    expect 200 - - web1 certificate --out "$(certificate_file web1)"
    assert_issued_to web1 a-zq.example.test
}

@test "names are checked again at finalize and revoke, when the policy has changed" {
    add_client web1 '**.example.test'
    registered web1
    issue web1 a-zq.example.test
    raw web1 order a-zq.example.test
    acmeproxy client deny web1 a-zq.example.test
    expect 403 rejectedIdentifier 'must not' web1 finalize
    expect 403 unauthorized '' web1 post revokeCert "$(revocation web1 4)"
    acmeproxy client deny --drop web1 a-zq.example.test
    expect 200 - - web1 post revokeCert "$(revocation web1 4)"
    assert_revoked "$(certificate_file web1)" 4
}

@test "orders, authorizations, certificates are no other account's, not even of the same client" {
    add_client web1 '**.example.test'
    add_client web2 '**.example.test'
    registered web1
    registered web2
    expect 201 - - other register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    raw web1 order o-zq.example.test
    raw web1 post authorization
    raw web1 finalize
    raw web1 poll
    local target thief
    for target in .order .finalize .certificate '.authorizations[0]' '.challenges[0]'; do
        for thief in web2 other; do
            expect 404 unauthorized 'no such' "$thief" post "$(raw_state web1 "$target")"
        done
    done
    expect 403 unauthorized 'itself' web2 post "$(raw_state web1 .kid)"
}

@test "patterns go by whole labels, and nothing is a regular expression" {
    local name
    add_client web1 '*.one.test' a.two.test '**.three.test' '!no.three.test'
    registered web1
    for name in xone-zq.test one.test a-zq.b.one.test x.evilone.test aatwo.test a-zq.two.test \
        three.test evil-zq.xthree.test no.three.test one.test.evil.test; do
        expect 403 rejectedIdentifier 'may not|must not' web1 order "$name"
    done
    for name in '.*' 'a.two.test$' '^a' 'a..two.test' '*' '-zq.one.test' 'a_b-zq.one.test/x' \
        '127.0.0.1' '0x7f.1' 'a-zq.one.test%00.evil.test' ''; do
        expect 400 rejectedIdentifier '' web1 order -- "$name"
    done
    nothing_asked_for
    issue web1 a-zq.one.test b-zq.c.d.three.test a.two.test
    assert_issued_to web1 a-zq.one.test b-zq.c.d.three.test a.two.test
}

@test "all refused names are told, each with its reason" {
    add_client web1 '*.one.test'
    registered web1
    expect 403 rejectedIdentifier '2 names' web1 order a-zq.one.test b-zq.two.test c-zq.three.test
    assert_equal "$(answer '.body.subproblems | map(.identifier.value) | join(" ")')" \
        'b-zq.two.test c-zq.three.test'
    nothing_asked_for
}

@test "a wildcard is refused with a clear reason, whoever refuses it" {
    add_client web1 '**.one.test'
    registered web1
    expect 403 rejectedIdentifier 'wildcards are not allowed for this client' web1 order \
        '*.x-zq.one.test'
    nothing_asked_for
    acmeproxy client allow web1 'wildcard:**.one.test'
    # The policy has it, but the CA would want DNS-01.
    expect 403 rejectedIdentifier 'DNS' web1 order '*.x-zq.one.test'
}

@test "a policy that is missing, empty, damaged or unreadable denies" {
    local file=$SPOOL/clients/web1/client.json
    add_client web1 '**.example.test'
    registered web1
    cp "$file" "$BATS_TEST_TMPDIR/policy"
    : >"$file"
    expect 403 unauthorized 'disabled' web1 order a-zq.example.test
    run acmeproxy spool check
    assert_status 1
    assert_output 'web1'
    echo '{"format":1,"enabled":true,"allow":"**.example.test"}' >"$file"
    expect 403 unauthorized 'disabled' web1 order a-zq.example.test
    rm "$file"
    expect 403 unauthorized 'disabled' web1 order a-zq.example.test
    cp "$BATS_TEST_TMPDIR/policy" "$file"
    if ((EUID)); then # root reads all
        chmod 0 "$file"
        expect 403 unauthorized 'disabled' web1 order a-zq.example.test
        run acmeproxy spool check
        assert_status 1
        assert_output 'clients/web1/client\.json: cannot be read: .*Permission denied'
        chmod 600 "$file"
    fi
    nothing_asked_for
    expect 201 - - web1 order a-zq.example.test
    acmeproxy client allow --drop web1 '**.example.test'
    expect 403 rejectedIdentifier 'may not' web1 order a-zq.example.test
}

@test "a weak key is refused here, and the order goes on with a sound one" {
    local bits csr wanted
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.example.test
    for bits in 1024 2048; do
        csr=$(openssl req -new -newkey "rsa:$bits" -nodes -keyout "$(key_file web1)" -subj / \
            -addext subjectAltName=DNS:a-zq.example.test -outform DER 2>/dev/null | base64url)
        wanted=(400 badCSR 'RSA key of 1024 bits is too short')
        ((bits == 1024)) || wanted=(200 - -)
        expect "${wanted[@]}" web1 post "$(raw_state web1 .finalize)" "{\"csr\":\"$csr\"}"
        assert_equal "$(proxy_requests 'POST /finalize')" $((bits / 2048)) 'finalizations at the CA'
    done
}

@test "the times that a client asks for are the certificate's, when the CA allows them" {
    add_client web1 '**.example.test'
    registered web1
    issue web1 a-zq.example.test --not-before 2100-01-02T03:04:05Z --not-after 2100-02-03T04:05:06Z
    assert_equal "$(openssl x509 -noout -dates -in "$(certificate_file web1)" | paste -sd ' ')" \
        'notBefore=Jan  2 03:04:05 2100 GMT notAfter=Feb  3 04:05:06 2100 GMT'
    expect 400 malformed 'notBefore' web1 order a-zq.example.test --not-before tomorrow
}

@test "an empty or short MAC key is no key" {
    local key
    add_client web1 '**.example.test'
    for key in '' AA YWJj; do
        expect 403 unauthorized 'not valid' web1 register --kid "$(eab_kid web1)" --key="$key"
    done
    jq '.key = ""' "$SPOOL/clients/web1/eab/$(eab_kid web1).json" >"$BATS_TEST_TMPDIR/eab.json"
    cat "$BATS_TEST_TMPDIR/eab.json" >"$SPOOL/clients/web1/eab/$(eab_kid web1).json"
    run raw web1 register --kid "$(eab_kid web1)" --key ''
    [[ $(answer .status) != 201 ]]
    expect 400 accountDoesNotExist '' web1 register --existing
}

@test "a quota is 429 with the time to wait, and counts for nobody else" {
    add_client web1 '**.example.test' -- --quota 2/day
    add_client web2 '**.example.test'
    registered web1
    registered web2
    expect 201 - - web1 order a-zq.example.test
    # What is refused does not count.
    expect 403 rejectedIdentifier '' web1 order a-zq.other.test
    expect 201 - - web1 order b-zq.example.test
    expect 429 rateLimited '2 orders' web1 order c-zq.example.test
    assert_header retry-after '^[1-9][0-9]*$'
    expect 201 - - web2 order c-zq.example.test
    expect 200 - - web1 post order
    assert_equal "$(proxy_requests 'POST /order-plz')" 3 'orders at the CA'
    # Another one counts from the next request on, with what was ordered before.
    acmeproxy client set web1 --quota 3/day
    expect 201 - - web1 order c-zq.example.test
    expect 429 rateLimited '3 orders' web1 order d-zq.example.test
    acmeproxy client set web1 --quota none
    expect 201 - - web1 order d-zq.example.test
}

@test "two finalizations at once with two keys give one certificate" {
    local before states=() number
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.example.test
    before=$(pebble_certificates)
    for number in 1 2 3; do
        jq '.nonces = []' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-at$number.json"
        raw "at$number" finalize >"$BATS_TEST_TMPDIR/out$number" 3>&- &
        states+=($!)
    done
    wait "${states[@]}" || true
    assert_equal "$(($(pebble_certificates) - before))" 1 'the number of certificates'
    cat "$BATS_TEST_TMPDIR"/out?
    assert_equal "$(jq -rs 'map(select(.status == 200)) | length' "$BATS_TEST_TMPDIR"/out?)" 1 \
        'the number of finalizations that succeeded'
    assert_equal "$(jq -rs 'map(select(.status != 200) | .body.type) | unique | join(" ")' \
        "$BATS_TEST_TMPDIR"/out?)" urn:ietf:params:acme:error:orderNotReady
}

@test "only HTTPS is answered, behind each web server, whatever a client says of itself" {
    local front answers
    for front in lighttpd apache nginx; do
        answers=$(for path in /gateway/directory /auth/new-nonce; do
            curl --silent --write-out '%{http_code}\n' --header 'X-Forwarded-Proto: https' \
                --header 'Forwarded: proto=https' --header 'HTTPS: on' --header 'X-Forwarded-For: ::1' \
                "$(plain_url "$front")$path"
        done)
        [[ $answers == *'only HTTPS'*403*'only HTTPS'*403 ]] || fail "$front: $answers"
        curl --silent --fail --cacert "$(tls_ca)" "$(front_url "$front")/gateway/directory" |
            grep -qF "$(front_url)/gateway/new-order" || fail "$front does not answer"
    done
}

@test "a front that ends TLS is believed only where the operator says so" {
    stop_programs
    echo 'trust-forwarded-https = yes' >>"$BATS_TEST_TMPDIR/acmeproxy.conf"
    start_programs 1
    local front
    for front in lighttpd apache nginx; do
        curl --silent --fail --header 'X-Forwarded-Proto: https' \
            "$(plain_url "$front")/gateway/directory"
        run curl --silent --fail "$(plain_url "$front")/gateway/directory"
        assert_status 22
    done
}

@test "URLs come from base-url, never from the Host header" {
    run curl --silent --cacert "$(tls_ca)" --header 'Host: evil.test' \
        --header 'X-Forwarded-Host: evil.test' "$(gateway_directory)"
    refute_output evil
    assert_output "$(front_url)/gateway/new-order"
}

@test "a deactivated key makes no account again" {
    add_client web1 '**.example.test'
    registered web1
    raw web1 deactivate
    expect 401 unauthorized 'deactivated' web1 register --kid "$(eab_kid web1)" \
        --key="$(eab_key web1)"
    expect 401 unauthorized 'deactivated' web1 register --existing
}

@test "upstream URLs that are not https are not followed, nor are redirects of a POST" {
    add_client web1 '**.example.test'
    registered web1
    inject path=^/order-plz times=1 'sub=https://=>http://'
    expect 500 serverInternal 'operator' web1 order a-zq.example.test
    no_faults
    inject path=^/order-plz times=1 status=307 "header=Location:$(proxy_url)" body=empty
    run raw web1 order a-zq.example.test
    (($(answer .status) >= 500)) || fail "$output"
    no_faults
    expect 201 - - web1 order a-zq.example.test
}

@test "a token of the CA names no file unless it is a token" {
    local token
    add_client web1 '**.example.test'
    registered web1
    for token in ../../clients/web1/client.json ../x . 'a/b' ''; do
        inject path=^/authZ/ "sub=\"token\": *\"[^\"]*\"=>\"token\":\"$token\""
        run raw web1 order "t-zq.example.test"
        (($(answer .status) >= 500)) || fail "$output"
        no_faults
    done
    assert_clean_spool
}

@test "nothing of our own troubles is shown to clients" {
    add_client web1 '**.example.test'
    registered web1
    stop_pebble
    expect 503 serverInternal 'cannot be reached' web1 order a-zq.example.test
    assert_header retry-after '^[0-9]+$'
    refute_output "localhost:$(recall proxy_port)|curl|Connection"
    restart_pebble
    # That CA has lost our account: clients cannot help it.
    expect 500 serverInternal 'operator' web1 order a-zq.example.test
    refute_output 'my-account|accountDoesNotExist'
    inject path=^/order-plz times=1 status=500 'body=text:Traceback in /srv/ca.py line 3'
    run raw web1 order a-zq.example.test
    (($(answer .status) >= 500))
    refute_output 'Traceback|ca.py'
}

@test "a gateway without an account at the CA says so, and makes none" {
    rm -r "$SPOOL/cas/pebble/accounts"
    add_client web1 '**.example.test'
    registered web1
    stop_programs && start_programs 1
    expect 503 serverInternal 'account' web1 order a-zq.example.test
    assert_equal "$(ls "$SPOOL/cas/pebble/accounts" 2>/dev/null)" '' 'the list of accounts'
}

@test "the account key is for its owner's eyes only" {
    assert_mode "$SPOOL/cas/pebble/accounts/default/key.pem" 600
    assert_mode "$SPOOL/cas/pebble/accounts/default" 700
    add_client web1 '**.example.test'
    assert_mode "$SPOOL/clients/web1/eab/$(eab_kid web1).json" 640
    registered web1
    raw web1 order a-zq.example.test
    local secrets
    secrets=$(find "$SPOOL/secrets" -type f -printf '%m\n' | sort -u)
    # The group is agent.fcgi's alone, which checks nonces with them.
    assert_equal "$secrets" 640 'the mode of secrets/*'
}

@test "a client may use the CAs that its policy names" {
    acmeproxy ca add second "$(proxy_url)" >/dev/null
    add_client web1 '**.example.test'
    registered web1
    local second
    second=$(front_url)/gateway/second
    curl --silent --fail --cacert "$(tls_ca)" "$second/directory" | grep -qF "$second/new-order"
    expect 403 unauthorized '' web1 post "$second/new-order" \
        '{"identifiers":[{"type":"dns","value":"a-zq.example.test"}]}'
    add_client web2 '**.example.test' -- --ca second
    registered web2
    expect 201 - - web2 post "$second/new-order" \
        '{"identifiers":[{"type":"dns","value":"a-zq.example.test"}]}'
    assert_header location "^$second/order/"
    run curl --silent --cacert "$(tls_ca)" "$(front_url)/gateway/none/directory"
    assert_output 'urn:ietf:params:acme:error'
}

@test "a client with an account of its own does not share the CA's" {
    add_client web1 '**.example.test' -- --own-account
    registered web1
    expect 503 serverInternal 'no account' web1 order a-zq.example.test
    # The renewer makes it, and once.
    acmeproxy renew
    issue web1 a-zq.example.test
    assert_issued_to web1 a-zq.example.test
    local before
    before=$(<"$SPOOL/cas/pebble/accounts/web1/key.pem")
    [[ $before != "$(<"$SPOOL/cas/pebble/accounts/default/key.pem")" ]]
    forget_requests
    acmeproxy renew
    assert_equal "$before" "$(<"$SPOOL/cas/pebble/accounts/web1/key.pem")" 'the key'
    assert_equal "$(proxy_requests .)" 0 'the number of requests to the CA'
    assert_mode "$SPOOL/cas/pebble/accounts/web1/key.pem" 600
    # Who has the certificate's key need not know of it.
    raw web1 post revokeCert "$(revocation web1 1)" --key-file "$(key_file web1)"
    assert_revoked "$(certificate_file web1)" 1
}

@test "what the CA does not let its account revoke is refused, and no fault of the gateway" {
    add_client web1 '**.example.test'
    registered web1
    issue web1 a-zq.example.test
    acmeproxy client set web1 --own-account
    acmeproxy renew
    expect 403 unauthorized 'own key' web1 post revokeCert "$(revocation web1)"
    expect 200 - - web1 post revokeCert "$(revocation web1)" --key-file "$(key_file web1)"
    assert_revoked "$(certificate_file web1)" 0
}

@test "a client is given an account of its own in mid-order, and it is taken back" {
    add_client web1 '**.example.test'
    registered web1
    issue web1 a-zq.example.test
    raw web1 order b-zq.example.test
    acmeproxy client set web1 --own-account
    # What was begun goes on with the account that began it.
    raw web1 finalize --key-out "$(key_file web1)"
    raw web1 poll
    expect 503 serverInternal 'no account' web1 order c-zq.example.test
    acmeproxy renew
    issue web1 c-zq.example.test
    acmeproxy client set web1 --no-own-account
    mv "$SPOOL/cas/pebble/accounts/web1" "$BATS_TEST_TMPDIR/own"
    issue web1 d-zq.example.test
    assert_issued_to web1 d-zq.example.test
}

@test "removed clients are gone at once" {
    add_client web1 '**.example.test'
    registered web1
    acmeproxy client remove web1
    expect 400 accountDoesNotExist '' web1 order a-zq.example.test
    expect 400 accountDoesNotExist '' web1 register --existing
}
