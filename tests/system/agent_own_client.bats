#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# acmeproxy as the client of an acmeproxy's agent: inside, with a spool of its own; outside, the agent
# and the renewer, which makes and seals. Whatever comes, what is installed inside stays until
# something better was opened and verified.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2317 # each test is a subshell of its own

setup_file() {
    load agent
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx &&
        start_watch "$HARNESS_DIR/tls/localhost"
}

# start_watch CERTIFICATE [PORT]: a proxy before lighttpd that writes down what inside asks for, and
# can make trouble: rules go to agent-faults.
start_watch() {
    local command=("$(system_python)" "$SERVICES_ROOT/tests/system/fault_proxy.py"
        --upstream "localhost:$(recall lighttpd_port)" --ca "$(tls_ca)" --certificate "$1.pem"
        --key "$1-key.pem" --control "$HARNESS_DIR/agent-faults"
        --log "$HARNESS_DIR/logs/watched.log")
    if (($# < 2)); then
        start_on_free_port watch watch_port "${command[@]}" --listen @PORT@
    else
        spawn watch "${command[@]}" --listen "$2" && await_listening watch "$2"
    fi
}

setup() {
    load agent
    cd "$BATS_TEST_TMPDIR" || return 1
    # What is asked of lighttpd goes through the proxy.
    front_url() {
        local port=watch_port
        [[ $FRONT == lighttpd ]] || port=${FRONT}_port
        echo "https://localhost:$(recall "$port")"
    }
}

teardown() { end_gateway_test; }

teardown_file() {
    load agent
    end
}

# inside WORD...: the acmeproxy of the private network.
inside() {
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        "$ACMEPROXY" "$@"
}
# at_day N WORD...: the clock of the program goes on; disk, server and CA stay in the present.
at_day() {
    local days=$1
    shift
    FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 ACMEPROXY_SPOOL=$SPOOL \
        faketime -f "+${days}d" "$ACMEPROXY" "$@" 2>&1
}
inside_at_day() { SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf at_day "$@"; }

lineage() { echo "$BATS_TEST_TMPDIR/inside/certs/$1"; }
live() { echo "$BATS_TEST_TMPDIR/inside/certs/$1/live/$2"; }
live_generation() { readlink "$(lineage "$1")/live"; }
# sealed NAME FILE: what lies outside.
sealed() { echo "$SPOOL/certs/site1@$1/live/$2"; }
server() { echo "$(front_url)/agent/"; }
identity() { echo "$BATS_TEST_TMPDIR"/inside/cas/localhost-*/identity.txt; }
last_error() { inside status --json "$1" | jq -r '.[0].last_error'; }

# prepared [FRONT [SETTING...]]: an agent with the client site1, and an empty spool inside.
prepared() {
    rm -f "$HARNESS_DIR/agent-faults"
    fresh_gateway "$@"
    forget_watched
    add_client site1 '**.example.test' -- --mode agent
    echo "ca-certificates = $(tls_ca)" >inside.conf
    inside spool init >/dev/null
}

# added NAME... [OPTION...]: a lineage inside, known to the server.
added() {
    inside cert add "$@" --source agent --server "$(server)" --eab-kid "$(eab_kid site1)" \
        --eab-key-file "$BATS_TEST_TMPDIR/eab-site1.key"
}
# installed NAME... [OPTION...]: its certificate is live inside. The first look wishes, the second
# fetches what the renewer outside has made between them.
installed() {
    added "$@" --later >/dev/null && inside renew && acmeproxy renew && look "$1" &&
        assert_live "$@"
}
# look NAME: a pass for what is due by now.
look() { touch "$(lineage "$1")/due" && inside renew; }

assert_live() {
    local name=$1 names=()
    while (($#)) && [[ $1 != --* ]]; do
        names+=("$1")
        shift
    done
    assert_names "$(live "$name" cert.pem)" "${names[@]}" &&
        assert_pair "$(live "$name" cert.pem)" "$(live "$name" privkey.pem)" &&
        assert_chain "$(live "$name" fullchain.pem)" &&
        cmp "$(live "$name" fullchain.pem)" "$(sealed "$name" fullchain.pem)"
}

# renewed_outside: there is another generation to fetch.
renewed_outside() { acmeproxy renew --force "site1@$1" 2>/dev/null; }
# resealed NAME [RECIPIENT]: puts what is on standard input in the place of the bundle outside.
resealed() {
    "$ACMEPROXY" seal -r "${2:-$("$ACMEPROXY" keygen -y "$(identity)")}" -o bundle &&
        install -m 640 bundle "$(sealed "$1" bundle.pem.age)"
}

# refused NAME REGEX: a look fails with one line, the last error says the same, and all that is live
# is as it was before.
refused() {
    local before lines
    forgiven "$1"
    before=$(cd "$(lineage "$1")/live/" && sha256sum -- *)
    run look "$1"
    assert_status 1
    lines=$(grep -c "^acmeproxy: $1: " <<<"$output")
    assert_equal "$lines" 1 "the number of lines of $1 in $output"
    assert_output "^acmeproxy: $1: .*$2.*; the certificate that is live stays; next attempt at 20"
    refute_output 'the CA '
    last_error "$1" | grep -qE -- "$2" || fail "the last error is: $(last_error "$1")"
    assert_equal "$(cd "$(lineage "$1")/live/" && sha256sum -- *)" "$before" "what is live of $1"
}
# forgiven NAME: the wait after a failure is over.
forgiven() { rm -f "$(lineage "$1")/retry.json"; }

# watched REGEX: how often inside got such an answer ("METHOD PATH STATUS") since forget_watched.
watched() { log_lines watched "^[0-9]+ < $1"; }
forget_watched() { : >"$HARNESS_DIR/logs/watched.log"; }

from_wish_to_live() {
    prepared "$1"
    local first
    run added a.example.test b.example.test --later
    assert_status 0
    [[ ! -e $(lineage a.example.test)/live ]]
    inside renew
    [[ -e $SPOOL/requests/site1@a.example.test.json ]] || fail 'nothing was wished for'
    acmeproxy renew
    run look a.example.test
    assert_status 0
    assert_output 'certificate 0001 is live: a.example.test'
    assert_live a.example.test b.example.test
    assert_mode "$(live a.example.test privkey.pem)" 600
    assert_mode "$(identity)" 600
    # Nobody but the inside has the key.
    run grep -rlF "$(sed -n 2p "$(live a.example.test privkey.pem)" | cut -c 20-)" "$SPOOL"
    assert_status 1
    first=$(live_generation a.example.test)
    # A renewal outside is seen by the next look.
    acmeproxy renew --force site1@a.example.test
    look a.example.test
    [[ $(live_generation a.example.test) != "$first" ]]
    assert_live a.example.test b.example.test
    for spool in inside acmeproxy; do
        run "$spool" spool check
        assert_status 0
    done
}

@test "first certificate and renewal behind lighttpd" { from_wish_to_live lighttpd; }
@test "first certificate and renewal behind Apache" { from_wish_to_live apache; }
@test "first certificate and renewal behind nginx" { from_wish_to_live nginx; }

@test "by hand it waits for the first certificate, and runs the hook" {
    prepared
    printf '#!/bin/sh\necho "$RENEWED_DOMAINS" >>"%s/hook.log"\n' "$BATS_TEST_TMPDIR" >hook
    chmod 755 hook
    # As serve does: the wish is applied a moment after it came.
    (wait_until 20 test -e "$SPOOL/requests/site1@a.example.test.json" && acmeproxy renew) \
        >/dev/null 2>&1 3>&- &
    run added a.example.test --hook "$BATS_TEST_TMPDIR/hook"
    assert_status 0
    wait $!
    assert_output "^$(lineage a.example.test)/live\$"
    assert_live a.example.test
    assert_equal "$(<hook.log)" a.example.test
    # The next one, too, once; then nothing.
    renewed_outside a.example.test
    look a.example.test
    look a.example.test
    assert_equal "$(wc -l <hook.log)" 2 'how often the hook ran'
}

@test "by hand it gives up when the time is over, and the lineage stays" {
    prepared
    run added a.example.test --order-timeout 1
    assert_status 1
    assert_output "a.example.test: $(server) is still making it; asked again at 20"
    assert_output 'the lineage stays'
    acmeproxy renew
    look a.example.test
    assert_live a.example.test
}

@test "the line that is printed with a key is all that it needs" {
    prepared
    local line
    line=$(sed -n 's/^acmeproxy cert add/inside cert add/p' eab-site1 |
        sed "s|FILE|eab-site1.key|; s/NAME/a.example.test/")
    [[ $line == *" --server $(server) "* ]] || fail "the line: $line"
    eval "$line --later"
    inside renew
    acmeproxy renew
    look a.example.test
    assert_live a.example.test
    # The account is one like any other.
    run inside account show --ca "$(basename "$(dirname "$(identity)")")"
    assert_output '^agent: +localhost-'
    refute_output '^CA:'
    inside account rollover --ca "$(basename "$(dirname "$(identity)")")"
    renewed_outside a.example.test
    look a.example.test
    assert_live a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
}

@test "what it has is not fetched again, and it is asked in its time" {
    prepared
    installed a.example.test
    forget_watched
    run inside renew
    assert_equal "$output" '' 'the output of a pass that came too early'
    assert_equal "$(watched .)" 0 'requests before it is due'
    due=$(inside status --json a.example.test | jq -r '.[0].due | fromdate - now | . / 3600')
    [[ $due == [56].* ]] || fail "it is due in $due hours"
    run look a.example.test
    assert_status 0
    assert_equal "$(watched 'POST /agent/certs/a.example.test/latest/bundle.pem.age 304')" 1 'answers 304'
    assert_equal "$(watched 'POST .*')" 1 'signed requests'
    # Retry-After of the server is obeyed.
    echo 'path=latest/bundle header=Retry-After:7200' >"$HARNESS_DIR/agent-faults"
    run look a.example.test
    assert_status 0
    rm "$HARNESS_DIR/agent-faults"
    due=$(inside status --json a.example.test | jq -r '.[0].due | fromdate - now | . / 3600')
    [[ $due == 1.9* || $due == 2.[01]* || $due == 2 ]] || fail "it is due in $due hours"
}

@test "Retry-After is told to who fetches while another one was asked for" {
    prepared
    installed a.example.test
    inside cert revoke a.example.test
    [[ -e $SPOOL/requests/site1@a.example.test.json ]]
    run look a.example.test
    assert_status 0
    due=$(inside status --json a.example.test | jq -r '.[0].due | fromdate - now | floor')
    ((due > 0 && due <= 20)) || fail "it is due in $due s"
}

@test "a server that is away, that is overloaded, or that has another certificate" {
    prepared
    installed a.example.test
    renewed_outside a.example.test
    echo 'path=^/agent drop=before' >"$HARNESS_DIR/agent-faults"
    refused a.example.test 'closed the connection'
    echo 'path=^/agent status=503 body=html retry-after=600' >"$HARNESS_DIR/agent-faults"
    refused a.example.test 'HTTP status 503'
    run look a.example.test
    assert_output "^acmeproxy: a.example.test: the agent $(server) asked for silence until 20.*\(end it early: remove "
    rm "$HARNESS_DIR/agent-faults" "$BATS_TEST_TMPDIR"/inside/cas/*/pause
    stop watch
    refused a.example.test 'cannot connect to https://localhost'
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout other-key.pem -out other.pem 2>/dev/null
    start_watch "$BATS_TEST_TMPDIR/other" "$(recall watch_port)"
    refused a.example.test "the server's certificate is not trusted .*--ca-certificates"
    stop watch
    start_watch "$HARNESS_DIR/tls/localhost" "$(recall watch_port)"
    forgiven a.example.test
    look a.example.test
    assert_live a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
    assert_equal "$(last_error a.example.test)" ''
}

@test "a file that is damaged, foreign, or of another key is not installed" {
    prepared
    installed a.example.test
    installed b.example.test
    renewed_outside a.example.test
    local bundle chain
    bundle=$(sealed a.example.test bundle.pem.age)
    chain=$(sealed a.example.test fullchain.pem)
    cp "$bundle" good
    head -c -1 good >"$bundle"
    refused a.example.test 'certificate 0002 of https://.*/agent/: .*chunk'
    echo '<html>' >"$bundle"
    refused a.example.test 'certificate 0002 of .*age'
    cat "$(live b.example.test privkey.pem)" "$chain" | resealed a.example.test
    refused a.example.test 'the certificate is for another key'
    cat "$(live b.example.test privkey.pem)" "$(live b.example.test fullchain.pem)" |
        resealed a.example.test
    refused a.example.test 'the certificate is for "b.example.test" instead of "a.example.test"'
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj '/CN=Another CA' \
        -keyout other-ca.key -out other-ca.pem 2>/dev/null
    "$ACMEPROXY" open -i "$(identity)" good >opened
    { sed -n '1,/END CERT/p' opened && cat other-ca.pem; } | resealed a.example.test
    refused a.example.test 'is not issued by'
    resealed a.example.test <"$chain"
    refused a.example.test 'there is no private key in it'
    echo nothing | resealed a.example.test
    refused a.example.test 'there is no certificate in it'
    cat "$(live a.example.test privkey.pem)" "$chain" |
        resealed a.example.test "$("$ACMEPROXY" keygen 2>/dev/null | "$ACMEPROXY" keygen -y)"
    refused a.example.test 'none of the identities opens it'
    cp good "$bundle"
    forgiven a.example.test
    run inside_at_day 95 renew a.example.test
    assert_status 1
    assert_output 'expired at 20.*the certificate that is live stays'
    forgiven a.example.test
    look a.example.test
    assert_live a.example.test
    run inside spool check
    assert_status 0
}

@test "a generation that is older than what is installed is not installed" {
    prepared
    installed a.example.test
    renewed_outside a.example.test
    look a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
    # The server was put back from an old backup.
    ln -sfn gen/0001 "$SPOOL/certs/site1@a.example.test/live"
    refused a.example.test 'older than what is installed'
    ln -sfn gen/0002 "$SPOOL/certs/site1@a.example.test/live"
    forgiven a.example.test
    look a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
}

# broken INJECTION: a look at a.example.test during which strace makes this of a call.
broken() {
    touch "$(lineage a.example.test)/due"
    forgiven a.example.test
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        strace -f -o trace -e trace="${1%%:*}" -e inject="$1" "$ACMEPROXY" renew >out 2>&1
}
# assert_whole: what is live is one certificate with its key.
assert_whole() {
    assert_pair "$(live a.example.test cert.pem)" "$(live a.example.test privkey.pem)" &&
        cmp "$(live a.example.test fullchain.pem)" \
            <(cat "$(live a.example.test cert.pem)" "$(live a.example.test chain.pem)")
}

@test "killed at any call, or with a disk that is full, it is whole, and the next look installs" {
    command -v strace >/dev/null || skip 'strace is not installed'
    prepared
    installed a.example.test
    local number calls=renameat,renameat2,linkat,symlinkat,unlinkat
    for number in {1..30}; do
        renewed_outside a.example.test
        broken "$calls:signal=KILL:when=$number" && break # there are not so many
        assert_whole
        forgiven a.example.test
        look a.example.test
        assert_live a.example.test
    done
    ((number > 4 && number < 30)) || fail "$number calls"
    rm -rf inside/tmp/* # of those that were killed; the next day sweeps them
    for number in 1 2 3 5 8 11; do
        renewed_outside a.example.test
        broken "fsync,fdatasync:error=ENOSPC:when=$number" || grep -q 'No space left' out
        assert_whole
        assert_equal "$(ls inside/tmp)" '' 'what is left in tmp/'
        forgiven a.example.test
        look a.example.test
        assert_live a.example.test
    done
    run inside spool check
    assert_status 0
}

@test "on a disk that is full what is live stays, the reason is told, and with room it installs" {
    command -v unshare >/dev/null && unshare -Urm true 2>/dev/null || skip 'no user namespaces here'
    prepared
    installed a.example.test
    renewed_outside a.example.test
    cat >full <<'END'
set -eu
mount -t tmpfs -o size=1m,mode=751 none "$2"
cp -a "$3/." "$2"
export ACMEPROXY_SPOOL=$2
live() { (cd "$2/certs/a.example.test/live/" && sha256sum -- *); }
look() {
    touch "$2/certs/a.example.test/due"
    "$1" renew && echo looked || echo failed
}
dd if=/dev/zero of="$2/filler" bs=4k 2>/dev/null || true
before=$(live "$@")
look "$@"
[ "$(live "$@")" = "$before" ] && echo stays
rm "$2/filler"
look "$@"
"$1" spool check && echo sound
cp -a "$2/certs/a.example.test/live/." "$4"
END
    mkdir mount after
    ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        run unshare -Urm sh full "$ACMEPROXY" "$BATS_TEST_TMPDIR/mount" "$BATS_TEST_TMPDIR/inside" \
        "$BATS_TEST_TMPDIR/after"
    assert_equal "$(grep -xE 'looked|failed|stays|sound' <<<"$output" | xargs)" 'failed stays looked sound' \
        "what happened in $output"
    assert_output '^acmeproxy: a.example.test: use certificate 0002 of .*No space left on device; the certificate that is live stays; it could not be recorded: .*No space left on device$'
    cmp after/fullchain.pem "$(sealed a.example.test fullchain.pem)"
    assert_pair after/cert.pem after/privkey.pem
}

@test "a client that is disabled, and one whose account was revoked" {
    prepared
    installed a.example.test
    renewed_outside a.example.test
    acmeproxy client disable site1
    refused a.example.test 'this client is disabled'
    acmeproxy client enable site1
    acmeproxy client eab revoke "$(eab_kid site1)"
    forgiven a.example.test
    run look a.example.test
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*revoked.*the certificate that is live stays'
    assert_equal "$(live_generation a.example.test)" gen/0001
    # Another key of the same client: another account, the same certificates.
    add_eab site1
    run added b.example.test --order-timeout 1
    assert_output 'this account is revoked; another account is made'
    forgiven a.example.test
    look a.example.test
    assert_live a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
}

@test "a client that may not use the agent any more, one that was removed, and a server that fails" {
    prepared
    installed a.example.test
    renewed_outside a.example.test
    local policy=$SPOOL/clients/site1/client.json
    sed -i 's/"agent"/"gateway"/' "$policy"
    refused a.example.test 'this client may not use the agent'
    sed -i 's/"gateway"/"agent"/' "$policy"
    echo 'path=latest/bundle status=500 body=html' >"$HARNESS_DIR/agent-faults"
    refused a.example.test 'certificate at https://localhost:[0-9]+: HTTP status 500'
    rm "$HARNESS_DIR/agent-faults"
    forgiven a.example.test
    look a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
    acmeproxy cert remove site1@a.example.test
    acmeproxy client remove site1
    forgiven a.example.test
    before=$(cd "$(lineage a.example.test)/live/" && sha256sum -- *)
    run look a.example.test
    assert_status 1
    assert_output 'there is no such account here; the account is looked for again$'
    assert_output "register with the external account key $(eab_kid site1) \(.*acmeproxy ca add (localhost-[0-9]+) https.*directory --replace .*the external account binding is not valid; the certificate that is live stays; next attempt at 20"
    assert_equal "$(cd "$(lineage a.example.test)/live/" && sha256sum -- *)" "$before" 'what is live'
    # As it says.
    add_client site1 '**.example.test' -- --mode agent
    inside ca add "$(basename "$(dirname "$(identity)")")" "$(server)directory" --replace \
        --eab-kid "$(eab_kid site1)" --eab-key-file "$BATS_TEST_TMPDIR/eab-site1.key"
    forgiven a.example.test
    look a.example.test
    acmeproxy renew
    look a.example.test
    assert_live a.example.test
}

@test "the server says why it cannot renew, when it should have" {
    command -v faketime >/dev/null || skip 'faketime is not installed'
    prepared
    installed a.example.test
    acmeproxy client deny site1 a.example.test >/dev/null
    run at_day 61 renew
    assert_status 1
    run inside_at_day 50 renew
    assert_status 0
    touch "$(lineage a.example.test)/due"
    run inside_at_day 61 renew
    assert_status 1
    assert_output "a.example.test: $(server) could not renew it: .*this client may not have it.*stays"
}

@test "a client that sleeps for weeks gets what was renewed meanwhile" {
    command -v faketime >/dev/null || skip 'faketime is not installed'
    prepared
    installed a.example.test
    run at_day 61 renew
    assert_status 0
    run at_day 75 renew
    run inside_at_day 75 renew
    assert_status 0
    assert_output 'is live: a.example.test'
    cmp "$(live a.example.test fullchain.pem)" "$(sealed a.example.test fullchain.pem)"
    [[ $(live_generation a.example.test) == gen/0002 ]]
}

@test "a key of its own never leaves; what comes is the chain" {
    prepared
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -subj / \
        -addext subjectAltName=DNS:a.example.test -out own.csr 2>/dev/null
    added --csr own.csr --later
    inside renew
    acmeproxy renew
    look a.example.test
    assert_names "$(live a.example.test cert.pem)" a.example.test
    assert_pair "$(live a.example.test cert.pem)" own.key
    assert_chain "$(live a.example.test fullchain.pem)"
    [[ ! -e $(live a.example.test privkey.pem) ]]
    [[ ! -e $(sealed a.example.test privkey.pem.age) ]]
    renewed_outside a.example.test
    look a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
    assert_pair "$(live a.example.test cert.pem)" own.key
    # Another key would not be ours.
    renewed_outside a.example.test
    installed b.example.test
    resealed a.example.test <"$(live b.example.test fullchain.pem)"
    refused a.example.test 'the certificate is for another key'
}

@test "other names, another kind of key, a lost identity: told, made anew, installed" {
    prepared
    installed a.example.test
    inside cert set a.example.test --add-name b.example.test
    run look a.example.test
    assert_status 0
    assert_output "$(server) is still making it"
    assert_names "$(live a.example.test cert.pem)" a.example.test
    acmeproxy renew
    look a.example.test
    assert_live a.example.test b.example.test
    inside cert set a.example.test --key-type ec384
    look a.example.test
    run acmeproxy renew --force
    look a.example.test
    run openssl x509 -noout -text -in "$(live a.example.test cert.pem)"
    assert_output 'P-384'
    rm "$(identity)"
    look a.example.test
    run acmeproxy renew --force
    look a.example.test
    assert_live a.example.test b.example.test
    assert_equal "$(jq -r '.recipients[]' "$SPOOL/certs/site1@a.example.test/cert.json")" \
        "$("$ACMEPROXY" keygen -y "$(identity)")"
    assert_equal "$(live_generation a.example.test)" gen/0004
    # A name that it may not have.
    inside cert set a.example.test --add-name a.elsewhere.test
    refused a.example.test 'a.elsewhere.test: this client may not have it'
}

@test "a lost key is fetched again; a lineage that the server lost is made again" {
    prepared
    installed a.example.test
    rm "$(live a.example.test privkey.pem)"
    run look a.example.test
    assert_status 1
    assert_live a.example.test
    acmeproxy cert remove site1@a.example.test
    run look a.example.test
    assert_output 'has lost it; it is asked for once more'
    acmeproxy renew
    run look a.example.test # it still tells of the key that was lost
    assert_output 'certificate 0003 is live'
    assert_live a.example.test
}

@test "renew --force has the server renew, which is not done for ever" {
    prepared
    installed a.example.test
    (wait_until 20 test -e "$SPOOL/requests/site1@a.example.test.json" && acmeproxy renew) \
        >/dev/null 2>&1 3>&- &
    run inside renew --force a.example.test
    assert_status 0
    wait $!
    assert_equal "$(live_generation a.example.test)" gen/0002
    assert_live a.example.test
    run inside renew --force a.example.test
    assert_status 1
    assert_output 'rateLimited: it was renewed twice in the last 24 hours.*stays'
    [[ ! -e $(echo "$BATS_TEST_TMPDIR"/inside/cas/*/pause) ]] || fail 'all lineages of the server wait'
}

@test "cert revoke asks the server, and what replaces it comes by itself" {
    prepared
    installed a.example.test
    cp "$(live a.example.test cert.pem)" first.pem
    run inside cert revoke a.example.test --reason superseded
    assert_status 0
    acmeproxy renew
    assert_revoked first.pem 4
    look a.example.test
    assert_equal "$(live_generation a.example.test)" gen/0002
    assert_live a.example.test
    stop watch
    run inside cert revoke a.example.test
    assert_status 1
    assert_output "^acmeproxy: revoke a.example.test, which the agent $(server) is to have done \(.*acmeproxy cert revoke CLIENT@a.example.test\): .*cannot connect to"
    start_watch "$HARNESS_DIR/tls/localhost" "$(recall watch_port)"
    assert_live a.example.test
}

@test "cert remove has the server delete first; what the server does not have is removed here" {
    prepared
    installed a.example.test
    run inside cert remove a.example.test
    assert_status 0
    assert_output "^removed a.example.test; $(server) was asked to delete it, too\$"
    [[ ! -e $(lineage a.example.test) && -e $SPOOL/certs/site1@a.example.test ]]
    acmeproxy renew
    [[ ! -e $SPOOL/certs/site1@a.example.test && ! -e $SPOOL/names/a.example.test ]]
    # One that its operator has removed, and one that was never asked for.
    installed b.example.test
    acmeproxy cert remove site1@b.example.test
    inside cert remove b.example.test
    [[ ! -e $(lineage b.example.test) ]]
    inside cert add c.example.test --source agent --server https://proxy.example/agent/ --later
    forget_watched
    run inside cert remove c.example.test
    assert_equal "$output" 'removed c.example.test' 'the output'
    assert_equal "$(watched .)" 0 'requests'
    assert_equal "$(ls "$BATS_TEST_TMPDIR/inside/certs")" '' 'what is left'
}

@test "cert remove that the server does not hear of removes nothing, unless it is to be so" {
    prepared
    installed a.example.test
    installed b.example.test
    # A revocation waits for its pass: it is not replaced by a deletion.
    inside cert revoke b.example.test
    run inside cert remove b.example.test
    assert_status 1
    assert_output "remove b.example.test, which the agent $(server) is to delete first .*another wish \(revoke\) is still to be applied"
    stop watch
    run inside cert remove a.example.test
    assert_status 1
    assert_output "remove a.example.test, which the agent $(server) is to delete first .*--only-here.*cannot connect"
    assert_live a.example.test
    run inside cert remove a.example.test b.example.test --only-here
    assert_status 0
    assert_output '^removed a.example.test$'
    assert_output "b.example.test is still at $(server), which goes on renewing it .*cert remove CLIENT@b.example.test"
    [[ ! -e $(lineage a.example.test) && ! -e $(lineage b.example.test) ]]
    start_watch "$HARNESS_DIR/tls/localhost" "$(recall watch_port)"
    acmeproxy renew
    [[ -s $(sealed a.example.test fullchain.pem) ]]
    # It is found again where it was left.
    installed a.example.test
}

@test "a damaged lineage is removed, and its server asked, too" {
    prepared
    installed a.example.test
    echo '{' >"$(lineage a.example.test)/cert.json"
    run inside cert remove a.example.test
    assert_status 0
    assert_output 'was asked to delete it'
    jq -e '.wish == "remove"' "$SPOOL/requests/site1@a.example.test.json"
}

@test "what does not go together is refused before anybody is asked" {
    prepared
    local words
    while read -r words; do
        # shellcheck disable=SC2086
        run inside cert add a.example.test $words
        assert_status 2
    done <<EOF
--source agent
--server $(server)
--source agent --server http://localhost/agent/
--source agent --server $(server) --ca letsencrypt
--source agent --server $(server) --client site1
--source agent --server $(server) --eab-kid x
--source other
EOF
    assert_equal "$(watched .)" 0 'requests'
    run inside cert add a.example.test --source agent --server "$(server)"
    assert_status 2
    assert_output 'requires an external account binding'
    echo 'path=^/agent/directory sub="certs"=>"newOrder"' >"$HARNESS_DIR/agent-faults"
    run inside cert add a.example.test --source agent --server "$(server)"
    rm "$HARNESS_DIR/agent-faults"
    assert_status 1
    assert_output 'no acmeproxy.s agent'
    run inside cert list
    assert_equal "$(wc -l <<<"$output")" 1 'lines'
    run inside ca list
    refute_output localhost
    # By the account, once there is one, no key is needed any more.
    added a.example.test --later
    inside renew
    inside cert add b.example.test --source agent --server "${server:-$(server)}" --later
    inside renew
    [[ -e $SPOOL/requests/site1@b.example.test.json ]]
    assert_equal "$(watched 'POST /auth/new-account 201')" 1 'registrations'
    local entry
    entry=$(basename "$BATS_TEST_TMPDIR"/inside/cas/localhost-*)
    run inside ca remove "$entry"
    assert_status 1
    assert_output "remove the agent $entry: lineages use it: a.example.test, b.example.test \\(first: acmeproxy cert remove"
    inside cert remove a.example.test b.example.test --only-here
    run inside ca remove "$entry" --force
    assert_equal "$output" "removed the agent $entry" 'the output'
}
