#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The certificate-agent behind each web server: wishes, the renewer that applies them, files by
# token; a program that is killed. Two clients are kept apart in agent_foreign.bats.

setup_file() {
    load agent
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
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

# From the wish to the file, and its renewal.
from_wish_to_file() {
    fresh_gateway "$1"
    add_agent_client web1 '**.example.test'
    run wish web1 a.example.test
    assert_answer 202
    assert_equal "$(answer '.headers["location"][0]')" "$(certs_url a.example.test)"
    read_by_token web1 a.example.test/latest/fullchain.pem
    assert_equal "$code" 202
    [[ $(header_of retry-after) -gt 0 ]]

    acmeproxy renew
    run raw web1 post "$(certs_url a.example.test)"
    assert_answer 200
    assert_equal "$(answer .body.status)" valid
    read_by_token web1 a.example.test/latest/fullchain.pem
    assert_equal "$code" 200
    assert_names body a.example.test
    assert_pair body web1-a.example.test.key
    assert_chain body
    assert_equal "$(header_of cache-control)" no-store
    code=$(curl -s --cacert "$(tls_ca)" -H "Authorization: Bearer $(token_of web1)" -o /dev/null \
        -w '%{http_code}' "$(certs_url a.example.test/0001/cert.pem)")
    assert_equal "$code" 200 'the status for a Bearer token'
    local tag
    tag=$(header_of etag)
    read_by_token web1 -H "If-None-Match: $tag" a.example.test/latest/fullchain.pem
    assert_equal "$code" 304

    run raw web1 post "$(certs_url a.example.test/renew)" '{}'
    assert_answer 202
    acmeproxy renew
    read_by_token web1 -H "If-None-Match: $tag" a.example.test/latest/fullchain.pem
    assert_equal "$code" 200
    assert_equal "$(header_of content-location)" \
        "$(certs_url a.example.test/0002/fullchain.pem)"
    read_by_token web1 a.example.test/0001/fullchain.pem
    assert_equal "$(header_of etag)" "$tag"
    run acmeproxy spool check
    assert_status 0
}

@test 'behind lighttpd a wish becomes a certificate' { from_wish_to_file lighttpd; }
@test 'behind apache a wish becomes a certificate' { from_wish_to_file apache; }
@test 'behind nginx a wish becomes a certificate' { from_wish_to_file nginx; }

@test 'tokens read, and end when they are revoked' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    obtained web1 a.example.test
    read_by_token web1 a.example.test
    assert_equal "$code" 200
    code=$(curl -s --cacert "$(tls_ca)" -o body -w '%{http_code}' "$(certs_url a.example.test)")
    assert_equal "$code" 401
    read_by_token web1 -X POST a.example.test/delete
    [[ $code == 4?? ]]
    acmeproxy client disable web1 >/dev/null
    read_by_token web1 a.example.test
    assert_equal "$code" 403
    acmeproxy client enable web1 >/dev/null
    run grep -rF "$(token_of web1)" "$SPOOL"
    assert_status 1
    id=$(acmeproxy client token list web1 --json | jq -r '.[0].id')
    acmeproxy client token revoke "$id" >/dev/null
    read_by_token web1 a.example.test
    assert_equal "$code" 401
}

@test 'a policy that was narrowed counts at the next renewal' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    obtained web1 a.example.test
    acmeproxy client deny web1 a.example.test >/dev/null
    run acmeproxy renew --force
    assert_status 1
    run raw web1 post "$(certs_url a.example.test)"
    assert_equal "$(answer .body.status)" valid
    assert_equal "$(answer .body.error.detail)" \
        'rejectedIdentifier: a.example.test: this client may not have it'
}

@test 'a client has as many certificates as it may' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    obtained web1 a.example.test
    jq '.max_lineages = 2' "$SPOOL/clients/web1/client.json" >policy
    cat policy >"$SPOOL/clients/web1/client.json"
    run wish web1 b.example.test
    assert_answer 202
    run wish web1 c.example.test # b is only wished for, and counts
    assert_answer 403 unauthorized 'this client has 2 certificates, as many as it may'
    acmeproxy renew
    run wish web1 c.example.test
    assert_answer 403 unauthorized
    raw web1 post "$(certs_url a.example.test/delete)" '{}' >/dev/null
    acmeproxy renew
    run wish web1 c.example.test
    assert_answer 202
}

