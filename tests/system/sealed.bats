#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Lineages whose key is for a client alone: what they hold, who can open it, and that the key is
# nowhere else; renewed, killed, changed, and refused by the client's policy.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() {
    begin_with_ca
    command -v age >/dev/null || skip 'age is not installed'
    local key
    for key in client second escrow; do
        "$ACMEPROXY" keygen -o "$BATS_FILE_TMPDIR/$key" 2>/dev/null
    done
}

setup() {
    fresh
    client=$(recipient client)
    second=$(recipient second)
    escrow=$(recipient escrow)
    acmeproxy client add web1 '**.example.test' --mode agent
    name=web1@a.example.test
}

recipient() { "$ACMEPROXY" keygen -y "$BATS_FILE_TMPDIR/$1"; }

# add [OPTION...]: a sealed lineage for a.example.test.
add() { acmeproxy cert add a.example.test --client web1 "$@"; }

# opened KEY FILE: what is in a sealed file of the live generation.
opened() { age -d -i "$BATS_FILE_TMPDIR/$1" "$(live "$name" "$2")"; }

# assert_sealed KEY DNS-NAME...: live is a certificate for these names; the sealed files hold its
# key, and key and chain; there is no other form of the key.
assert_sealed() {
    local key=$1 plain=$BATS_TEST_TMPDIR/plain
    shift
    assert_names "$(cert "$name")" "$@" || return 1
    assert_chain "$(live "$name" fullchain.pem)" || return 1
    opened "$key" privkey.pem.age >"$plain" || return 1
    assert_pair "$(cert "$name")" "$plain" || return 1
    opened "$key" bundle.pem.age | cmp - <(cat "$plain" "$(live "$name" fullchain.pem)") ||
        fail 'the bundle is not key and chain' || return 1
    assert_nowhere "$plain"
}

# assert_nowhere KEY-FILE [FOLDER...]: neither its PEM, nor its DER, nor its secret number is in the
# spool, in what was printed or in these folders.
assert_nowhere() {
    "$(system_python)" - "$1" "$SPOOL" "$BATS_TEST_TMPDIR/printed" "${@:2}" <<'EOF'
import base64, os, re, subprocess, sys
pem = open(sys.argv[1], "rb").read()
body = b"".join(line for line in pem.splitlines() if not line.startswith(b"-----"))
der = base64.b64decode(body)
number = der[36:68]  # of a P-256 key in PKCS #8
needles = [b"PRIVATE KEY", body[40:90], pem.splitlines()[1], der[20:60], number, number[::-1],
           number.hex().encode()]
found = 0
files = 0
for root in sys.argv[2:]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if "/cas/" in path or os.path.islink(path):
                continue  # account keys
            data = open(path, "rb").read()
            files += 1
            for needle in needles:
                if needle in data:
                    print("in", path, file=sys.stderr)
                    found += 1
sys.exit(1 if found or not files else 0)
EOF
}

@test "the client alone opens key and bundle, which are nowhere else" {
    run add --recipient "$client"
    assert_status 0
    assert_output "$SPOOL/certs/$name/live"
    assert_sealed client a.example.test
    run opened second privkey.pem.age
    [[ $status != 0 ]]
    [[ ! -e $(live "$name" privkey.pem) && ! -e $(live "$name" bundle.begun) ]]
    assert_mode "$(live "$name" privkey.pem.age)" 640
    assert_equal "$(field "$name" .state)" deployed
    assert_sound_spool
    run acmeproxy cert show "$name"
    assert_output '^ *key: +ec256, sealed'
    assert_output '^ *client: +web1'
    assert_output "$client"
    run acmeproxy cert list
    assert_output "^$name .*ec256, sealed"
}

