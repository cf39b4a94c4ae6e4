#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# acmeproxy as a client of acmeproxy: inside, with a spool of its own; outside, the gateway. The
# same engine as with a CA, with no challenge that anybody would have to serve.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

# connected FRONT [SETTING...]: a gateway, and inside an acmeproxy that has an account there.
connected() {
    fresh_gateway "$@"
    add_client site1 '**.example.test'
    connect_inside site1
}

issued_and_renewed() {
    local first
    connected "$1"
    inside cert add a-zq.example.test b-zq.example.test --ca proxy --later
    inside renew
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test b-zq.example.test
    assert_chain "$(inside_file a-zq.example.test fullchain.pem)"
    assert_pair "$(inside_file a-zq.example.test cert.pem)" \
        "$(inside_file a-zq.example.test privkey.pem)"
    assert_equal "$(ls "$BATS_TEST_TMPDIR/inside/challenges")" '' 'the challenges inside'
    first=$(readlink "$BATS_TEST_TMPDIR/inside/certs/a-zq.example.test/live")
    inside renew --force a-zq.example.test
    [[ $(readlink "$BATS_TEST_TMPDIR/inside/certs/a-zq.example.test/live") != "$first" ]]
    cp "$(inside_file a-zq.example.test fullchain.pem)" "$(certificate_file site1)"
    inside spool check
    assert_clean_spool
}

@test "first certificate and renewal behind lighttpd" { issued_and_renewed lighttpd; }
@test "first certificate and renewal behind Apache" { issued_and_renewed apache; }
@test "first certificate and renewal behind nginx" { issued_and_renewed nginx; }

@test "a refused name is told in one line, and does not stop the others" {
    connected lighttpd
    inside cert add a-zq.other.test --ca proxy --later
    inside cert add b-zq.example.test --ca proxy --later
    run inside renew
    assert_status 1
    assert_output 'a-zq.other.test.*may not have it'
    assert_names "$(inside_file b-zq.example.test cert.pem)" b-zq.example.test
}

@test "a disabled client fails, and goes on when it is enabled again" {
    connected lighttpd
    inside cert add a-zq.example.test --ca proxy --later
    acmeproxy client disable site1
    run inside renew
    assert_status 1
    assert_output 'a-zq.example.test.*disabled'
    acmeproxy client enable site1
    inside renew --force a-zq.example.test
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
}

@test "inside waits for a CA that is slow outside" {
    connected lighttpd 'gateway-wait = 1'
    inject 'path=^/(authZ|my-order)/' 'sub="status": *"(valid|ready)"=>"status":"pending"'
    (sleep 4 && rm -f "$HARNESS_DIR/faults") 3>&- &
    inside cert add a-zq.example.test --ca proxy --later
    inside renew
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
}

@test "killed inside in mid-order, it takes the same order up again" {
    connected lighttpd
    inside cert add a-zq.example.test --ca proxy --later
    inject path=^/finalize-order times=1 "hold=$BATS_TEST_TMPDIR/go"
    inside renew >/dev/null 2>&1 3>&- &
    local client=$!
    await_request 'POST /finalize-order'
    kill -s KILL "$client" "$(pgrep -P "$client")" 2>/dev/null || true
    wait "$client" || true
    touch "$BATS_TEST_TMPDIR/go"
    no_faults
    inside renew --force a-zq.example.test
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
}

@test "the lines that are printed with a key are all that it needs" {
    fresh_gateway lighttpd
    add_client web1 '**.example.test'
    echo "ca-certificates = $(tls_ca)" >"$BATS_TEST_TMPDIR/inside.conf"
    inside spool init >/dev/null
    local line lines
    mapfile -t lines < <(sed -n '/^# acmeproxy/,/^$/{/^acmeproxy /p}' "$BATS_TEST_TMPDIR/eab-web1" |
        sed "s|FILE|$BATS_TEST_TMPDIR/eab-web1.key|; s/NAME/a-zq.example.test/")
    assert_equal "${#lines[@]}" 2 'the number of lines'
    for line in "${lines[@]}"; do
        eval "inside ${line#acmeproxy }"
    done
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_chain "$(inside_file a-zq.example.test fullchain.pem)"
}