@test 'deleted and wished for again and again, it is ordered as often a day as the client may' {
    fresh_gateway
    add_client web1 '**.example.test' -- --mode agent --quota 2/day
    registered web1
    (($(date +%s) % 86400 < 86340)) || sleep 61 # all on one day (UTC)
    local before
    before=$(pebble_certificates)
    for _ in 1 2; do
        obtained web1 a.example.test
        raw web1 post "$(certs_url a.example.test/delete)" '{}' >/dev/null
        acmeproxy renew
    done
    run obtained web1 a.example.test
    assert_status 1
    assert_equal "$(($(pebble_certificates) - before))" 2 'certificates'
    run raw web1 post "$(certs_url a.example.test)"
    assert_equal "$(answer .body.error.detail)" \
        'rateLimited: this client has placed the 2 orders that it may place a day (UTC)'
    assert_equal "$(answer .body.next_attempt | cut -dT -f1)" "$(date -u -d tomorrow +%F)"
    # Nor is one more of what it has.
    raw web1 post "$(certs_url a.example.test/renew)" '{}' >/dev/null
    run acmeproxy renew
    assert_status 1
    assert_output '^acmeproxy: web1@a.example.test: this client has placed the 2 orders'
    assert_equal "$(($(pebble_certificates) - before))" 2 'certificates'
    # By hand its operator may.
    run acmeproxy renew web1@a.example.test
    assert_status 0
    [[ -s $SPOOL/certs/web1@a.example.test/live/fullchain.pem ]]
}

@test 'revoked at the CA and replaced; deleted and gone' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    obtained web1 a.example.test
    read_by_token web1 a.example.test/0001/cert.pem
    cp body first.pem
    run raw web1 post "$(certs_url a.example.test/revoke)" '{"reason":4}'
    assert_answer 202
    acmeproxy renew
    assert_revoked first.pem 4
    read_by_token web1 a.example.test
    assert_equal "$(jq -r .generation body)" 0002
    run raw web1 post "$(certs_url a.example.test/delete)" '{}'
    assert_answer 202
    acmeproxy renew
    read_by_token web1 a.example.test
    assert_equal "$code" 404
    [[ ! -e $SPOOL/certs/web1@a.example.test && ! -e $SPOOL/names/a.example.test ]]
}

@test 'the client of the shell: fetch, open, check, and no second time' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    obtained web1 a.example.test
    mkdir -m 700 client
    age-keygen -o client/key.txt 2>/dev/null
    printf 'user = "web1:%s"\n' "$(token_of web1)" >client/curlrc
    # What the renewer seals: the key with the chain.
    generation=$SPOOL/certs/web1@a.example.test/gen/0001
    cat web1-a.example.test.key "$generation/fullchain.pem" |
        age -r "$(age-keygen -y client/key.txt)" >bundle.age
    install -m 600 bundle.age "$generation/bundle.pem.age"
    curl -sf --cacert "$(tls_ca)" -K client/curlrc \
        "$(certs_url a.example.test/latest/bundle.pem.age)" | age -d -i client/key.txt >opened
    assert_pair opened web1-a.example.test.key

    export CURL_CA_BUNDLE
    CURL_CA_BUNDLE=$(tls_ca)
    client() { "$SERVICES_ROOT/contrib/agent-client.sh" "$1" client sh -c 'echo ran >>../ran'; }
    run client "$(certs_url a.example.test)"
    assert_status 0
    assert_pair client/bundle.pem web1-a.example.test.key
    assert_mode client/bundle.pem 600
    run client "$(certs_url a.example.test)"
    assert_status 0
    assert_equal "$(wc -l <ran)" 1 'how often the command ran'
    # Sealed for somebody else: the old one stays.
    echo x | age -r "$(age-keygen 2>/dev/null | age-keygen -y)" >bundle.age
    install -m 600 bundle.age "$generation/bundle.pem.age"
    rm client/etag
    run client "$(certs_url a.example.test)"
    assert_status 1
    assert_output 'not sealed for key.txt'
    assert_pair client/bundle.pem web1-a.example.test.key
    run client "$(certs_url b.example.test)"
    assert_status 1
    assert_output 'there is no such certificate'
}

