#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is kept of clients, and for how long: keys of nonces and URLs, accounts, markers of spent
# nonces, challenges that were left behind, and how many of each a client may have.

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd
}

setup() {
    PROCESSES=2 fresh_gateway
    add_client web1 '**.example.test'
}

# older SECONDS FILE: as if nobody had touched it for so long.
older() { touch -d "@$(($(date +%s) - $1))" "$2"; }

@test "the keys of nonces and URLs change in mid-order, and nothing that was begun is lost" {
    local first day=86400
    registered web1
    raw web1 order a-zq.example.test
    raw web1 post authorization
    # The key is 31 days old, and the next pass makes another one.
    first=$(ls "$SPOOL/secrets")
    mv "$SPOOL/secrets/$first" \
        "$SPOOL/secrets/$(date -u -d "@$(($(date +%s) - 31 * day))" +%Y%m%dT%H%M%SZ)-${first#*-}"
    acmeproxy renew
    assert_equal "$(ls "$SPOOL/secrets" | wc -l)" 2 'the number of keys'
    # Nonces of before, too: the raw client has one.
    for _ in 1 2 3; do
        expect 200 - - web1 post order
        expect 200 - - web1 post authorization
        expect 200 - - web1 post challenge '{}'
    done
    # The same URLs in other processes.
    stop_programs && start_programs 2
    expect 200 - - web1 finalize --key-out "$(key_file web1)"
    raw web1 poll
    raw web1 certificate --out "$(certificate_file web1)"
    assert_issued_to web1 a-zq.example.test
    assert_equal "$(proxy_requests 'POST /order-plz')" 1 'the number of orders'
    # A key that sealed nothing for 30 days goes, and so do the URLs of then.
    mv "$SPOOL/secrets/$(ls "$SPOOL/secrets" | tail -n 1)" \
        "$SPOOL/secrets/$(date -u -d "@$(($(date +%s) - 30 * day - 60))" +%Y%m%dT%H%M%SZ)-${first#*-}"
    acmeproxy renew
    assert_equal "$(ls "$SPOOL/secrets" | wc -l)" 2 'the number of keys'
    issue web1 b-zq.example.test
    assert_clean_spool
}