@test "the search for the key finds one that is there" {
    add --recipient "$client"
    opened client privkey.pem.age >"$BATS_TEST_TMPDIR/plain"
    cp "$BATS_TEST_TMPDIR/plain" "$SPOOL/tmp/leak"
    run assert_nowhere "$BATS_TEST_TMPDIR/plain"
    assert_status 1
    assert_output 'in .*/tmp/leak'
    openssl pkey -in "$BATS_TEST_TMPDIR/plain" -outform DER -out "$SPOOL/tmp/leak"
    run assert_nowhere "$BATS_TEST_TMPDIR/plain"
    assert_status 1
    rm "$SPOOL/tmp/leak"
    assert_nowhere "$BATS_TEST_TMPDIR/plain"
}

@test "several recipients and the escrow key open it, each alone" {
    add --recipient "$client" --recipient "$second" --escrow "$escrow"
    assert_sealed client a.example.test
    assert_sealed second a.example.test
    assert_sealed escrow a.example.test
}

@test "without --escrow only the recipients open it" {
    add --recipient "$client"
    assert_equal "$(grep -ac '^-> X25519 ' "$(live "$name" privkey.pem.age)")" 1 'the number of stanzas'
    assert_equal "$(grep -ac '^-> X25519 ' "$(live "$name" bundle.pem.age)")" 1 'the number of stanzas'
}

@test "a name belongs to one client at a time" {
    acmeproxy client add web2 '**.example.test' --mode agent
    add --recipient "$client" --later
    run acmeproxy cert add b.example.test a.example.test --client web2 --recipient "$second" --later
    assert_status 1
    assert_output 'client web2 may not have a.example.test: a lineage of another client is for it'
    [[ ! -e $(lineage web2@b.example.test) ]]
    acmeproxy cert add b.example.test --client web2 --recipient "$second" --later
    run acmeproxy cert set web2@b.example.test --add-name a.example.test
    assert_status 1
    acmeproxy cert remove "$name"
    acmeproxy cert set web2@b.example.test --add-name a.example.test
    run add --recipient "$client" --later
    assert_status 1
    assert_sound_spool
}

@test "the client's own recipient is the default" {
    local policy=$SPOOL/clients/web1/client.json
    run add
    assert_status 2
    assert_output 'client web1 has told no recipient'
    jq --arg r "$client" '.recipient = $r' "$policy" >"$BATS_TEST_TMPDIR/policy"
    cat "$BATS_TEST_TMPDIR/policy" >"$policy"
    add
    assert_sealed client a.example.test
}

@test "each renewal makes a new key; with --reuse-key ciphertext and request stay" {
    local first
    add --recipient "$client"
    first=$(opened client privkey.pem.age)
    acmeproxy renew --force "$name"
    assert_equal "$(generation_of "$name")" gen/0002
    assert_sealed client a.example.test
    [[ $(opened client privkey.pem.age) != "$first" ]]

    acmeproxy cert set "$name" --reuse-key
    acmeproxy renew --force "$name"
    first=$(opened client privkey.pem.age)
    assert_equal "$(generation_of "$name")" gen/0003
    acmeproxy renew --force "$name"
    assert_equal "$(generation_of "$name")" gen/0004
    assert_sealed client a.example.test
    assert_equal "$(opened client privkey.pem.age)" "$first" 'the key'
    cmp "$(lineage "$name")"/gen/000{3,4}/privkey.pem.age
    cmp "$(lineage "$name")"/gen/000{3,4}/request.pem
    ! cmp -s "$(lineage "$name")"/gen/000{3,4}/bundle.pem.age || fail "it was not sealed anew"
    assert_sound_spool
}

@test "another recipient, or other names, mean a new key even with --reuse-key" {
    local first
    add --recipient "$client" --reuse-key
    first=$(opened client privkey.pem.age)
    acmeproxy cert set "$name" --recipient "$second"
    acmeproxy renew "$name"
    assert_issued 2 2
    assert_sealed second a.example.test
    run opened client privkey.pem.age
    [[ $status != 0 ]]
    [[ $(opened second privkey.pem.age) != "$first" ]]

    first=$(opened second privkey.pem.age)
    acmeproxy cert set "$name" --add-name b.example.test
    acmeproxy renew --force "$name" # the third of this day
    assert_sealed second a.example.test b.example.test
    [[ $(opened second privkey.pem.age) != "$first" ]]
}

