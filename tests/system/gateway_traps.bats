#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What bites ACME servers, one test each, with the raw client: what stock clients insist on, and
# improper requests. Security bugs that other servers have had are in gateway_doors.bats.

load gateway_file

setup_file() {
    begin_gateway PEBBLE_ALTERNATE_ROOTS=1 && start_front lighttpd
}

setup() {
    fresh_gateway
    add_client web1 '**.example.test'
}

@test "a new order is 201 with its own URL, one authorization a name, and the names as sent" {
    registered web1
    expect 201 - - web1 order A-zq.Example.test b-zq.example.test
    assert_header location "^$(front_url)/gateway/order/[A-Za-z0-9_-]+$"
    assert_equal "$(answer '.body.identifiers | map(.value) | join(" ")')" \
        'A-zq.Example.test b-zq.example.test' 'the list of names'
    assert_equal "$(answer '.body.authorizations | length')" 2 'the number of authorizations'
    assert_equal "$(answer '.body.authorizations | map(type) | unique | join(" ")')" string
    assert_equal "$(answer .body.status)" ready 'the status'
    # Some clients fetch the order at once.
    expect 200 - - web1 post order
    assert_equal "$(answer .body.status)" ready 'the status'
}

@test "newNonce answers HEAD with 200 and GET with 204, and may not be cached" {
    run raw web1 get newNonce --method HEAD
    assert_answer 200
    assert_header replay-nonce '^[A-Za-z0-9_-]+$'
    assert_header cache-control 'no-store'
    run raw web1 get newNonce
    assert_answer 204
    assert_header replay-nonce '^[A-Za-z0-9_-]+$'
    assert_header link "^<$(gateway_directory)>;rel=\"index\"$"
}

@test "directory and newNonce answer a POST-as-GET that is signed" {
    registered web1
    expect 200 - - web1 post "$(gateway_directory)"
    assert_equal "$(answer .body.newOrder)" "$(front_url)/gateway/new-order" 'the URL of newOrder'
    expect 204 - - web1 post newNonce
    assert_header replay-nonce '^[A-Za-z0-9_-]+$'
    expect 401 unauthorized 'signature' web1 post "$(gateway_directory)" --break-signature
    expect 401 unauthorized 'signature' web1 post newNonce --break-signature
}

@test "each answer to a POST has a fresh nonce, errors have one, too" {
    local nonces=() words
    registered web1
    for words in 'post account' 'post account --no-nonce' 'post newOrder []' 'order none-zq.test' \
        'post https://x/gateway/order/none' 'post account --break-signature'; do
        # shellcheck disable=SC2086  # words
        run raw web1 ${words/https:\/\/x/$(front_url)}
        nonces+=("$(answer '."headers"."replay-nonce" | join(" ")')")
    done
    assert_equal "$(printf '%s\n' "${nonces[@]}" | sort -u | grep -cE '^[A-Za-z0-9_-]+$')" 6 \
        'the number of nonces'
}

@test "a bad nonce is 400 badNonce with the text that acme.sh looks for" {
    registered web1
    expect 400 badNonce '^JWS has an invalid anti-replay nonce' web1 post account --used-nonce
    expect 400 badNonce '^JWS has an invalid anti-replay nonce' web1 post account --nonce abcd
    expect 400 malformed 'nonce' web1 post account --nonce 'no base64url!'
    expect 400 badNonce 'nonce' web1 post account --no-nonce
    # The nonce of the error is good.
    expect 200 - - web1 post account
}

@test "onlyReturnExisting comes before the binding: uacme asks so first" {
    expect 400 accountDoesNotExist 'no account' web1 register --existing
    registered web1
    local kid
    kid=$(raw_state web1 .kid)
    expect 200 - - web1 register --existing
    assert_header location "^$kid$"
    # The key without the word, and without a binding: the same account.
    expect 200 - - web1 register
    assert_header location "^$kid$"
}