@test "an account that nobody has used for a year goes; who comes back registers anew" {
    local account file year=31536000
    registered web1
    account=$(raw_state web1 .kid)
    file=$SPOOL/clients/web1/accounts/${account##*/}.json
    # Used within the year, it stays, and its use counts from now on.
    older $((year - 3600)) "$file"
    acmeproxy renew
    expect 200 - - web1 post account
    (($(date +%s) - $(stat -c %Y "$file") < year / 2)) || fail 'its use is not noted'
    older $((year + 3600)) "$file"
    acmeproxy renew
    assert_equal "$(ls "$SPOOL/clients/web1/accounts")$(ls "$SPOOL/keys")" lock 'what is left'
    expect 400 accountDoesNotExist '' web1 post account
    expect 201 - - web1 register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    [[ $(raw_state web1 .kid) != "$account" ]]
    issue web1 a-zq.example.test
    # One that was deactivated goes after 90 days; until then its key makes no other.
    raw web1 deactivate
    account=$(raw_state web1 .kid)
    file=$SPOOL/clients/web1/accounts/${account##*/}.json
    older $((89 * 86400)) "$file"
    acmeproxy renew
    expect 401 unauthorized deactivated web1 register --existing
    older $((91 * 86400)) "$file"
    acmeproxy renew
    expect 400 accountDoesNotExist '' web1 register --existing
}

@test "a client has as many accounts and keys as its policy says" {
    local number file=$SPOOL/clients/web1/client.json
    jq '.max_accounts = 2 | .max_eab_keys = 2' "$file" >"$BATS_TEST_TMPDIR/policy"
    cat "$BATS_TEST_TMPDIR/policy" >"$file"
    for number in 1 2; do
        expect 201 - - "n$number" register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    done
    expect 403 unauthorized '2 accounts, as many as it may' n3 register --kid "$(eab_kid web1)" \
        --key="$(eab_key web1)"
    # Those that are there are found, and one that is given up makes room.
    expect 200 - - n2 register --existing
    expect 200 - - n1 deactivate
    expect 201 - - n3 register --kid "$(eab_kid web1)" --key="$(eab_key web1)"
    add_eab web1
    run acmeproxy client eab add web1
    assert_status 1
    assert_output 'web1.* 2 '
    acmeproxy client eab revoke "$(eab_kid web1)"
    add_eab web1
}

markers() { find "$SPOOL/nonces" -type f | wc -l; }

@test "only who is known leaves a marker, and markers go" {
    local folder young old
    run raw new register --existing
    run raw new register --kid "$(eab_kid web1)" --key YWJj
    run raw new order a-zq.example.test
    assert_equal "$(markers)" 0 'the number of markers'
    registered web1
    run raw web1 post account --break-signature
    assert_equal "$(markers)" 1 'the number of markers'
    expect 200 - - web1 post account
    assert_equal "$(markers)" 2 'the number of markers'
    # They are kept for two lifetimes; the folder says of which minute they are.
    folder=$(find "$SPOOL/nonces" -mindepth 1 -type d | head -n 1)
    young=$(folder_of 15)
    old=$(folder_of 30)
    cp -r "$folder" "$young"
    mv "$folder" "$old"
    acmeproxy renew
    [[ -d $young ]] || fail 'it is swept too early'
    [[ ! -e $old ]] || fail 'it is not swept'
}

# folder_of MINUTES: the folder of markers of so long ago.
folder_of() { date -u -d "$1 minutes ago" "+$SPOOL/nonces/%Y-%m-%dT%H:%MZ"; }

@test "the gateway sweeps the challenges that it has left" {
    registered web1
    # A client that goes away while the CA validates.
    inject 'path=^/(authZ|my-order)/' 'sub="status": *"(valid|ready)"=>"status":"pending"'
    stop_programs
    echo 'gateway-wait = 0' >>"$BATS_TEST_TMPDIR/acmeproxy.conf"
    start_programs 1
    raw web1 order a-zq.example.test
    [[ -n $(ls "$SPOOL/challenges") ]] || fail 'there is no challenge'
    no_faults
    older $((25 * 3600)) "$SPOOL/challenges/"*
    # Once a minute is enough for a process; this is another one.
    stop_programs && start_programs 1
    raw web1 order b-zq.example.test
    wait_until 10 is_ready web1
    assert_clean_spool
}
is_ready() { [[ $(raw "$1" post order | jq -r .body.status) == ready ]]; }

@test "addresses go by ranges" {
    local name
    acmeproxy client allow web1 127.0.0.0/30 2001:db8::/32
    acmeproxy client deny web1 127.0.0.2
    registered web1
    issue web1 ip:127.0.0.1 a-zq.example.test
    assert_equal "$(certificate_names "$(certificate_file web1)" | paste -sd ' ')" \
        'DNS:a-zq.example.test IP Address:127.0.0.1'
    assert_pair "$(certificate_file web1)" "$(key_file web1)"
    forget_requests
    for name in ip:127.0.0.2 ip:127.0.0.4 ip:127.0.1.1 ip:10.0.0.1 ip:2001:db9::1 ip:::1 \
        ip:::ffff:127.0.0.1; do
        expect 403 rejectedIdentifier 'may not|must not' web1 order "$name"
        assert_equal "$(answer '.body.subproblems[0].identifier.type')" ip
    done
    for name in 127.0.0.1 ip:127.0.0.01 ip:127.0.0.0/30 ip:a-zq.example.test; do
        expect 400 rejectedIdentifier '' web1 order "$name"
    done
    assert_equal "$(proxy_requests 'POST /order-plz')" 0 'orders at the CA'
    # Another address of the same range is not the one that was ordered.
    raw web1 order ip:127.0.0.1
    expect 400 badCSR '' web1 finalize ip:127.0.0.3
    expect 400 badCSR '' web1 finalize 127.0.0.1
    expect 200 - - web1 finalize
    acmeproxy client check web1 127.0.0.1 2001:db8:1::1
    run acmeproxy client check web1 127.0.0.2
    assert_status 1
}
