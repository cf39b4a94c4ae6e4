#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# doc/agent-protocol.md is exact: its directory, its tables and its transcript are held against what
# agent.fcgi answers. (Its commands are run by readme.bats.)
# shellcheck disable=SC2154 # agent.bash sets code

setup_file() {
    load agent
    begin_gateway && start_front lighttpd
}

setup() {
    load agent
    load fences
    cd "$BATS_TEST_TMPDIR" || return 1
    fresh_gateway
    add_agent_client web3 '**.example.test'
    recipient=$("$ACMEPROXY" keygen 2>/dev/null | "$ACMEPROXY" keygen -y)
    doc=$SERVICES_ROOT/doc/agent-protocol.md
}

teardown() { end_gateway_test; }

teardown_file() {
    load agent
    end
}

# section HEADING: its text.
section() { awk -v heading="## $1" '/^## / { inside = $0 == heading; next } inside' "$doc"; }
# first_column TABLE-LINES: the words in code in the first column, sorted.
first_column() { grep '^|' | cut -d '|' -f 2 | grep -o '`[^`]*`' | tr -d '`' | sort; }

# key_wish NAME [JQ-OF-MORE-MEMBERS]
key_wish() {
    jq -nc --arg name "$1.example.test" --arg key "$recipient" \
        '{identifiers: [{type: "dns", value: $name}], recipients: [$key]} + '"${2:-{\}}"
}

@test "the directory is the one that is shown, and only HTTPS is answered" {
    section Directory | sed -n '/^    {/,/}}$/p' | sed "s|https://proxy/|$(front_url)/|g" >shown
    jq -S . shown >wanted
    curl -s --cacert "$(tls_ca)" "$(gateway_directory)" | jq -S . >came
    diff wanted came
    assert_equal "$(jq -r .newNonce came)" "$(front_url)/auth/new-nonce"
    run curl -s --fail "$(plain_url)/agent/directory"
    [[ $status != 0 ]] || fail "over HTTP: $output"
}

@test "a wish has the members that are listed, and no others" {
    local member members
    members=$(section 'Wishing for a certificate' | sed '/^Any other member/q' | first_column)
    assert_equal "$(xargs <<<"$members")" 'csr identifiers key_type name profile recipients reuse_key'
    run raw web3 post certs "$(key_wish a '{key_type: "ec256", name: "x", profile: "p", reuse_key: true}')"
    assert_answer 202
    run raw web3 post certs "$(jq -c '.name = "csr"' <<<"$(csr_wish web3 b.example.test)")"
    assert_answer 202
    for member in hook ca source deliver escrow server client format; do
        run raw web3 post certs "$(key_wish a "{$member: \"x\"}")"
        assert_answer 400 malformed "\"$member\" is not known here"
    done
    for member in '{key_type: "ec256"}' '{reuse_key: false}'; do
        run raw web3 post certs "$(csr_wish web3 b.example.test | jq -c ". + $member")"
        assert_answer 400 malformed 'with "csr"'
    done
    # The limits, too.
    run raw web3 post certs "$(key_wish a '{recipients: []}')"
    assert_answer 400 malformed
    for _ in {1..11}; do "$ACMEPROXY" keygen 2>/dev/null | "$ACMEPROXY" keygen -y; done |
        jq -nRc '[inputs]' >eleven
    run raw web3 post certs "$(key_wish a "{recipients: $(jq -c '.[:10]' eleven)}")"
    assert_answer 202
    run raw web3 post certs "$(key_wish a "{recipients: $(<eleven)}")"
    assert_answer 400 malformed 'at most 10 recipients'
    names() { seq -f 'n%g.example.test' "$1" | jq -nRc '{identifiers: [inputs | {type: "dns", value: .}]}'; }
    run raw web3 post certs "$(key_wish a "$(names 100)")"
    assert_answer 202
    run raw web3 post certs "$(key_wish a "$(names 101)")"
    assert_equal "$(answer '.status / 100 | floor')" 4
}

# seen NAME: the members of its object, "error.detail" for those of an object in it.
seen() {
    run raw web3 post "$(certs_url "$1.example.test")"
    assert_answer 200
    jq -r '.body | to_entries[] | .key, (.key as $k | .value | objects | keys[] | "\($k).\(.)")' \
        <<<"$output" >>members
}

@test "the certificate object has the members that are listed, and no others" {
    raw web3 post certs "$(key_wish a '{profile: "x"}')" >/dev/null
    seen a
    assert_equal "$(answer .body.status)" pending
    raw web3 post certs "$(key_wish b)" >/dev/null
    acmeproxy client deny web3 b.example.test >/dev/null
    acmeproxy renew
    seen a
    assert_equal "$(answer .body.status)" valid
    seen b
    assert_equal "$(answer .body.status)" refused
    acmeproxy client deny web3 a.example.test >/dev/null
    run acmeproxy renew --force
    seen a
    assert_equal "$(answer '.body.next_attempt | fromdate > now')" true
    assert_equal "$(answer '.body.expires | fromdate > now')" true
    section 'The certificate object' | grep '^| `' |
        awk -F '|' '{
            n = split($2, names, ","); one = n == 1
            for (i = 1; i <= n; ++i) { gsub(/[` ]/, "", names[i]); print names[i] }
            if (one && (names[1] == "error" || names[1] == "refused")) {
                sub(/:.*/, "", $3); m = split($3, parts, ",")
                for (i = 1; i <= m; ++i) { gsub(/[` ]/, "", parts[i]); print names[1] "." parts[i] }
            }
        }' | sort -u >documented
    sort -u members | diff documented -
}