@test "external account binding by HS256, HS384 and HS512, as often as keys are lost" {
    local mac
    [[ $(eab_kid web1) =~ ^[A-Za-z0-9._-]+$ ]]
    [[ $(eab_key web1) =~ ^[A-Za-z0-9_-]{43}$ ]]
    for mac in HS256 HS384 HS512; do
        expect 201 - - "lost-$mac" register --kid "$(eab_kid web1)" --key="$(eab_key web1)" \
            --mac "$mac"
    done
    expect 201 - - p384 register --curve P-384 --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    expect 200 - - p384 post account
    assert_equal "$(acmeproxy client list --json | jq -r '.[0].accounts | length')" 4 'the number of accounts'
}

@test "a binding to another url or key, or by a wrong key, is refused" {
    local eab=(--kid "$(eab_kid web1)" --key="$(eab_key web1)")
    expect 403 externalAccountRequired 'EAB' web1 register
    expect 400 malformed 'another url' web1 register "${eab[@]}" --eab-url https://else.test/
    expect 403 unauthorized 'not valid' web1 register "${eab[@]}" --eab-other-key
    expect 403 unauthorized 'not valid' web1 register --kid "$(eab_kid web1)" --key YWJj
    expect 403 unauthorized 'not valid' web1 register --kid web1.AAAAAAAAAAAAAAAAAAAAAA \
        --key="$(eab_key web1)"
    expect 403 unauthorized 'not valid' web1 register --kid ../../x --key="$(eab_key web1)"
    # None of them has used up anything.
    expect 201 - - web1 register "${eab[@]}"
}

@test "a key for one account makes one, an expired and a revoked one make none" {
    add_eab web1 --once
    registered web1
    expect 403 unauthorized 'was used' other register --kid "$(eab_kid web1)" \
        --key="$(eab_key web1)"
    add_eab web1 --expires 1s
    sleep 1.1
    expect 403 unauthorized 'not valid' other register --kid "$(eab_kid web1)" \
        --key="$(eab_key web1)"
    add_eab web1
    acmeproxy client eab revoke "$(eab_kid web1)"
    expect 403 unauthorized 'not valid' other register --kid "$(eab_kid web1)" \
        --key="$(eab_key web1)"
}

@test "content types are exactly those of the RFC" {
    run raw web1 get
    assert_header content-type '^application/json$'
    registered web1
    expect 400 malformed '' web1 post newOrder '[]'
    assert_header content-type '^application/problem\+json$'
    issue web1 c-zq.example.test
    run raw web1 certificate
    assert_header content-type '^application/pem-certificate-chain$'
    assert_issued_to web1 c-zq.example.test
}