@test 'whatever goes wrong for the client of the shell, the old certificate stays, and it says what' {
    fresh_gateway
    add_agent_client web1 '**.example.test'
    mkdir -m 700 client
    age-keygen -o client/key.txt 2>/dev/null
    printf 'user = "web1:%s"\n' "$(token_of web1)" >client/curlrc
    key=$(age-keygen -y client/key.txt)
    generation=$SPOOL/certs/web1@a.example.test/gen
    export CURL_CA_BUNDLE
    CURL_CA_BUNDLE=$(tls_ca)
    client() { "$SERVICES_ROOT/contrib/agent-client.sh" "$url" client "$@"; }
    url=$(certs_url a.example.test)
    # Wished for, and refused by the pass.
    raw web1 post certs "$(jq -nc --arg key "$key" \
        '{identifiers: [{type: "dns", value: "a.example.test"}], recipients: [$key]}')" >/dev/null
    run client
    assert_status 3
    assert_output 'still being made'
    acmeproxy client deny web1 a.example.test >/dev/null
    acmeproxy renew
    run client
    assert_status 1
    assert_output 'the wish for it was refused: a.example.test: this client may not have it$'
    acmeproxy client deny web1 a.example.test --drop >/dev/null
    acmeproxy cert add a.example.test --client web1 --recipient "$key" >/dev/null
    [[ ! -e client/bundle.pem ]]

    # A command that fails is run until it does not.
    run client false
    assert_status 1
    assert_output 'the command failed'
    assert_pair client/bundle.pem client/bundle.pem
    run client sh -c 'echo ran >>../ran'
    assert_status 0
    run client sh -c 'echo ran >>../ran'
    assert_status 0
    assert_equal "$(wc -l <ran)" 1 'how often the command ran'

    acmeproxy renew --force web1@a.example.test
    before=$(sha256sum <client/bundle.pem)
    keeps() { # STATUS REGEX
        run client touch ../ran-although
        assert_status "$1" && assert_output "$2" || return 1
        assert_equal "$(sha256sum <client/bundle.pem)" "$before" 'the bundle' || return 1
        assert_equal "$(cd client && echo *)" 'bundle.pem curlrc etag key.txt lock' 'what lies there' || return 1
        [[ ! -e ran-although ]] || fail 'the command ran'
    }
    acmeproxy client disable web1 >/dev/null
    keeps 1 'this client is disabled'
    acmeproxy client enable web1 >/dev/null
    cp client/curlrc right
    sed -i 's/"$/x"/' client/curlrc
    keeps 1 'the token is of no use'
    cp right client/curlrc
    CURL_CA_BUNDLE=/dev/null keeps 1 'no answer from'
    url=https://localhost:1/agent/certs/a.example.test keeps 1 'no answer from'
    url=$(plain_url)/agent/certs/a.example.test keeps 1 'no answer from http:' # the token is not sent
    kept=$(sha256sum <"$generation/0002/bundle.pem.age")
    cp "$generation/0002/bundle.pem.age" good
    replaced_by() { install -m 640 "$1" "$generation/0002/bundle.pem.age"; }
    head -c -1 good >bad && replaced_by bad
    keeps 1 'not sealed for key.txt; the old certificate stays'
    cat client/bundle.pem | sed '/BEGIN CERT/,$d' | cat - "$generation/0002/fullchain.pem" |
        age -r "$key" >bad && replaced_by bad
    keeps 1 "the key is not the certificate's; the old one stays"
    age -r "$key" <"$generation/0002/fullchain.pem" >bad && replaced_by bad
    keeps 1 'there is no key in the bundle'
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a.example.test \
        -keyout over.key -out over.csr 2>/dev/null
    openssl x509 -req -in over.csr -signkey over.key -days -1 -out over.pem 2>/dev/null
    cat over.key over.pem | age -r "$key" >bad && replaced_by bad
    keeps 1 'the certificate is over already; the old one stays'
    replaced_by good
    (exec 8>client/lock && flock 8 && keeps 1 'another agent-client.sh works in client')
    run client
    assert_status 0
    [[ $(sha256sum <client/bundle.pem) != "$before" ]]
    assert_equal "$(sha256sum <"$generation/0002/bundle.pem.age")" "$kept"
}

