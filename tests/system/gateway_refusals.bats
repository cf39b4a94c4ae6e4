#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is refused, by the gateway or by the CA, and what the user of each client is told. The
# fronts take turns. gateway_doors.bats and gateway_errors.bats have more, with the raw client.

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    trust_front
}

# orders_at_ca N: so many orders have been placed.
orders_at_ca() { assert_equal "$(proxy_requests 'POST /order-plz')" "$1" 'orders at the CA'; }

# --- the gateway refuses --------------------------------------------------------------------

refused_names() {
    client_of "$1"
    refused 'wildcards are not allowed for this client' order '*.a-zq.example.test'
    refused 'a-zq\.other\.test.*may not have it' order a-zq.other.test
    # Of several, the one is named that it is about.
    refused 'c-zq\.other\.test.*may not have it' order b-zq.example.test c-zq.other.test
    refute_output 'b-zq\.example\.test: this client may not have it'
    orders_at_ca 0
    ordered d-zq.example.test
    assert_clean_spool
}

@test "certbot: names and wildcards that it may not have" { CLIENT=certbot refused_names nginx; }
@test "lego: names and wildcards that it may not have" { CLIENT=lego refused_names apache; }
@test "acmeproxy: names and wildcards that it may not have" { CLIENT=own refused_names lighttpd; }

used_up_quota() {
    need_client
    fresh_gateway "$1"
    add_client web1 '**.example.test' -- --quota 2/day
    ordered a-zq.example.test
    renewed a-zq.example.test
    refused 'rateLimited.*2 orders' order b-zq.example.test
    refused 'rateLimited.*2 orders' renew
    orders_at_ca 2
    assert_clean_spool
}

@test "certbot: a quota that is used up" { CLIENT=certbot used_up_quota lighttpd; }
@test "lego: a quota that is used up" { CLIENT=lego used_up_quota nginx; }
@test "acmeproxy: a quota that is used up" { CLIENT=own used_up_quota apache; }

# lose_all: the client is new again.
lose_all() { rm -rf "${BATS_TEST_TMPDIR:?}/$CLIENT" "$BATS_TEST_TMPDIR"/inside{,.conf}; }

revoked_key() {
    client_of "$1"
    ordered a-zq.example.test
    acmeproxy client eab revoke "$(eab_kid web1)"
    refused 'unauthorized.*revoked' renew
    refused 'unauthorized.*revoked' order b-zq.example.test
    # It is no key to register with, either.
    lose_all
    refused 'external account binding is not valid' order c-zq.example.test
    orders_at_ca 1
    lose_all
    add_eab web1
    ordered c-zq.example.test
    assert_clean_spool
}

@test "certbot: a key that is revoked" { CLIENT=certbot revoked_key apache; }
@test "lego: a key that is revoked" { CLIENT=lego revoked_key lighttpd; }
@test "acmeproxy: a key that is revoked" { CLIENT=own revoked_key nginx; }

# The order is at the CA when the client is disabled; what it asks for next is refused.
disabled_in_mid_order() {
    client_of "$1"
    inject path=^/order-plz times=1 "hold-answer=$BATS_TEST_TMPDIR/go"
    order a-zq.example.test >"$BATS_TEST_TMPDIR/out" &
    local client=$!
    await_request 'POST /order-plz'
    acmeproxy client disable web1
    touch "$BATS_TEST_TMPDIR/go"
    ! wait "$client" || fail 'the order ends well'
    no_faults
    run cat "$BATS_TEST_TMPDIR/out"
    assert_output 'unauthorized.*disabled'
    assert_equal "$(proxy_requests 'POST /finalize')" 0 'finalizations at the CA'
    acmeproxy client enable web1
    ordered a-zq.example.test
    assert_clean_spool
}

@test "certbot: disabled in mid-order" { CLIENT=certbot disabled_in_mid_order lighttpd; }
@test "lego: disabled in mid-order" { CLIENT=lego disabled_in_mid_order apache; }
@test "acmeproxy: disabled in mid-order" { CLIENT=own disabled_in_mid_order nginx; }

# --- the CA refuses -------------------------------------------------------------------------

# the_ca_says PATH TYPE STATUS [RULE...]: with a subproblem for one name.
the_ca_says() {
    local file=$BATS_TEST_TMPDIR/problem.json
    no_faults
    jq -nc --arg type "urn:ietf:params:acme:error:$2" '{type: $type, detail: "the CA does not like it",
        subproblems: [{type: $type, detail: "not this one",
            identifier: {type: "dns", value: "a-zq.example.test"}}]}' >"$file"
    inject "path=^/$1" "status=$3" "body=@$file" type=application/problem+json "${@:4}"
}

the_ca_refuses() {
    local path type code
    client_of "$1"
    ordered a-zq.example.test b-zq.example.test
    while read -r path type code; do
        the_ca_says "$path" "$type" "$code" retry-after=77
        refused "$type.*the CA does not like it" renew
        [[ $CLIENT$type != ownrateLimited ]] || ls "$BATS_TEST_TMPDIR/inside/cas/proxy/pause"
        # lego does not tell whom a subproblem is about.
        if [[ $CLIENT == lego ]]; then assert_output 'not this one'; else
            assert_output 'a-zq\.example\.test.*not this one'
        fi
    done <<'END'
order-plz unauthorized 403
order-plz rejectedIdentifier 400
order-plz rateLimited 429
finalize-order caa 403
finalize-order unauthorized 403
END
    # The same at the first attempt.
    the_ca_says order-plz unauthorized 403
    refused 'unauthorized.*the CA does not like it' order c-zq.example.test
    no_faults
    renewed a-zq.example.test b-zq.example.test
    # What Pebble itself refuses, and what it does not find.
    acmeproxy client allow web1 '**.blocked.test' '**.unreachable.test'
    refused rejectedIdentifier order d-zq.blocked.test
    refused 'e-zq\.unreachable\.test.*refused' order e-zq.unreachable.test
    assert_clean_spool
}

@test "certbot: what the CA refuses" { CLIENT=certbot the_ca_refuses apache; }
@test "lego: what the CA refuses" { CLIENT=lego the_ca_refuses nginx; }
@test "acmeproxy: what the CA refuses" { CLIENT=own the_ca_refuses lighttpd; }
