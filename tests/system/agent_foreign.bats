#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is another's does not exist: every verb of the agent's protocol against every object that is
# not the caller's, and every kind of caller that has no right. Answers are compared byte by byte,
# but for nonce and date, with those about a name that nobody has.

setup_file() {
    load agent
    begin_gateway && start_front lighttpd
}

setup() {
    load agent
    cd "$BATS_TEST_TMPDIR" || return 1
    fresh_gateway
    add_agent_client web1 '**.example.test'
    add_agent_client mail1 '**.example.test'
    recipient=$("$ACMEPROXY" keygen 2>/dev/null | "$ACMEPROXY" keygen -y)
}

teardown() { end_gateway_test; }

teardown_file() {
    load agent
    end
}

files=(bundle.pem.age privkey.pem.age fullchain.pem cert.pem chain.pem request.pem)

# sealed CLIENT NAME...: lineages of the client, to be obtained by the next pass.
sealed() {
    local name
    for name in "${@:2}"; do
        acmeproxy cert add --later "$name.example.test" --client "$1" --recipient "$recipient"
    done >/dev/null
}

# things: w and v are web1's own, m is mail1's and has two generations; mail1 has wished for p, was
# refused r, and the operator has o. Nobody has n or x.
things() {
    sealed web1 w v
    sealed mail1 m
    acmeproxy cert add --later o.example.test >/dev/null
    raw mail1 post certs "$(key_wish r)" >/dev/null
    acmeproxy client deny mail1 r.example.test >/dev/null
    acmeproxy renew
    acmeproxy renew --force mail1@m.example.test
    raw mail1 post certs "$(key_wish p)" >/dev/null
    [[ -s $SPOOL/requests/mail1@r.example.test.refused ]]
    [[ -s $SPOOL/requests/mail1@p.example.test.json ]]
}
key_wish() {
    jq -nc --arg name "$1.example.test" --arg key "$recipient" \
        '{identifiers: [{type: "dns", value: $name}], recipients: [$key]}'
}

# signed ID PATH [PAYLOAD]: the whole answer to a POST of this account.
signed() {
    raw "$1" post "$(certs_url "$2")" "${3:-}" | jq -S 'del(.headers["replay-nonce"], .headers.date)'
}
# read_as CREDENTIALS PATH [HEAD]: the whole answer to a read with them; "" sends none.
read_as() {
    local how=(-i)
    [[ ${3:-} != HEAD ]] || how=(-I)
    [[ -z $1 ]] || how+=(-u "$1")
    curl -s --cacert "$(tls_ca)" "${how[@]}" "$(certs_url "$2")" | sed -E '/^(date|replay-nonce):/Id'
}
status_of() { head -n 1 <<<"$1" | cut -d ' ' -f 2; }

# paths: what can be read of a certificate, below its URL.
paths() {
    local generation file
    echo /
    for generation in latest 0001 0002; do
        for file in "${files[@]}"; do echo "/$generation/$file"; done
    done
}
# posts: the verbs that change something.
posts() {
    cat <<'END'
/renew {}
/revoke {}
/revoke {"reason":1}
/revoke {"generation":"0001"}
/revoke {"generation":"0002","reason":4}
/delete {}
END
}