@test "a wish replaces another that waits, or is refused, as the table says" {
    local row column waiting next expected
    declare -A path=([want]='' [renew]=/renew [revoke]=/revoke [delete]=/delete)
    raw web3 post certs "$(key_wish a)" >/dev/null
    acmeproxy renew
    # Each want is for something else than is there, or that waits.
    payload() {
        case $1 in
        want) key_wish a '{key_type: "'"$2"'"}' ;;
        revoke) echo '{"generation":"0001"}' ;;
        *) echo '{}' ;;
        esac
    }
    asked() { # WISH KEY-TYPE
        local url=certs
        [[ $1 == want ]] || url=$(certs_url "a.example.test${path[$1]}")
        run raw web3 post "$url" "$(payload "$1" "$2")"
    }
    section 'Wishing for a certificate' | grep -A 9 '^| waiting' | grep -E '^\| (want|renew|revoke|delete) ' >table
    assert_equal "$(wc -l <table)" 4
    while read -r row; do
        waiting=$(cut -d '|' -f 2 <<<"$row" | tr -d ' ')
        column=3
        for next in want renew revoke delete; do
            expected=$(cut -d '|' -f $column <<<"$row" | grep -o '[0-9]*' | head -n 1)
            column=$((column + 1))
            rm -f "$SPOOL"/requests/web3@a.*
            asked "$waiting" ec384
            assert_answer 202
            asked "$next" rsa2048
            assert_equal "$(answer .status)" "$expected" "$next while $waiting waits"
            if [[ $expected == 409 ]]; then
                assert_header retry-after '^[1-9]'
                next=$waiting
            fi
            assert_equal "$(jq -r .wish "$SPOOL/requests/web3@a.example.test.json")" "${next/delete/remove}"
            [[ $expected == 202 ]] || next=
        done
    done <table
}

# assert_shown: each line that the transcript shows between two requests came: headers whatever their
# case, numbers and tags alike, and of JSON the beginning.
assert_shown() { # SHOWN-LINES-FILE ANSWER-FILE
    local line
    tr -d '\r\0' <"$2" | normal >answer
    while IFS= read -r line; do
        line=${line#< }
        line=${line%%...*}
        line=${line% }
        grep -qaiF -- "$line" answer || fail "the transcript shows: $line" "what came:" "$(cat answer)" || return 1
    done < <(normal <"$1")
}
normal() {
    LC_ALL=C sed -E "s|https://proxy.example.org|$(front_url)|g; s/web3\.example\.org/web3.example.test/g
        s|^(< )?HTTP/[0-9.]+ ([0-9]+).*|\1HTTP \2|; s/\"[0-9]{4}-[0-9a-f]+\"/\"TAG\"/g; s/ +$//"
}

@test "the transcript is what is said and answered" {
    acmeproxy cert add web3.example.test --client web3 --recipient "$recipient" --later
    fences text doc/agent-protocol.md >transcript
    # One file for each request: what follows it until the next.
    awk '/^> (GET|POST) / { ++n } n { print > ("part" n) }' transcript
    assert_equal "$(echo part*)" 'part1 part2 part3 part4' 'the exchanges'
    local number tag=none options path
    for number in 1 2 3; do
        ((number != 2)) || acmeproxy renew
        path=$(sed -n 's/^> GET \([^ ]*\) HTTP.*/\1/p' "part$number" | normal)
        options=()
        ! grep -q '^> If-None-Match' "part$number" || options=(-H "If-None-Match: $tag")
        curl -s -i --cacert "$(tls_ca)" -u "web3:$(token_of web3)" "${options[@]}" "$(front_url)$path" >came
        tag=$(tr -d '\r' <came | LC_ALL=C sed -n 's/^etag: //Ip')
        grep '^<' "part$number" >shown
        assert_shown shown came
    done
    # The wish by the account.
    acmeproxy cert remove web3@web3.example.test
    sed -n '/"payload":/,$p' part4 | sed '/^</d; s/^> *//; s/"payload": //; s/}}$/}/' | tr -d '\n' |
        sed "s/age1\.\.\./$recipient/" | normal >payload
    run raw web3 post certs "$(<payload)"
    assert_answer 202
    jq -r '"HTTP/1.1 \(.status)", (.headers | to_entries[] | "\(.key): \(.value[0])"), (.body | tojson)' <<<"$output" >came
    grep '^<' part4 >shown
    assert_shown shown came
}

# made: one more generation of a.example.test.
made() { acmeproxy renew --force web3@a.example.test 2>/dev/null; }

@test "a generation can be fetched for 30 days, however many come after it" {
    local generation first
    acmeproxy cert add a.example.test --client web3 --recipient "$recipient"
    read_by_token web3 a.example.test/0001/bundle.pem.age
    first=$(sha256sum <body)
    made
    made
    for generation in 0001 0002 0003; do
        read_by_token web3 "a.example.test/$generation/bundle.pem.age"
        assert_equal "$code" 200 "$generation"
    done
    read_by_token web3 a.example.test/0001/bundle.pem.age
    assert_equal "$(sha256sum <body)" "$first" 'what the first one is'
    aged() { # HOURS: so long ago the first ones were made
        find "$SPOOL"/certs/web3@a.example.test/gen/000[123]/ -exec touch -d "$1 hours ago" {} +
        touch "$SPOOL/certs/web3@a.example.test/due"
        made
    }
    aged $((30 * 24 - 1))
    read_by_token web3 a.example.test/0001/bundle.pem.age
    assert_equal "$code" 200 'within 30 days'
    aged $((30 * 24 + 1))
    for generation in 0001:404 0002:404 0003:404 0004:200 0005:200; do
        read_by_token web3 "a.example.test/${generation%:*}/bundle.pem.age"
        assert_equal "$code" "${generation#*:}" "$generation"
    done
}
