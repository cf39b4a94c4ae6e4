#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Each web server passes on what clients look at, as it is: status, headers, links, the problem.
# With the raw client, which sees all of it; gateway_refusals.bats has what users see.

load gateway_file

setup_file() {
    begin_gateway PEBBLE_ALTERNATE_ROOTS=1 && start_front lighttpd && start_front apache &&
        start_front nginx
}

# lines_of NAME: the lines of this header.
lines_of() { answer ".headers.\"$1\" // [] | .[]"; }

# one HEADER REGEX: it is there once.
one() {
    local lines
    lines=$(lines_of "$1")
    [[ $lines =~ $2 && $lines != *$'\n'* ]] || fail "not one $1: $2 in $output"
}

# relations: of the links. Apache puts all links into one line.
relations() { lines_of link | sed 's/, </\n</g' | sed 's/.*;//' | sort | paste -sd ' '; }

# --- what is answered -----------------------------------------------------------------------

answers() {
    local index
    fresh_gateway "$1" 'gateway-wait = 0'
    add_client web1 '**.example.test'
    registered web1
    index="^<$(gateway_directory)>;rel=\"index\"$"
    run raw web1 get
    assert_answer 200
    one content-type '^application/json$'
    run raw web1 get newNonce --method HEAD
    assert_answer 200
    one replay-nonce '^[A-Za-z0-9_-]+$'
    one cache-control '^no-store$'
    one link "$index"
    run raw web1 get newNonce
    assert_answer 204
    one replay-nonce '^[A-Za-z0-9_-]+$'
    one cache-control '^no-store$'
    # The CA takes its time to validate, and to issue.
    inject 'path=^/(authZ|my-order)/' 'sub="status": *"(valid|ready)"=>"status":"pending"'
    expect 201 - - web1 order a-zq.example.test b-zq.example.test
    assert_equal "$(answer .body.status)" pending 'the status'
    one location "^$(front_url)/gateway/order/[A-Za-z0-9_-]+$"
    one replay-nonce '^[A-Za-z0-9_-]+$'
    one retry-after '^[0-9]+$'
    one link "$index"
    expect 403 orderNotReady '' web1 finalize
    expect 200 - - web1 post "$(raw_state web1 '.authorizations[1]')"
    expect 200 - - web1 post challenge '{}'
    assert_equal "$(relations)" 'rel="index" rel="up"'
    no_faults
    wait_until 10 is_ready web1
    inject 'path=^/(finalize-order|my-order)/' 'sub="status": *"valid"=>"status":"processing"' \
        'sub="certificate": *"[^"]*",?=>' 'sub=,\s*}=>}'
    expect 200 - - web1 finalize --key-out "$(key_file web1)"
    assert_equal "$(answer .body.status)" processing 'the status'
    one location "^$(raw_state web1 .order)$"
    one retry-after '^[0-9]+$'
    no_faults
    raw web1 poll
    expect 200 - - web1 certificate --out "$(certificate_file web1)"
    one content-type '^application/pem-certificate-chain$'
    assert_equal "$(relations)" 'rel="alternate" rel="index"'
    assert_issued_to web1 a-zq.example.test b-zq.example.test
    expect 200 - - web1 post revokeCert "$(revocation web1)"
    assert_clean_spool
}
is_ready() { [[ $(raw "$1" post order | jq -r .body.status) == ready ]]; }

@test "what is answered passes lighttpd" { answers lighttpd; }
@test "what is answered passes Apache" { answers apache; }
@test "what is answered passes nginx" { answers nginx; }

# --- what is refused ------------------------------------------------------------------------

# the_ca_says PATH TYPE STATUS: with a subproblem, and a time to wait.
the_ca_says() {
    local file=$BATS_TEST_TMPDIR/problem.json
    no_faults
    jq -nc --arg type "urn:ietf:params:acme:error:$2" '{type: $type, detail: "no",
        subproblems: [{type: $type, detail: "not this one",
            identifier: {type: "dns", value: "a-zq.example.test"}}]}' >"$file"
    inject "path=^/$1" times=1 "status=$3" "body=@$file" type=application/problem+json \
        retry-after=77
}

# is_refused STATUS TYPE REGEX RAW-ARGUMENT...
is_refused() {
    local problem="$1 $1 urn:ietf:params:acme:error:$2 application/problem+json 1 " regex=$3 seen
    run raw "${@:4}"
    seen=$(answer '[.status, .body.status, .body.type, .headers."content-type"[],
        (.headers."replay-nonce" | length), .body.detail] | join(" ")')
    [[ $seen == "$problem"* && $seen =~ $regex ]] || fail "not $problem: $output"
}

refuses() {
    local path type code
    fresh_gateway "$1"
    add_client web1 '**.example.test' -- --quota 1/day
    add_client web2 '**.example.test' '**.blocked.test' '**.unreachable.test'
    registered web1
    registered web2
    is_refused 403 externalAccountRequired EAB new register
    is_refused 400 badNonce 'anti-replay' web1 post account --used-nonce
    is_refused 415 malformed jose web1 post account --content-type application/json
    is_refused 404 unauthorized 'no such' web1 post "$(front_url)/gateway/order/x"
    expect 405 malformed POST web1 get newOrder
    one allow '^POST$'
    jq --slurpfile other "$BATS_TEST_TMPDIR/raw-web2.json" '.next_key = $other[0].key | .nonces = []' \
        "$BATS_TEST_TMPDIR/raw-web1.json" >"$BATS_TEST_TMPDIR/raw-both.json"
    is_refused 409 malformed '' both key-change
    one location "^$(raw_state web2 .kid)$"
    is_refused 403 rejectedIdentifier 'wildcards are not allowed' web1 order '*.a-zq.example.test'
    is_refused 403 rejectedIdentifier 'may not' web1 order a-zq.example.test b-zq.other.test
    assert_equal "$(answer '.body.subproblems[0].identifier.value')" b-zq.other.test
    is_refused 400 rejectedIdentifier '' web2 order a-zq.blocked.test
    expect 201 - - web2 order a-zq.unreachable.test
    assert_equal "$(answer .body.status)" invalid 'the status'
    expect 201 - - web2 order a-zq.example.test
    while read -r path type code; do
        the_ca_says "$path" "$type" "$code"
        case $path in
        order-plz) is_refused "$code" "$type" no web2 order a-zq.example.test ;;
        *) is_refused "$code" "$type" no web2 finalize ;;
        esac
        assert_equal "$(answer '.body.subproblems[0].identifier.value')" a-zq.example.test
        [[ $type != rateLimited ]] || one retry-after '^77$'
    done <<'END'
finalize-order caa 403
order-plz unauthorized 403
order-plz rejectedIdentifier 400
order-plz rateLimited 429
END
    no_faults
    inject path=^/order-plz times=9 status=503 retry-after=9 body=html
    is_refused 503 serverInternal '' web2 order a-zq.example.test
    one retry-after '^[0-9]+$'
    no_faults
    expect 201 - - web1 order a-zq.example.test
    is_refused 429 rateLimited '1 order' web1 order d-zq.example.test
    one retry-after '^[1-9][0-9]*$'
    acmeproxy client disable web1
    is_refused 403 unauthorized disabled web1 finalize
    acmeproxy client enable web1
    acmeproxy client eab revoke "$(eab_kid web1)"
    is_refused 401 unauthorized revoked web1 finalize
    assert_clean_spool
}

@test "what is refused passes lighttpd" { refuses lighttpd; }
@test "what is refused passes Apache" { refuses apache; }
@test "what is refused passes nginx" { refuses nginx; }