@test 'to an account, what is not its own is not there, whatever it asks' {
    things
    local path payload nowhere name before
    before=$(find "$SPOOL/certs" "$SPOOL/names" "$SPOOL/requests" -printf '%p %T@\n' | sort)
    while read -r path payload; do
        path=${path%/}
        nowhere=$(signed web1 "n.example.test$path" "$payload")
        assert_equal "$(jq .status <<<"$nowhere")" 404 "n$path"
        for name in m p r o x; do
            assert_equal "$(signed web1 "$name.example.test$path" "$payload")" "$nowhere" \
                "the answer to $name$path"
        done
    done < <(paths && posts)
    # Of its own certificate, a generation that only another's has.
    nowhere=$(signed web1 "n.example.test")
    for path in "${files[@]}"; do
        assert_equal "$(signed web1 "w.example.test/0002/$path")" "$nowhere" "0002/$path"
    done
    assert_equal "$(signed web1 w.example.test/revoke '{"generation":"0002"}')" "$nowhere" 'its revocation'
    assert_equal "$(signed web1 w.example.test/latest/privkey.pem)" "$nowhere" 'a file that is never served'
    run raw web1 post certs
    assert_equal "$(answer '[.body.certs[].name] | join(" ")')" 'v.example.test w.example.test'
    assert_equal "$(find "$SPOOL/certs" "$SPOOL/names" "$SPOOL/requests" -printf '%p %T@\n' | sort)" \
        "$before"
    # All of it is there, for its owner.
    while read -r path payload; do
        run raw mail1 post "$(certs_url "m.example.test${path%/}")" "$payload"
        wanted=200
        [[ -z $payload ]] || wanted=202
        [[ $path != /renew ]] || wanted=429 # there are two already
        assert_equal "$(answer .status)" "$wanted" "its owner: $path"
        rm -f "$SPOOL"/requests/mail1@m.*
    done < <(paths && posts)
    # A name that is taken looks like one that it may not have.
    for name in m p; do
        run signed web1 '' "$(key_wish "$name")"
        [[ $name == p ]] || taken=${output//m.example.test/NAME}
    done
    assert_equal "$(signed web1 '' '{"identifiers":[{"type":"dns","value":"m.another.test"}],"recipients":["'"$recipient"'"]}' |
        sed s/m.another.test/NAME/g)" "$taken" 'a name that is not allowed'
    assert_equal "$(jq .status <<<"$taken")" 403
}

@test 'to a token, what is not of its client and its lineage is not there' {
    things
    local narrow alien path name nowhere how
    narrow=web1:$(acmeproxy client token add web1 --lineage w.example.test 2>/dev/null)
    alien=web1:$(acmeproxy client token add web1 --lineage m.example.test 2>/dev/null)
    while read -r path; do
        path=${path%/}
        for how in GET HEAD; do
            nowhere=$(read_as "web1:$(token_of web1)" "n.example.test$path" $how)
            assert_equal "$(status_of "$nowhere")" 404 "$how n$path"
            for name in m p r o; do
                assert_equal "$(read_as "web1:$(token_of web1)" "$name.example.test$path" $how)" \
                    "$nowhere" "$how $name$path"
            done
            assert_equal "$(read_as "$narrow" "v.example.test$path" $how)" "$nowhere" "$how v$path, another lineage"
            assert_equal "$(read_as "$alien" "m.example.test$path" $how)" "$nowhere" "$how m$path, by its name"
        done
    done < <(paths)
    # What they may, they may.
    for path in '' /latest/bundle.pem.age; do
        assert_equal "$(status_of "$(read_as "web1:$(token_of web1)" "v.example.test$path")")" 200
        assert_equal "$(status_of "$(read_as "$narrow" "w.example.test$path")")" 200
        assert_equal "$(status_of "$(read_as "mail1:$(token_of mail1)" "m.example.test$path")")" 200
    done
    names_for() { read_as "$1" '' | tail -n 1 | jq -r '[.certs[].name] | join(" ")'; }
    assert_equal "$(names_for "web1:$(token_of web1)")" 'v.example.test w.example.test'
    assert_equal "$(names_for "$narrow")" w.example.test
    assert_equal "$(names_for "$alien")" ''
    # A token changes nothing: own, foreign or nowhere.
    for path in renew revoke delete; do
        nowhere=$(read_as "web1:$(token_of web1)" "n.example.test/$path")
        assert_equal "$(status_of "$nowhere")" 405 "GET $path"
        for name in w m; do
            assert_equal "$(read_as "web1:$(token_of web1)" "$name.example.test/$path")" "$nowhere" "GET $name/$path"
        done
        for name in w m n; do
            code=$(curl -s --cacert "$(tls_ca)" -u "web1:$(token_of web1)" -o body -w '%{http_code}' \
                -H 'Content-Type: application/jose+json' -d '{}' "$(certs_url "$name.example.test/$path")")
            assert_equal "$code" 400 "POST $name/$path with a token"
        done
    done
    [[ ! -e $SPOOL/requests/web1@w.example.test.json ]]
}