@test "a client's own request: there is no key to seal, and the bundle is the chain" {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
        -keyout "$BATS_TEST_TMPDIR/own-key" -addext subjectAltName=DNS:a.example.test \
        -out "$BATS_TEST_TMPDIR/own.csr" 2>/dev/null
    acmeproxy cert add --csr "$BATS_TEST_TMPDIR/own.csr" --client web1 --recipient "$client"
    assert_names "$(cert "$name")" a.example.test
    assert_pair "$(cert "$name")" "$BATS_TEST_TMPDIR/own-key"
    [[ ! -e $(live "$name" privkey.pem.age) ]]
    opened client bundle.pem.age | cmp - "$(live "$name" fullchain.pem)"
    assert_sound_spool
    acmeproxy cert remove "$name"
    # Nor is a recipient needed.
    acmeproxy cert add --csr "$BATS_TEST_TMPDIR/own.csr" --client web1
    [[ -e $(live "$name" fullchain.pem) && ! -e $(live "$name" bundle.pem.age) ]]
    assert_sound_spool
}

@test "names that the client may not have are refused when they are asked for" {
    run acmeproxy cert add a.other.test --client web1 --recipient "$client"
    assert_status 1
    assert_output 'client web1 may not have a.other.test: no pattern of its policy covers it'
    run acmeproxy cert add a.example.test --client nobody --recipient "$client"
    assert_status 1
    assert_output 'there is no client named "nobody"'
    acmeproxy client add gate '**.example.test' --mode gateway
    run acmeproxy cert add a.example.test --client gate --recipient "$client"
    assert_status 1
    assert_output 'has not the mode "agent"'
    acmeproxy client deny web1 b.example.test
    run acmeproxy cert add b.example.test --client web1 --recipient "$client"
    assert_status 1
    assert_output 'its policy says !b.example.test'
    assert_equal "$(find "$SPOOL/certs" -mindepth 1)" ''
    assert_issued 0 0
}

@test "a name that is no longer allowed is not renewed, and the certificate stays" {
    local serial
    add --recipient "$client"
    serial=$(serial_of "$name")
    acmeproxy client deny web1 a.example.test
    run acmeproxy renew --force "$name"
    assert_status 1
    assert_output "$name: client web1 may not have a.example.test: its policy says !a.example.test"
    assert_equal "$(serial_of "$name")" "$serial"
    assert_issued 1 1
    acmeproxy client deny web1 a.example.test --drop
    acmeproxy client disable web1
    run acmeproxy renew --force "$name"
    assert_status 1
    assert_output 'client web1 is disabled'
    acmeproxy client enable web1
    acmeproxy renew --force "$name"
    assert_issued 2 2
    assert_sealed client a.example.test
}

@test "the hook of all lineages is not run for a sealed one; its own is" {
    printf '#!/bin/sh\nenv >>%s\n' "$BATS_TEST_TMPDIR/ran" >"$BATS_TEST_TMPDIR/hook"
    chmod 755 "$BATS_TEST_TMPDIR/hook"
    ((EUID)) || skip 'hooks of root lie elsewhere'
    add --recipient "$client" --certificate-obtained-hook "$BATS_TEST_TMPDIR/hook"
    [[ ! -e $BATS_TEST_TMPDIR/ran ]]
    assert_equal "$(field "$name" .state)" deployed
    acmeproxy cert set "$name" --hook "$BATS_TEST_TMPDIR/hook"
    acmeproxy renew --force "$name"
    grep -qx "ACMEPROXY_CERT_NAME=$name" "$BATS_TEST_TMPDIR/ran"
    grep -qx 'ACMEPROXY_CERT_KEY=' "$BATS_TEST_TMPDIR/ran"
}

