#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Keys made here for a client alone, from the wish to the client's own hand: the renewer seals,
# agent.fcgi hands out behind each web server, age opens. What sealed.bats looks at on the disk is
# here what arrives.
# shellcheck disable=SC2154 # agent.bash sets code

setup_file() {
    load agent
    command -v age >/dev/null || skip 'age is not installed'
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
    local key
    for key in client second; do
        "$ACMEPROXY" keygen -o "$BATS_FILE_TMPDIR/$key" 2>/dev/null
    done
}

setup() {
    load agent
    cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() { end_gateway_test; }

teardown_file() {
    load agent
    end
}

recipient() { "$ACMEPROXY" keygen -y "$BATS_FILE_TMPDIR/$1"; }

# sealed_wish NAME RECIPIENT [JQ-OF-MORE-MEMBERS]: the payload of a wish whose key is made here.
sealed_wish() {
    jq -nc --arg name "$1" --arg key "$(recipient "$2")" \
        '{identifiers: [{type: "dns", value: $name}], recipients: [$key]} + '"${3:-{\}}"
}

# fetched NAME FILE: of the generation that is live, by the token of web1.
fetched() {
    read_by_token web1 "$1/latest/$2"
    assert_equal "$code" 200 "the status of $1/latest/$2" && cp body "$2"
}

# opened KEY NAME: fetches all that is sealed; KEY opens a pair, and key and chain in one file.
opened() {
    local key=$BATS_FILE_TMPDIR/$1 file
    for file in privkey.pem.age bundle.pem.age fullchain.pem; do
        fetched "$2" "$file" || return 1
    done
    head -n 1 bundle.pem.age | grep -aqx age-encryption.org/v1 || fail 'it is not sealed' || return 1
    age -d -i "$key" privkey.pem.age >plain.pem && age -d -i "$key" bundle.pem.age >bundle.pem ||
        return 1
    assert_names bundle.pem "$2" && assert_pair bundle.pem plain.pem && assert_chain fullchain.pem &&
        cmp bundle.pem <(cat plain.pem fullchain.pem)
}
not_opened() {
    local file
    for file in privkey.pem.age bundle.pem.age; do
        run age -d -i "$BATS_FILE_TMPDIR/$1" "$file"
        assert_status 1
        assert_output 'no identity matched'
    done
}
generation() { header_of content-location | sed -E 's|.*/([0-9]+)/[^/]*$|\1|'; }
public_key() { openssl pkey -in plain.pem -pubout; }

# What the operator has made for a client, which needs no more than curl and age.
from_operator_to_hand() {
    fresh_gateway "$1"
    add_agent_client web1 '**.example.test'
    acmeproxy cert add --later a.example.test --client web1 --recipient "$(recipient client)"
    read_by_token web1 a.example.test/latest/bundle.pem.age
    assert_equal "$code" 202
    assert_equal "$(jq -r .status body)" pending
    acmeproxy renew
    # In one go, and nothing of it touches a disk before it is opened.
    curl -sf --cacert "$(tls_ca)" -u "web1:$(token_of web1)" \
        "$(certs_url a.example.test/latest/bundle.pem.age)" |
        age -d -i "$BATS_FILE_TMPDIR/client" >piped.pem
    assert_pair piped.pem piped.pem
    opened client a.example.test
    cmp piped.pem bundle.pem
    not_opened second
    read_by_token web1 a.example.test/latest/privkey.pem
    assert_equal "$code" 404
    run acmeproxy spool check
    assert_status 0
}

@test 'behind lighttpd a sealed key of the operator arrives' { from_operator_to_hand lighttpd; }
@test 'behind apache a sealed key of the operator arrives' { from_operator_to_hand apache; }
@test 'behind nginx a sealed key of the operator arrives' { from_operator_to_hand nginx; }

# What the client has wished for itself, and its renewals with a new key and with the same.
from_wish_to_hand() {
    local first
    fresh_gateway "$1"
    add_agent_client web1 '**.example.test'
    run raw web1 post certs "$(sealed_wish b.example.test client '{key_type: "ec384"}')"
    assert_answer 202
    acmeproxy renew
    opened client b.example.test
    openssl pkey -in plain.pem -noout -text | grep -q 'ASN1 OID: secp384r1'
    assert_equal "$(generation)" 0001
    first=$(public_key)
    read_by_token web1 b.example.test
    assert_equal "$(jq -c '[.status, .key_type, .own_key // false]' body)" '["valid","ec384",false]'

    run raw web1 post "$(certs_url b.example.test/renew)" '{}'
    assert_answer 202
    acmeproxy renew
    opened client b.example.test
    assert_equal "$(generation)" 0002
    [[ $(public_key) != "$first" ]] || fail 'the key is the same'
}

@test 'behind lighttpd a sealed key that was wished for arrives' { from_wish_to_hand lighttpd; }
@test 'behind apache a sealed key that was wished for arrives' { from_wish_to_hand apache; }
@test 'behind nginx a sealed key that was wished for arrives' { from_wish_to_hand nginx; }

# reused NAME RECIPIENT: a wish for one key over all renewals.
reused() { sealed_wish "$1" "$2" '{reuse_key: true}'; }

@test 'a key that is wished to stay stays' {
    local first
    fresh_gateway
    add_agent_client web1 '**.example.test'
    raw web1 post certs "$(reused c.example.test client)"
    acmeproxy renew
    opened client c.example.test
    first=$(public_key)
    raw web1 post "$(certs_url c.example.test/renew)" '{}'
    acmeproxy renew
    opened client c.example.test
    assert_equal "$(generation)" 0002
    assert_equal "$(public_key)" "$first" 'the key'
    # Unless it is known to others: then never again, whatever was wished.
    raw web1 post "$(certs_url c.example.test/revoke)" '{"reason":1}'
    acmeproxy renew
    assert_revoked "$SPOOL/certs/web1@c.example.test/gen/0002/cert.pem" 1
    opened client c.example.test
    assert_equal "$(generation)" 0003
    [[ $(public_key) != "$first" ]] || fail 'the stolen key is used again'
}

@test 'a wish for another recipient means a new key, even where it was to stay' {
    local first
    fresh_gateway
    add_agent_client web1 '**.example.test'
    raw web1 post certs "$(reused c.example.test client)"
    acmeproxy renew
    opened client c.example.test
    first=$(public_key)
    run raw web1 post certs "$(reused c.example.test second)"
    assert_answer 202
    acmeproxy renew
    opened second c.example.test
    assert_equal "$(generation)" 0002
    [[ $(public_key) != "$first" ]] || fail 'the new recipient got the key of the old one'
    not_opened client
    # It is as wished for: nothing to do.
    run raw web1 post certs "$(reused c.example.test second)"
    assert_answer 200
}

# token_status TOKEN NAME: of a read with it.
token_status() {
    curl -s --cacert "$(tls_ca)" -u "web1:$1" -o body -w '%{http_code}' \
        "$(certs_url "$2/latest/bundle.pem.age")"
}

@test 'a token is for its lineages and its time' {
    local narrow ended
    fresh_gateway
    add_agent_client web1 '**.example.test'
    for name in d e; do
        acmeproxy cert add --later "$name.example.test" --client web1 \
            --recipient "$(recipient client)"
    done
    acmeproxy renew
    narrow=$(acmeproxy client token add web1 --lineage d.example.test --expires 1d 2>/dev/null)
    assert_equal "$(token_status "$narrow" d.example.test)" 200
    assert_equal "$(token_status "$narrow" e.example.test)" 404
    ended=$(acmeproxy client token add web1 --expires 1s 2>/dev/null)
    wait_until 20 token_has_ended "$ended"
    run cat body
    refute_output age-encryption
    assert_equal "$(token_status "$narrow" d.example.test)" 200
    assert_equal "$(token_status "$(token_of web1)" e.example.test)" 200
    run acmeproxy client token list web1 --json
    assert_equal "$(answer 'map("\(.lineage) \(.state)") | sort | join(", ")')" \
        ' expired,  valid, d.example.test valid'
}
token_has_ended() { [[ $(token_status "$1" d.example.test) == 401 ]]; }

# at_day N: a pass with a clock that is so many days ahead; the CA and the disk stay in the present.
at_day() {
    FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 \
        faketime -f "+${1}d" "$ACMEPROXY" renew 2>&1
}

@test 'a client that sleeps for weeks finds what was renewed, and what it missed for a month' {
    command -v faketime >/dev/null || skip 'faketime is not installed'
    fresh_gateway
    add_agent_client web1 '**.example.test'
    raw web1 post certs "$(sealed_wish a.example.test client)" >/dev/null
    acmeproxy renew
    opened client a.example.test
    local tag
    tag=$(header_of etag)
    at_day 59
    read_by_token web1 -H "If-None-Match: $tag" a.example.test/latest/bundle.pem.age
    assert_equal "$code" 304 'before its last third'
    at_day 61
    read_by_token web1 -H "If-None-Match: $tag" a.example.test/latest/bundle.pem.age
    assert_equal "$code" 200
    assert_equal "$(generation)" 0002
    opened client a.example.test
    # The old one is there as long as the client may have it half fetched.
    read_by_token web1 a.example.test/0001/bundle.pem.age
    assert_equal "$code" 200
    # It goes when it is neither live nor the one before, and older than 30 days.
    at_day 85
    read_by_token web1 a.example.test/latest/bundle.pem.age
    assert_equal "$(generation)" 0003
    read_by_token web1 a.example.test/0001/bundle.pem.age
    assert_equal "$code" 404
    read_by_token web1 a.example.test/0002/bundle.pem.age
    assert_equal "$code" 200
}