# assert_all CREDENTIALS STATUS WHY: all reads with them get one and the same answer, own, foreign
# or nowhere.
assert_all() {
    local path name first=''
    for path in '' /latest/bundle.pem.age /0001/cert.pem; do
        for name in w m n; do
            answered=$(read_as "$1" "$name.example.test$path")
            assert_equal "$(status_of "$answered")" "$2" "$3: $name$path" || return 1
            assert_equal "$answered" "${first:=$answered}" "$3: $name$path" || return 1
        done
    done
    assert_equal "$(read_as "$1" '')" "$first" "$3: the list"
}
# assert_all_signed ID STATUS WHY: the same with its account, and every verb.
assert_all_signed() {
    local path payload name first=''
    while read -r path payload; do
        for name in w m n; do
            answered=$(signed "$1" "$name.example.test${path%/}" "$payload")
            assert_equal "$(jq .status <<<"$answered")" "$2" "$3: $name$path" || return 1
            assert_equal "$answered" "${first:=$answered}" "$3: $name$path" || return 1
        done
    done < <(echo / && echo /latest/bundle.pem.age && posts)
    assert_equal "$(signed "$1" '')" "$first" "$3: the list" || return 1
    assert_equal "$(signed "$1" '' "$(key_wish z)")" "$first" "$3: a wish"
}

@test 'who has no right, or none any more, gets one answer to everything' {
    sealed web1 w
    sealed mail1 m
    acmeproxy renew
    local revoked ended useless id old
    old=$(token_of web1)
    revoked=$(acmeproxy client token add web1 --lineage w.example.test 2>/dev/null)
    ended=$(acmeproxy client token add web1 --expires 1s 2>/dev/null)
    id=$(acmeproxy client token list web1 --json |
        jq -r '.[] | select(.lineage == "w.example.test") | .id')
    acmeproxy client token revoke "$id" >/dev/null
    useless=$(read_as web1:none w.example.test)
    assert_all '' 401 'no token'
    has_ended() { [[ $(status_of "$(read_as "web1:$ended" w.example.test)") == 401 ]]; }
    wait_until 20 has_ended
    for token in none "$revoked" "$ended" "$(token_of mail1)"; do
        assert_all "web1:$token" 401 'a token of no use'
        assert_equal "$answered" "$useless" 'the answers to tokens of no use'
    done

    acmeproxy client disable web1 >/dev/null
    assert_all "web1:$old" 403 'a disabled client'
    assert_all_signed web1 403 'a disabled client'
    acmeproxy client enable web1 >/dev/null
    assert_equal "$(status_of "$(read_as "web1:$old" w.example.test)")" 200
    acmeproxy client eab revoke "$(eab_kid web1)" >/dev/null
    assert_all_signed web1 401 'a revoked account'
    assert_equal "$(status_of "$(read_as "web1:$old" w.example.test)")" 200 # tokens are apart

    run acmeproxy client remove web1
    assert_status 1 # it has a lineage
    rm raw-web1.json
    add_eab web1
    registered web1
    raw web1 post certs "$(key_wish q)" >/dev/null
    acmeproxy cert remove web1@w.example.test >/dev/null
    acmeproxy client remove web1 >/dev/null 2>&1
    assert_all "web1:$old" 401 'a removed client'
    assert_equal "$answered" "$useless" 'the answer to a removed client'
    assert_all_signed web1 400 'a removed client'
    # Who gets the same id has nothing of what was there.
    add_client web1 '**.example.test' -- --mode agent
    assert_all "web1:$old" 401 'the old token of an id that is used again'
    acmeproxy renew
    old=$(acmeproxy client token add web1 2>/dev/null)
    assert_equal "$(read_as "web1:$old" '' | tail -n 1)" '{"certs":[]}'
    assert_equal "$(status_of "$(read_as "web1:$old" q.example.test)")" 404
}

