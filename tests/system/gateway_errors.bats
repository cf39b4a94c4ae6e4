#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The CA refuses: clients get its problem with type, detail and subproblems; what the CA says of
# our own account or requests is the operator's business.

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd
}

setup() {
    fresh_gateway lighttpd 'gateway-wait = 15'
    add_client web1 '**.'{example,unreachable,unresolved,blocked}.test
    registered web1
}

# problem TYPE DETAIL [MEMBERS]: a problem document of a CA in a file, whose name is printed.
problem() {
    local file=$BATS_TEST_TMPDIR/problem.json
    jq -nc --arg type "urn:ietf:params:acme:error:$1" --arg detail "$2" \
        "{type: \$type, detail: \$detail} + ${3:-{\}}" >"$file"
    echo "$file"
}

# the_ca_answers PATH STATUS FILE [RULE...]
the_ca_answers() {
    inject "path=$1" "status=$2" "body=@$3" type=application/problem+json "${@:4}"
}

@test "a failed validation is the CA's own problem, at once" {
    local start=$SECONDS
    expect 201 - - web1 order a-zq.unreachable.test
    assert_equal "$(answer .body.status)" invalid 'the status'
    assert_equal "$(answer .body.error.type)" urn:ietf:params:acme:error:connection
    [[ $(answer .body.error.detail) == *refused* ]]
    ((SECONDS - start < 12)) || fail 'it was waited for'
    run raw web1 post authorization
    assert_equal "$(answer .body.status)" invalid 'the status of the authorization'
    assert_equal "$(answer '.body.challenges[0].error.type')" urn:ietf:params:acme:error:connection
    expect 403 orderNotReady '' web1 finalize
    assert_clean_spool
}

@test "of several names, each failed one has its subproblem" {
    expect 201 - - web1 order a-zq.example.test b-zq.unreachable.test c-zq.unresolved.test
    assert_equal "$(answer .body.status)" invalid 'the status'
    assert_equal "$(answer '.body.error.subproblems | map(.identifier.value) | sort | join(" ")')" \
        'b-zq.unreachable.test c-zq.unresolved.test'
    assert_clean_spool
}

@test "unauthorized with subproblems" {
    the_ca_answers ^/order-plz 403 "$(problem unauthorized 'no permission' '{subproblems: [
        {type: "urn:ietf:params:acme:error:unauthorized", detail: "not this one",
         identifier: {type: "dns", value: "b-zq.example.test"}}]}')"
    expect 403 unauthorized 'no permission' web1 order a-zq.example.test b-zq.example.test
    assert_equal "$(answer '.body.subproblems[0].identifier.value')" b-zq.example.test
    assert_equal "$(answer '.body.subproblems[0].detail')" 'not this one'
}

@test "rejectedIdentifier" {
    # Pebble's own block list.
    expect 400 rejectedIdentifier '' web1 order a-zq.blocked.test
}

@test "caa" {
    the_ca_answers ^/finalize-order 403 "$(problem caa 'CAA forbids it' '{subproblems: [
        {type: "urn:ietf:params:acme:error:caa", detail: "issue \";\"",
         identifier: {type: "dns", value: "a-zq.example.test"}}]}')"
    raw web1 order a-zq.example.test
    expect 403 caa 'CAA forbids it' web1 finalize
    assert_equal "$(answer '.body.subproblems[0].type')" urn:ietf:params:acme:error:caa
    no_faults
    # The order is as it was.
    expect 200 - - web1 finalize
}

@test "rateLimited with Retry-After in seconds and as a date" {
    inject path=^/order-plz times=1 problem=rateLimited retry-after=77 'detail=too many'
    expect 429 rateLimited 'too many' web1 order a-zq.example.test
    assert_header retry-after '^77$'
    no_faults
    inject path=^/order-plz times=1 problem=rateLimited retry-after-date=500 'detail=too many'
    expect 429 rateLimited 'too many' web1 order a-zq.example.test
    assert_header retry-after '^(49[0-9]|500)$'
    no_faults
    expect 201 - - web1 order a-zq.example.test
}

@test "a CA that is too busy, in HTML" {
    inject path=^/order-plz times=9 status=503 retry-after=9 body=html
    run raw web1 order a-zq.example.test
    assert_answer 503
    assert_header retry-after '^[0-9]+$'
    refute_output '<html>'
}

@test "badNonce of the CA is no client's business" {
    inject path=^/order-plz times=1 problem=badNonce
    expect 201 - - web1 order a-zq.example.test
    no_faults
    inject path=^/order-plz problem=badNonce
    expect 500 serverInternal 'operator' web1 order a-zq.example.test
}

@test "a type of a namespace that is not ACME's does not reach clients" {
    the_ca_answers ^/order-plz 403 "$(problem 'x:y z' 'no')"
    run raw web1 order a-zq.example.test
    assert_answer 403 unauthorized no
}

@test "what is no certificate and no order is not handed on" {
    raw web1 order a-zq.example.test
    raw web1 finalize
    raw web1 poll
    inject path=^/certZ/ 'body=text:no certificate' status=200 type=text/plain
    run raw web1 certificate
    (($(answer .status) >= 500)) || fail "$output"
    no_faults
    inject path=^/certZ/ 'sub=CERTIFICATE=>PRIVATE KEY'
    run raw web1 certificate
    (($(answer .status) >= 500)) || fail "$output"
    refute_output 'PRIVATE KEY'
    no_faults
    expect 200 - - web1 certificate
    inject path=^/my-order/ body=text:nonsense status=200 type=application/json
    expect 500 serverInternal '' web1 post order
}

@test "an order that is gone at the CA is 404" {
    raw web1 order a-zq.example.test
    the_ca_answers ^/my-order/ 404 "$(problem malformed 'no such order')"
    expect 404 unauthorized 'no such order' web1 post order
}

@test "a CA that answers nothing is 503 with Retry-After, and in time" {
    inject path=^/order-plz drop=before
    expect 503 serverInternal 'cannot be reached' web1 order a-zq.example.test
    assert_header retry-after '^[0-9]+$'
}

@test "revocation by the account, and by the certificate's key" {
    issue web1 a-zq.example.test
    local payload
    payload=$(revocation web1)
    add_client other '**.elsewhere.test'
    registered other
    expect 403 unauthorized '' other post revokeCert "$payload"
    issue other a-zq.elsewhere.test
    expect 200 - - web1 post revokeCert "$payload"
    assert_revoked "$(certificate_file web1)" 0
    # Once more: the CA says so, and 409 is not for this.
    expect 400 alreadyRevoked '' web1 post revokeCert "$payload"
    issue web1 a-zq.example.test
    payload=$(revocation web1)
    expect 403 unauthorized '' web1 post revokeCert "$payload" --key-file "$(key_file other)"
    expect 200 - - web1 post revokeCert "$payload" --key-file "$(key_file web1)"
    assert_revoked "$(certificate_file web1)" 0
}