@test "links: index everywhere, up at challenges, alternates under URLs of the gateway" {
    registered web1
    raw web1 order l-zq.example.test
    raw web1 post authorization
    run raw web1 post challenge '{}'
    assert_answer 200
    assert_equal "$(answer '.headers.link | map(select(contains("\"up\""))) | join(" ")')" \
        "<$(raw_state web1 '.authorizations[0]')>;rel=\"up\""
    issue web1 l2-zq.example.test
    run raw web1 certificate
    assert_equal "$(answer '.headers.link | map(select(contains("\"index\""))) | length')" 1
    local alternate
    alternate=$(answer '.headers.link[] | select(contains("alternate"))')
    [[ $alternate =~ ^\<($(front_url)/gateway/cert/[A-Za-z0-9_-]+)\>\;rel=\"alternate\"$ ]] ||
        fail "no alternate of ours: $alternate"
    expect 200 - - web1 post "${BASH_REMATCH[1]}"
    answer .body >"$BATS_TEST_TMPDIR/alternate-chain.pem"
    assert_equal "$(openssl x509 -noout -serial -in "$BATS_TEST_TMPDIR/alternate-chain.pem")" \
        "$(openssl x509 -noout -serial -in "$(certificate_file web1)")"
    refute_output "$(proxy_url | sed 's|/dir||')"
}

@test "a challenge of a valid authorization can be posted to again and again" {
    registered web1
    raw web1 order p-zq.example.test
    run raw web1 post authorization
    assert_equal "$(answer '.body.challenges | length')" 1 'the number of challenges'
    assert_equal "$(answer '.body.challenges[0] | keys | join(" ")')" \
        'status token type url validated'
    for _ in 1 2; do
        expect 200 - - web1 post challenge '{}'
        assert_equal "$(answer .body.status)" valid 'the status'
    done
}

@test "finalize is 200 with the order's URL, shows no ready order, and can be repeated" {
    registered web1
    raw web1 order f-zq.example.test
    run raw web1 finalize --key-out "$(key_file web1)"
    assert_answer 200
    assert_header location "^$(raw_state web1 .order)$"
    [[ $(answer .body.status) =~ ^(processing|valid)$ ]]
    run raw web1 poll
    assert_equal "$(answer .body.status)" valid 'the status'
    # Some clients poll the finalize URL.
    expect 200 - - web1 post finalize
    assert_equal "$(answer .body.status)" valid 'the status'
    expect 403 orderNotReady 'another key' web1 finalize
    assert_equal "$(answer .status)" 403
}

@test "409 of the CA is no 409 here: certbot would take it for a conflict of accounts" {
    registered web1
    inject path=^/order-plz times=1 status=409 problem=malformed
    expect 400 malformed '' web1 order n-zq.example.test
}

@test "requests without CN, padded, and in capitals are good" {
    registered web1
    raw web1 order r-zq.example.test
    expect 200 - - web1 finalize R-ZQ.example.TEST --padded --cn r-zq.EXAMPLE.test \
        --key-out "$(key_file web1)"
    raw web1 poll
    raw web1 certificate --out "$(certificate_file web1)"
    assert_pair "$(certificate_file web1)" "$(key_file web1)"
    # Pebble keeps the case of the request.
    assert_equal "$(certificate_names "$(certificate_file web1)" | tr A-Z a-z)" \
        dns:r-zq.example.test
}

@test "a request that is not for the order's names alone is refused, and the CA not asked" {
    local words
    registered web1
    raw web1 order s-zq.example.test t-zq.example.test
    for words in s-zq.example.test 's-zq.example.test u-zq.example.test' \
        's-zq.example.test t-zq.example.test u-zq.example.test' \
        's-zq.example.test t-zq.example.test email:x@t-zq.example.test' \
        's-zq.example.test t-zq.example.test uri:http://t-zq.example.test' \
        's-zq.example.test t-zq.example.test other:t-zq.example.test' \
        's-zq.example.test t-zq.example.test ip:127.0.0.1' \
        's-zq.example.test t-zq.example.test --cn u-zq.example.test' \
        's-zq.example.test t-zq.example.test --account-key' \
        's-zq.example.test t-zq.example.test --broken'; do
        # shellcheck disable=SC2086  # words
        expect 400 badCSR '' web1 finalize $words
    done
    expect 400 badCSR '' web1 post finalize '{"csr":"MAA"}'
    expect 400 badCSR 'base64url' web1 post finalize '{"csr":"!"}'
    expect 400 malformed 'csr' web1 post finalize '{}'
    assert_equal "$(proxy_requests 'POST /finalize')" 0 'the number of finalizations at the CA'
    # The order has not suffered.
    expect 200 - - web1 finalize
}

@test "deactivating an authorization is answered, and others keep theirs" {
    registered web1
    raw web1 order d-zq.example.test
    add_client web2 '**.example.test'
    registered web2
    raw web2 order d-zq.example.test
    expect 200 - - web1 deactivate authorization
    assert_equal "$(answer .body.status)" deactivated 'the status'
    # They share the account at the CA.
    expect 200 - - web2 post authorization
    assert_equal "$(answer .body.status)" valid 'the status'
    expect 200 - - web2 finalize
    expect 200 - - web1 finalize
}

# Pebble calls such an order deactivated, which RFC 8555 does not know (section 7.1.6).
@test "an order whose authorization was deactivated at the CA is invalid, and says why" {
    local reason='the authorization is deactivated'
    add_client own1 '**.example.test' -- --own-account
    acmeproxy renew
    registered own1
    raw own1 order d-zq.example.test
    expect 200 - - own1 deactivate authorization
    assert_equal "$(answer .body.status)" deactivated 'the status'
    expect 200 - - own1 post order
    assert_equal "$(answer .body.status)" invalid "the order's status"
    assert_equal "$(answer .body.error.detail)" "$reason" 'the reason'
    expect 403 orderNotReady "$reason" own1 finalize
    assert_equal "$(answer '.body.subproblems[0].type')" urn:ietf:params:acme:error:unauthorized \
        'the type of the subproblem'
    # Another order is another authorization.
    raw own1 order d-zq.example.test
    expect 200 - - own1 finalize
    assert_clean_spool
}

@test "what the CA does not offer is not in the directory" {
    inject path=^/dir 'sub="renewalInfo"=>"x"' 'sub="profiles"=>"y"'
    run raw web1 get
    assert_equal "$(answer '.body | has("renewalInfo")')" false
    assert_equal "$(answer '.body.meta | has("profiles")')" false
    assert_equal "$(answer '.body.meta.externalAccountRequired')" true
    assert_equal "$(answer '.body | [.newNonce, .newAccount, .newOrder, .revokeCert, .keyChange] |
        map(startswith("'"$(front_url)"'/")) | all')" true
}

@test "plain GET of what needs a signature is 405, another content type 415" {
    local target
    registered web1
    raw web1 order g-zq.example.test
    raw web1 post authorization
    issue web1 g-zq.example.test
    for target in newOrder newAccount order authorization challenge finalize certificate account; do
        expect 405 malformed 'POST' web1 get "$target"
        assert_header allow POST
    done
    expect 415 malformed 'jose' web1 post order --content-type application/json
    expect 200 - - web1 post order --content-type 'Application/JOSE+json; charset=utf-8'
}

@test "a URL that is unknown, damaged or of another kind is 404, and not malformed" {
    registered web1
    raw web1 order v-zq.example.test
    local order
    order=$(raw_state web1 .order)
    for target in "${order%?????}AAAAA" "${order%???}" "${order/order/authz}" "${order/order/cert}" \
        "$(front_url)/gateway/order/x" "$(front_url)/gateway/order/"; do
        expect 404 unauthorized 'no such' web1 post "$target"
    done
}

@test "a JWS must have exactly one of jwk and kid, its own url, and a sound signature" {
    registered web1
    raw web1 order j-zq.example.test >/dev/null
    expect 400 malformed 'exactly one' web1 post order --both
    expect 400 malformed 'exactly one' web1 post order --neither
    expect 400 malformed 'kid' web1 post order --as-jwk
    expect 400 malformed 'jwk' web1 post newAccount '{}'
    expect 401 unauthorized 'url' web1 post order --signed-url "$(front_url)/gateway/new-order"
    expect 401 unauthorized 'url' web1 post order --signed-url "https://else.test/"
    expect 401 unauthorized 'signature' web1 post order --break-signature
    expect 400 accountDoesNotExist '' web1 post order --as-kid "$(front_url)/auth/account/web1.x"
    expect 400 accountDoesNotExist '' web1 post order --as-kid https://else.test/auth/account/web1
    for alg in none HS256 RS512 es256; do
        expect 400 badSignatureAlgorithm '' web1 post order --alg "$alg"
        assert_equal "$(answer '.body.algorithms | index("ES256") != null')" true
    done
    expect 401 unauthorized 'signature' web1 post order --alg ES384
    expect 200 - - web1 post order
}

@test "padded base64url in an envelope is refused as the RFC has it" {
    registered web1
    expect 400 malformed '' web1 post newOrder \
        '{"identifiers":[{"type":"dns","value":"ab-zq.example.test"}]}' --pad
}

@test "the same body again is a bad nonce, a new order for the same names is harmless" {
    registered web1
    run raw web1 order o-zq.example.test --keep "$BATS_TEST_TMPDIR/kept"
    assert_answer 201
    for _ in 1 2 3; do
        expect 400 badNonce '' web1 resend "$BATS_TEST_TMPDIR/kept"
    done
    issue web1 o-zq.example.test
    assert_issued_to web1 o-zq.example.test
}

@test "keys can be changed, accounts updated and deactivated" {
    registered web1
    expect 200 - - web1 post account '{"contact":["mailto:new@example.test"]}'
    assert_equal "$(answer '.body.contact[0]')" mailto:new@example.test
    jq '.key' "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/old-key"
    raw web1 order a-zq.example.test
    expect 200 - - web1 key-change
    expect 200 - - web1 post account
    # What was begun with the old key goes on with the new one.
    expect 200 - - web1 post authorization
    expect 200 - - web1 finalize
    run raw web1 poll
    assert_equal "$(answer .body.status)" valid 'the status'
    # The old key is worth nothing any more.
    jq --slurpfile key "$BATS_TEST_TMPDIR/old-key" '.key = $key[0] | .nonces = []' \
        "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-old.json"
    expect 401 unauthorized '' old post account
    # A key that is another account's is refused, and that one named.
    add_client web2 b.example.test
    registered web2
    jq --slurpfile other "$BATS_TEST_TMPDIR/raw-web2.json" '.next_key = $other[0].key | .nonces = []' \
        "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-both.json"
    expect 409 malformed '' both key-change
    assert_header location "^$(raw_state web2 .kid)$"
    expect 200 - - web1 deactivate
    expect 401 unauthorized 'deactivated' web1 post account
    expect 401 unauthorized 'deactivated' web1 order a-zq.example.test
}

@test "hostile JSON is refused without harm" {
    registered web1
    local deep
    deep=$(printf '[%.0s' {1..5000})
    expect 400 malformed '' web1 post newOrder "$deep"
    expect 400 malformed '' web1 post newOrder '{"identifiers":[]}'
    expect 400 malformed '' web1 post newOrder '{"identifiers":[{}]}'
    expect 400 malformed '' web1 post newOrder '{"identifiers":[],"identifiers":[]}'
    expect 400 unsupportedIdentifier '' web1 post newOrder \
        '{"identifiers":[{"type":"email","value":"x@a-zq.test"}]}'
    expect 400 malformed '' web1 post newOrder '"text"'
    expect 200 - - web1 post account
    local body code
    for body in '' '{' '{}' '[]' '{"protected":"","payload":"","signature":""}' "$deep"; do
        code=$(curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$(tls_ca)" \
            --header 'Content-Type: application/jose+json' --data-raw "$body" \
            "$(front_url)/gateway/new-order")
        assert_equal "$code" 400 "the answer to '${body:0:40}'"
    done
    head -c 200000 /dev/zero | tr '\0' 'a' >"$BATS_TEST_TMPDIR/large"
    local path
    for path in /gateway/new-order /auth/new-account; do
        code=$(curl --silent --output "$BATS_TEST_TMPDIR/said" --dump-header \
            "$BATS_TEST_TMPDIR/headers" --write-out '%{http_code}' --cacert "$(tls_ca)" \
            --header 'Content-Type: application/jose+json' \
            --data-binary @"$BATS_TEST_TMPDIR/large" "$(front_url)$path")
        assert_equal "$code" 413 'the answer to a body that is too large'
        # As to any other POST.
        assert_equal "$(jq -r .type "$BATS_TEST_TMPDIR/said")" \
            urn:ietf:params:acme:error:malformed 'the type'
        grep -qi '^replay-nonce: ' "$BATS_TEST_TMPDIR/headers"
    done
}