@test 'a program that is killed at any instant leaves no half a wish' {
    PROCESSES=3 fresh_gateway
    add_agent_client web1 '**.example.test'
    local i answered=0
    (while true; do
        sleep "0.0$((RANDOM % 10))"
        kill_program agent
    done) 3>&- &
    killer=$!
    for ((i = 0; i < 25; ++i)); do
        run wish web1 "n$i.example.test"
        [[ $(answer .status) != 202 ]] || { echo "n$i" >>granted && answered=$((answered + 1)); }
    done
    kill "$killer"
    wait "$killer" || true
    [[ $answered -gt 0 ]]
    while read -r name; do
        jq -e .identifiers "$SPOOL/requests/web1@$name.example.test.json" >/dev/null
    done <granted
    for file in "$SPOOL"/requests/*.json; do
        jq -e '.format == 1' "$file" >/dev/null
    done
    run acmeproxy renew
    assert_status 0
    [[ ! -e $SPOOL/requests/web1@n0.example.test.json ]]
    while read -r name; do
        [[ -s $SPOOL/certs/web1@$name.example.test/live/fullchain.pem ]]
    done <granted
}

# tries N INJECTION: the renewer applies a wish for a key to be made here, for nN.example.test, while
# strace makes this of a call; then another pass gets its turn. Sets `code` to the first one's status.
tries() {
    wish_name=n$1.example.test
    raw web1 post certs "$(jq -nc --arg name "$wish_name" --arg key "$recipient" \
        '{identifiers: [{type: "dns", value: $name}], recipients: [$key]}')" >/dev/null
    code=0
    strace -f -o trace -e trace="${2%%:*}" -e inject="$2" "$ACMEPROXY" renew >out 2>&1 || code=$?
    touch "$SPOOL/certs/web1@$wish_name/due" 2>/dev/null || true
    rm -f "$SPOOL/certs/web1@$wish_name/retry.json"
    run acmeproxy renew
    assert_status 0
    assert_names "$SPOOL/certs/web1@$wish_name/live/fullchain.pem" "$wish_name" || return 1
    assert_equal "$(grep -c web1 "$SPOOL/names/$wish_name")" 1 'claims' || return 1
    [[ ! -e $SPOOL/requests/web1@$wish_name.json ]] || fail 'the wish is still there'
}

@test 'killed, or with a full disk, while it applies a wish: the next pass applies it, once' {
    command -v strace >/dev/null || skip 'strace is not installed'
    fresh_gateway
    add_agent_client web1 '**.example.test'
    recipient=$("$ACMEPROXY" keygen 2>/dev/null | "$ACMEPROXY" keygen -y)
    local number calls=renameat,renameat2,linkat,symlinkat,unlinkat before
    before=$(pebble_certificates)
    for number in {1..60}; do
        tries "$number" "$calls:signal=KILL:when=$number"
        ((code != 0)) || break # there are not so many
    done
    ((number > 8 && number < 60)) || fail "$number calls"
    assert_equal "$(($(pebble_certificates) - before))" "$number" 'certificates'
    for number in 101 102 103 104 105 107 109; do
        tries "$number" "fsync,fdatasync:error=ENOSPC:when=$((number - 100))"
        ((code == 0)) || grep -q 'No space left' out || fail "$(<out)"
    done
    run acmeproxy spool check
    assert_status 0
}

@test 'what is wished for is there while the renewer applies the wish' {
    command -v strace >/dev/null || skip 'strace is not installed'
    fresh_gateway
    add_agent_client web1 '**.example.test'
    wish web1 a.example.test
    local pid tracer reader
    pid=$(processes_of agent)
    # The program comes to the wish when the renewer has been there.
    strace -f -q -o trace -P requests/web1@a.example.test.json -e trace=openat \
        -e inject=openat:delay_enter=2500000 -p "$pid" 2>/dev/null 3>&- &
    tracer=$!
    wait_until 10 grep -q 'TracerPid:.[1-9]' "/proc/$pid/status"
    read_by_token web1 a.example.test 3>&- &
    reader=$!
    sleep 0.7
    acmeproxy renew
    wait "$reader"
    kill "$tracer"
    wait "$tracer" || true
    grep -q DELAYED trace
    assert_equal "$(jq -r .status body)" valid 'the status'
}

@test 'a wish that comes while the one before is put away is not lost' {
    command -v strace >/dev/null || skip 'strace is not installed'
    fresh_gateway
    add_agent_client web1 '**.example.test'
    wish web1 a.example.test
    # It is the first file that goes, and it goes late.
    strace -f -q -o trace -e trace=unlinkat -e inject=unlinkat:delay_enter=2500000:when=1 \
        "$ACMEPROXY" renew 3>&- &
    local renewer=$!
    wait_until 10 test -e "$SPOOL/certs/web1@a.example.test/cert.json"
    sleep 0.5
    run wish web1 a.example.test b.example.test
    assert_answer 202
    wait "$renewer"
    grep -q DELAYED trace
    acmeproxy renew
    assert_names "$SPOOL/certs/web1@a.example.test/live/fullchain.pem" a.example.test b.example.test
    assert_equal "$(find "$SPOOL/requests" -type f -name 'web1@*')" '' 'what is left'
    assert_equal "$(ls "$SPOOL/requests/tmp")" '' 'what is left on the way'
}

@test 'a wish that finds the disk full is refused as our fault, and leaves nothing' {
    command -v strace >/dev/null || skip 'strace is not installed'
    fresh_gateway
    add_agent_client web1 '**.example.test'
    local pid tracer
    pid=$(processes_of agent)
    strace -f -q -o trace -e trace=fsync,fdatasync -e inject=fsync,fdatasync:error=ENOSPC -p "$pid" \
        2>/dev/null 3>&- &
    tracer=$!
    wait_until 10 grep -q 'TracerPid:.[1-9]' "/proc/$pid/status"
    run wish web1 a.example.test
    kill "$tracer"
    wait "$tracer" || true
    assert_answer 500 serverInternal
    assert_equal "$(find "$SPOOL/requests" -type f ! -name .lock)" '' 'what is left'
    run wish web1 a.example.test
    assert_answer 202
    acmeproxy renew
    [[ -s $SPOOL/certs/web1@a.example.test/live/fullchain.pem ]]
}