# kill_at REQUEST [hold|hold-answer CONDITION]: kills the program while the CA's answer is held.
kill_at() {
    acmeproxy cert add --later a.example.test --client web1 --recipient "$client"
    inject path="${1#* }" method="${1% *}" "${2:-hold}=$BATS_TEST_TMPDIR/go" \
        ${3:-drop=before}
    start_acmeproxy renew
    await_request "$1"
    [[ -z ${4:-} ]] || wait_until 10 eval "$4"
    kill_started
    touch "$BATS_TEST_TMPDIR/go"
    no_faults
}

# assert_goes_on STATE: the next pass ends it: the sealed key that was there, one order, one
# certificate, the key in the bundle, too.
assert_goes_on() {
    local before
    assert_equal "$(field "$name" .state)" "$1"
    before=$(sha256sum <"$(lineage "$name")/gen/0001/privkey.pem.age")
    acmeproxy renew
    assert_sealed client a.example.test
    assert_equal "$(sha256sum <"$(live "$name" privkey.pem.age)")" "$before" 'the sealed key'
    assert_issued 1 1
    assert_equal "$(field "$name" .state)" deployed
    assert_sound_spool
}

@test "killed before newOrder: gone on with" {
    kill_at 'POST /order-plz'
    assert_goes_on keyed
}

@test "killed before finalize: gone on with" {
    kill_at 'POST /finalize-order'
    assert_goes_on ordered
}

@test "killed after the certificate was issued: downloaded, with the key in the bundle" {
    # shellcheck disable=SC2016 # evaluated later
    kill_at 'POST /finalize-order' hold-answer times=1 '(($(certificates) == 1))'
    assert_goes_on ordered
}

@test "killed before the download: gone on with" {
    kill_at 'POST /certZ'
    assert_goes_on ordered
}

@test "killed at any rename, any link and any removal, one certificate comes of it" {
    command -v strace >/dev/null || skip 'strace is not installed'
    add_at() {
        name=web1@$1
        acmeproxy cert add --later "$1" --client web1 --recipient "$client"
    }
    assert_live_at() { assert_sealed client "$1"; }
    assert_one_certificate_after_any_kill add_at assert_live_at
}

@test "a disk that fills up at any write leaves nothing half-written, and no plaintext" {
    command -v strace >/dev/null || skip 'strace is not installed'
    local number
    for number in 1 2 3 4 5 6 8 13 18 21 24 27 30; do
        name=web1@w$number.example.test
        acmeproxy cert add --later "w$number.example.test" --client web1 --recipient "$client"
        strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=fsync,fdatasync \
            -e inject=fsync,fdatasync:error=ENOSPC:when="$number" "$ACMEPROXY" renew "$name" \
            2>"$BATS_TEST_TMPDIR/err" || grep -q 'No space left' "$BATS_TEST_TMPDIR/err"
        run acmeproxy renew "$name"
        assert_status 0
        assert_sealed client "w$number.example.test"
    done
    assert_sound_spool
}

@test "a sealed file that is lost is made anew where it can be, else reported and replaced" {
    add --recipient "$client" --reuse-key
    rm "$(live "$name" bundle.pem.age)"
    run acmeproxy spool check
    assert_status 1
    assert_output 'lacks cert.pem, chain.pem or bundle.pem.age'
    touch_due "$name"
    acmeproxy renew || true
    assert_sealed client a.example.test
    assert_issued 1 1
    assert_sound_spool
    : >"$(live "$name" privkey.pem.age)"
    run acmeproxy spool check
    assert_status 1
    assert_output 'privkey.pem.age'
    run acmeproxy renew --force "$name"
    assert_output 'privkey.pem.age or bundle.pem.age is missing or damaged'
    assert_equal "$(generation_of "$name")" gen/0002
    assert_sealed client a.example.test
}

# What the bundle is made from went when the certificate was live: for the old key there is no other bundle.
@test "a sealed certificate that cannot be read is replaced, with a new key" {
    local request
    add --recipient "$client"
    request=$(cat "$(live "$name" request.pem)")
    [[ ! -e $(live "$name" bundle.begun) ]]
    chmod u+w "$(live "$name" fullchain.pem)"
    echo garbage >"$(live "$name" fullchain.pem)"
    touch_due "$name"
    run acmeproxy renew
    assert_status 1
    assert_output 'fullchain.pem cannot be read as certificates'
    assert_sealed client a.example.test
    [[ $(cat "$(live "$name" request.pem)") != "$request" ]] || fail 'the old key is in use'
    assert_sound_spool
    run acmeproxy renew
    assert_status 0
}