@test 'of two who wish for a name at the same time one gets it, and the other when that one gives it up' {
    local winner loser denied
    run raw web1 post certs "$(key_wish s)"
    assert_answer 202
    run raw mail1 post certs "$(key_wish s)"
    assert_answer 202 # it is nobody's yet
    raw mail1 post certs "$(key_wish d)" >/dev/null
    acmeproxy client deny mail1 d.example.test >/dev/null
    acmeproxy renew
    winner=$(<"$SPOOL/names/s.example.test")
    loser=web1
    [[ $winner != web1 ]] || loser=mail1
    assert_equal "$(cd "$SPOOL/certs" && echo *)" "$winner@s.example.test" 'what there is'
    run raw "$winner" post "$(certs_url s.example.test)"
    assert_equal "$(answer .body.status)" valid
    run raw "$loser" post "$(certs_url s.example.test)"
    assert_equal "$(answer .body.status)" refused
    # It is told what is told of a name that it may not have.
    told() { answer '.body.refused | del(.when) | tojson' | sed "s/$1.example.test/NAME/g"; }
    denied=$(run raw mail1 post "$(certs_url d.example.test)" && told d)
    assert_equal "$(told s)" "$denied" 'the refusal'
    [[ $denied == *NAME* ]]
    run raw "$loser" post "$(certs_url s.example.test/latest/bundle.pem.age)"
    refute_output '"generation"'
    run raw "$loser" post certs "$(key_wish s)"
    assert_answer 403 rejectedIdentifier

    raw "$winner" post "$(certs_url s.example.test/delete)" '{}' >/dev/null
    acmeproxy renew
    run raw "$loser" post certs "$(key_wish s)"
    assert_answer 202
    acmeproxy renew
    run raw "$loser" post "$(certs_url s.example.test)"
    assert_equal "$(answer .body.status)" valid
    assert_equal "$(<"$SPOOL/names/s.example.test")" "$loser"
    run raw "$winner" post "$(certs_url s.example.test)"
    assert_answer 404
}

@test 'no answer may be kept by a cache' {
    sealed web1 w
    acmeproxy renew
    local seen='' line path tag me
    me=web1:$(token_of web1)
    kept_by_nobody() { # ANSWER
        seen+=" $(status_of "$1")"
        grep -qiE '"?cache-control"?: *(\[ *)?"?no-store' <<<"${1//$'\n' /}" || fail "no no-store in $1"
    }
    for path in '' w.example.test n.example.test w.example.test/latest/bundle.pem.age \
        w.example.test/0001/cert.pem w.example.test/renew; do
        kept_by_nobody "$(read_as "$me" "$path")"
        kept_by_nobody "$(read_as "$me" "$path" HEAD)"
    done
    kept_by_nobody "$(read_as '' w.example.test)"
    kept_by_nobody "$(curl -s -i --cacert "$(tls_ca)" "$(gateway_directory)")"
    tag=$(read_as "$me" w.example.test/latest/cert.pem | tr -d '\r' | sed -n 's/^etag: //Ip')
    kept_by_nobody "$(curl -s -i --cacert "$(tls_ca)" -u "$me" -H "If-None-Match: $tag" \
        "$(certs_url w.example.test/latest/cert.pem)")"
    acmeproxy client disable web1
    kept_by_nobody "$(read_as "$me" w.example.test)"
    acmeproxy client enable web1
    assert_equal "$seen" ' 200 200 200 200 404 404 200 200 200 200 405 405 401 200 304 403'
    while read -r line path; do
        run raw web1 post "$(certs_url "$line")" "$path"
        assert_header cache-control '^no-store$'
    done <<'END'
w.example.test
w.example.test/latest/bundle.pem.age
n.example.test
w.example.test/revoke {"reason":2}
w.example.test/renew {}
END
}
