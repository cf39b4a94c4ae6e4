#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Profiles that agent clients wish for, at a CA that has some: Debian 12's Pebble has none, so this
# takes the one of Debian unstable (contrib/fetch-pebble.sh).
# shellcheck disable=SC2154 # agent.bash sets code

setup_file() {
    load agent
    begin
    local cache=${TEST_PEBBLE_CACHE:-${TMPDIR:-/tmp}/acmeproxy-pebble-$(id -u)}
    PEBBLE=$("$SERVICES_ROOT/contrib/fetch-pebble.sh" "$cache" 2>"$HARNESS_DIR/fetch.log") ||
        skip "no newer Pebble: $(tail -n 1 "$HARNESS_DIR/fetch.log")"
    export PEBBLE
    begin_gateway && start_front lighttpd
    "$ACMEPROXY" keygen -o "$BATS_FILE_TMPDIR/key" 2>/dev/null
}

setup() {
    load agent
    cd "$BATS_TEST_TMPDIR" || return 1
    fresh_gateway
    add_agent_client web1 '**.example.test'
    recipient=$("$ACMEPROXY" keygen -y "$BATS_FILE_TMPDIR/key")
}

teardown() { end_gateway_test; }

teardown_file() {
    load agent
    end
}

# profile_wish [PROFILE]: the payload of a wish for a.example.test.
profile_wish() {
    jq -nc --arg key "$recipient" --arg profile "${1:-}" \
        '{identifiers: [{type: "dns", value: "a.example.test"}], recipients: [$key]} +
            if $profile == "" then {} else {profile: $profile} end'
}

# assert_made_for HOURS FILE: as that profile is.
assert_made_for() {
    local from to
    from=$(date +%s -d "$(openssl x509 -noout -startdate -in "$2" | cut -d= -f2)")
    to=$(date +%s -d "$(openssl x509 -noout -enddate -in "$2" | cut -d= -f2)")
    assert_equal "$(((to - from + 1800) / 3600))" "$1" 'the hours of its life'
}

# assert_lives HOURS: what is live at the agent.
assert_lives() {
    read_by_token web1 a.example.test/latest/bundle.pem.age
    assert_equal "$code" 200 &&
        "$ACMEPROXY" open -i "$BATS_FILE_TMPDIR/key" <body >bundle.pem &&
        assert_names bundle.pem a.example.test && assert_pair bundle.pem bundle.pem &&
        assert_made_for "$1" bundle.pem
}

# answered JQ: of the status, read by token.
answered() { read_by_token web1 a.example.test && jq -r "$1" body; }

@test "a certificate is of the profile that was wished for, and another wish means another order" {
    run raw web1 post certs "$(profile_wish shortlived)"
    assert_answer 202
    assert_equal "$(answer .body.profile)" shortlived
    acmeproxy renew
    assert_lives 160
    assert_equal "$(answered '"\(.status) \(.profile)"')" 'valid shortlived'
    run raw web1 post certs "$(profile_wish shortlived)"
    assert_answer 200

    run raw web1 post certs "$(profile_wish classic)"
    assert_answer 202
    acmeproxy renew
    assert_lives 2160
    assert_equal "$(answered '"\(.generation) \(.profile)"')" '0002 classic'
    # The CA's own choice is wished for by saying nothing.
    run raw web1 post certs "$(profile_wish)"
    assert_answer 202
    acmeproxy renew
    assert_equal "$(answered .profile)" null
}

@test "a profile that the CA does not have is refused in its words, and what is live stays" {
    raw web1 post certs "$(profile_wish shortlived)" >/dev/null
    acmeproxy renew
    run raw web1 post certs "$(profile_wish imaginary)"
    assert_answer 202
    run acmeproxy renew
    assert_status 1
    assert_output 'web1@a.example.test: .*imaginary'
    assert_equal "$(answered '"\(.status) \(.generation)"')" 'valid 0001'
    answered .error.detail | grep -q 'imaginary' || fail "the error is: $(answered .error.detail)"
    assert_lives 160
}

@test "the client's policy says which profiles it may have, when it asks and at each renewal" {
    add_client web2 '**.example.test' -- --mode agent --profile classic
    registered web2
    run raw web2 post certs "$(profile_wish shortlived)"
    assert_answer 400 invalidProfile 'this client may not use the profile "shortlived"'
    assert_equal "$(find "$SPOOL/requests" -name 'web2@*')" '' 'what is left of it'
    run raw web2 post certs "$(profile_wish classic)"
    assert_answer 202
    acmeproxy renew
    acmeproxy cert remove web2@a.example.test

    raw web1 post certs "$(profile_wish shortlived)" >/dev/null
    # Narrowed between the wish and the pass.
    acmeproxy client set web1 --profile classic >/dev/null
    run acmeproxy renew
    assert_equal "$(answered '"\(.status) \(.refused.type)"')" 'refused urn:ietf:params:acme:error:invalidProfile'
    acmeproxy client set web1 --profile none >/dev/null
    raw web1 post certs "$(profile_wish shortlived)" >/dev/null
    acmeproxy renew
    assert_lives 160
    # And after it.
    acmeproxy client set web1 --profile classic >/dev/null
    run acmeproxy renew --force
    assert_status 1
    assert_equal "$(answered '"\(.status) \(.generation) \(.error.detail)"')" \
        'valid 0001 invalidProfile: this client may not use the profile "shortlived"'
}

@test "an acmeproxy inside wishes for the profile of its lineage" {
    inside() {
        ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
            "$ACMEPROXY" "$@"
    }
    echo "ca-certificates = $(tls_ca)" >inside.conf
    inside spool init >/dev/null
    inside cert add a.example.test --source agent --server "$(front_url)/agent/" --profile shortlived \
        --eab-kid "$(eab_kid web1)" --eab-key-file "$BATS_TEST_TMPDIR/eab-web1.key" --later
    inside renew
    acmeproxy renew
    touch inside/certs/a.example.test/due
    inside renew
    assert_equal "$(answered .profile)" shortlived
    cmp inside/certs/a.example.test/live/fullchain.pem "$SPOOL/certs/web1@a.example.test/live/fullchain.pem"
    assert_made_for 160 inside/certs/a.example.test/live/cert.pem
}