# told_in_one_line NAME REGEX: a pass for this name ends with one line, which says so; nothing is live.
told_in_one_line() {
    local lines
    run inside renew --force "$1"
    assert_status 1
    lines=$(grep -c "^acmeproxy: $1: " <<<"$output")
    assert_equal "$lines" 1 "the number of lines of $1 in $output"
    assert_output "^acmeproxy: $1: .*$2"
    [[ ! -e $(inside_file "$1" cert.pem) ]] || fail "$1 has a certificate"
}

@test "a wildcard, a quota that is used up and a key that is revoked are told as what they are" {
    connected lighttpd
    inside cert add '*.a-zq.example.test' --name wild --ca proxy --later
    told_in_one_line wild 'wildcards are not allowed for this client'
    add_client site2 '**.example.test' -- --quota 1/day
    connect_inside site2 small
    inside cert add b-zq.example.test --ca small
    inside cert add c-zq.example.test --ca small --later
    told_in_one_line c-zq.example.test '1 orders? .*day'
    inside cert add d-zq.example.test --ca proxy --later
    acmeproxy client eab revoke "$(eab_kid site1)"
    run inside renew --force d-zq.example.test
    assert_status 1
    # It looks once whether the account is there under another URL.
    assert_equal "$(grep -c 'unauthorized: this account is revoked' <<<"$output")" 2 'lines'
    assert_output '^acmeproxy: d-zq.example.test: .*revoked; next attempt at 20'
    [[ ! -e $(inside_file d-zq.example.test cert.pem) ]]
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'orders at the CA'
}

@test "disabled in mid-order it gets nothing more; enabled, it takes the same order up again" {
    connected lighttpd
    inside cert add a-zq.example.test --ca proxy --later
    inject path=^/order-plz times=1 "hold-answer=$BATS_TEST_TMPDIR/go"
    inside renew >"$BATS_TEST_TMPDIR/inside.out" 2>&1 3>&- &
    local client=$!
    await_request 'POST /order-plz'
    acmeproxy client disable site1
    touch "$BATS_TEST_TMPDIR/go"
    wait "$client" && fail 'the pass is a success'
    no_faults
    run cat "$BATS_TEST_TMPDIR/inside.out"
    assert_output 'a-zq.example.test.*disabled'
    assert_equal "$(proxy_requests 'POST /finalize')" 0 'finalizations at the CA'
    acmeproxy client enable site1
    inside renew --force a-zq.example.test
    assert_names "$(inside_file a-zq.example.test cert.pem)" a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'orders at the CA'
}

# What the CA says of a name or a request gets through; what it says of our account does not.
@test "what the CA refuses is told inside in the CA's words" {
    connected lighttpd 'gateway-wait = 5'
    local number=0 path problem regex
    while read -r path problem regex; do
        number=$((number + 1))
        no_faults
        inject "path=^/$path" "problem=$problem" "detail=the CA does not like it"
        inside cert add "n$number-zq.example.test" --ca proxy --later
        told_in_one_line "n$number-zq.example.test" "$regex"
        rm -f "$BATS_TEST_TMPDIR"/inside/cas/*/pause
    done <<'END'
order-plz rejectedIdentifier rejectedIdentifier.*the CA does not like it
order-plz unsupportedIdentifier unsupportedIdentifier.*the CA does not like it
order-plz caa caa.*the CA does not like it
order-plz dns dns.*the CA does not like it
order-plz rateLimited rateLimited.*the CA does not like it
finalize-order badCSR badCSR.*the CA does not like it
finalize-order badPublicKey badPublicKey.*the CA does not like it
finalize-order rateLimited rateLimited.*the CA does not like it
order-plz accountDoesNotExist serverInternal.*operator
order-plz externalAccountRequired serverInternal.*operator
END
}