@test "neither core files nor other processes of its user see a pass" {
    acmeproxy cert add --later a.example.test --client web1 --recipient "$client"
    inject path=^/order-plz method=POST hold="$BATS_TEST_TMPDIR/go"
    start_acmeproxy renew
    await_request 'POST /order-plz'
    grep -qE '^Max core file size +0 ' "/proc/$started/limits"
    # OpenSSL's heap for secrets, 2 MiB, cannot be swapped out.
    local locked
    locked=$(awk '/^VmLck:/ { print $2 }' "/proc/$started/status")
    ((locked >= 2048)) || fail "$locked KiB are locked"
    if ((EUID)); then
        run head -c 1 "/proc/$started/mem"
        assert_output 'Permission denied'
    fi
    touch "$BATS_TEST_TMPDIR/go"
    wait "$started"
    no_faults
    assert_sealed client a.example.test
}

# memory_of PID: all that it can write to.
memory_of() {
    "$(system_python)" - "$1" <<'EOF'
import sys
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as memory:
    for line in maps:
        where, rights = line.split()[:2]
        begin, end = (int(number, 16) for number in where.split("-"))
        if not rights.startswith("rw") or "[v" in line:
            continue
        memory.seek(begin)
        try:
            sys.stdout.buffer.write(memory.read(end - begin))
        except OSError:
            pass  # a guard page
EOF
}

@test "a pass that has made and sealed a key has nothing of it in its memory" {
    command -v strace >/dev/null || skip 'strace is not installed'
    local tracer pid memory=$BATS_TEST_TMPDIR/memory
    mkdir "$memory"
    # At the end of the pass it waits for its hook.
    printf '#!/bin/sh\ntouch "%s/ended"\nwhile ! [ -e "%s/go-on" ]; do sleep 0.1; done\n' \
        "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/hook"
    chmod 755 "$BATS_TEST_TMPDIR/hook"
    acmeproxy cert add --later a.example.test --client web1 --recipient "$client" \
        --hook "$BATS_TEST_TMPDIR/hook"
    inject path=^/order-plz method=POST hold="$BATS_TEST_TMPDIR/go"
    # It can be looked into since strace keeps it from forbidding that.
    strace -o "$BATS_TEST_TMPDIR/trace" -e trace=prctl -e inject=prctl:retval=0 "$ACMEPROXY" renew \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    tracer=$!
    await_request 'POST /order-plz'
    pid=$(pgrep -P "$tracer")
    memory_of "$pid" >"$memory/pass"
    touch "$BATS_TEST_TMPDIR/go"
    wait_until 20 test -e "$BATS_TEST_TMPDIR/ended"
    memory_of "$pid" >"$memory/end"
    touch "$BATS_TEST_TMPDIR/go-on"
    wait "$tracer"
    no_faults
    assert_sealed client a.example.test
    # What must be there is: the request that the key has signed.
    openssl req -in "$(live "$name" request.pem)" -outform DER | tail -c 40 >"$BATS_TEST_TMPDIR/known"
    "$(system_python)" -c 'import sys; a, b = (open(f, "rb").read() for f in sys.argv[1:])
sys.exit(b not in a)' "$memory/pass" "$BATS_TEST_TMPDIR/known" || fail 'the search finds nothing at all'
    grep -qaF a.example.test "$memory/end"
    assert_nowhere "$BATS_TEST_TMPDIR/plain" "$memory"
    # And it would find the key.
    cat "$BATS_TEST_TMPDIR/plain" >>"$memory/pass"
    run assert_nowhere "$BATS_TEST_TMPDIR/plain" "$memory"
    assert_status 1
}
