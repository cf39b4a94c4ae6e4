#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A spool that is full, read-only or damaged: what is lost is made anew, what cannot be is told, and
# the other lineages go on.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load renewer_file

setup_file() { begin_with_ca; }

setup() { fresh; }

teardown() {
    [[ ! -d ${SPOOL:-} ]] || chmod -R u+w "$SPOOL"
    end_renewer_test
}

# assert_renewed NAME GENERATION
assert_renewed() {
    assert_equal "$(generation_of "$1")" "gen/$2" "the live generation of $1"
    assert_live "$1" "$1"
}

@test "on a full disk a pass fails with the reason, loses nothing, and goes on when there is room" {
    command -v unshare >/dev/null && unshare -Urm true 2>/dev/null || skip 'no user namespaces here'
    acmeproxy cert add a.example.test
    acmeproxy cert add --later b.example.test
    cat >"$BATS_TEST_TMPDIR/full" <<'END'
set -eu
mount -t tmpfs -o size=1m,mode=751 none "$2"
cp -a "$SPOOL/." "$2"
export ACMEPROXY_SPOOL=$2
fill() { dd if=/dev/zero of="$2/filler" bs=4k 2>/dev/null || true; }
fill "$@"
status=0
"$1" renew --force || status=$?
echo "full: $status"
"$1" status | sed 's/^/full: /'
rm "$2/filler"
"$1" spool check && echo sound
cp -a "$2/." "$3"
END
    mkdir "$BATS_TEST_TMPDIR/mount" "$BATS_TEST_TMPDIR/after"
    run unshare -Urm sh "$BATS_TEST_TMPDIR/full" "$ACMEPROXY" "$BATS_TEST_TMPDIR/mount" \
        "$BATS_TEST_TMPDIR/after"
    assert_output '^full: 1$'
    assert_output '^acmeproxy: b.example.test: .*No space left on device'
    assert_output '^full: a.example.test +deployed'
    assert_output '^sound$'
    # With room again. The web server does not see that mount, so this is the copy of it.
    SPOOL=$BATS_TEST_TMPDIR/after
    export ACMEPROXY_SPOOL=$SPOOL
    ln -sfn "$SPOOL" "$HARNESS_DIR/spool"
    touch_due b.example.test
    run acmeproxy renew
    assert_status 0
    assert_live a.example.test a.example.test
    assert_live b.example.test b.example.test
}

@test "a disk that fills up at any write leaves nothing half-written, and no certificate is lost" {
    command -v strace >/dev/null || skip 'strace is not installed'
    local number name
    for number in 1 2 3 5 8 13 21 34; do
        name=w$number.example.test
        acmeproxy cert add --later "$name"
        strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=fsync,fdatasync \
            -e inject=fsync,fdatasync:error=ENOSPC:when="$number" "$ACMEPROXY" renew "$name" \
            2>"$BATS_TEST_TMPDIR/err" || grep -q 'No space left' "$BATS_TEST_TMPDIR/err"
        run acmeproxy renew "$name"
        assert_status 0
        assert_live "$name" "$name"
    done
    assert_sound_spool
}

@test "a read-only spool is told, without asking the CA" {
    ((EUID)) || skip 'root may write everywhere'
    acmeproxy cert add a.example.test
    acmeproxy cert add --later b.example.test
    chmod -R a-w "$SPOOL"
    forget_requests
    run acmeproxy renew
    assert_status 1
    assert_output '^acmeproxy: .*b.example.test.*Permission denied'
    assert_equal "$(proxy_requests 'POST ')" 0 'the number of requests'
    run acmeproxy status
    assert_status 0
    assert_output '^a.example.test +deployed'
    chmod -R u+w "$SPOOL"
    touch_due b.example.test
    acmeproxy renew
    assert_live b.example.test b.example.test
}

@test "a spool of another user is told" {
    ((EUID)) || skip 'root may read everything'
    run acmeproxy --spool /proc/1/acmeproxy renew
    assert_status 1
    assert_output '^acmeproxy: '
    assert_error_lines 1
    run acmeproxy --spool "$BATS_TEST_TMPDIR/none" status
    assert_status 1
    assert_output "$BATS_TEST_TMPDIR/none"
}

@test "a damaged lineage is told with what to do, and the sound ones beside it are renewed" {
    local name
    for name in a b c; do
        acmeproxy cert add --later $name.example.test
    done
    echo '{ "format": 1, ' >"$(lineage b.example.test)/cert.json"
    run acmeproxy renew
    assert_status 1
    assert_output '^acmeproxy: b.example.test: .*cert.json.*restore it from a backup, or remove the lineage and add it again'
    assert_equal "$(grep -c '^acmeproxy: b.example.test' <<<"$output")" 1 'the number of lines on it'
    assert_renewed a.example.test 0001
    assert_renewed c.example.test 0001
    # It is told again in each pass, and by those who look.
    run acmeproxy renew
    assert_status 1
    run acmeproxy status
    assert_output '^b.example.test +damaged'
    run acmeproxy status --check
    assert_status 1
    run acmeproxy spool check
    assert_status 1
    assert_output 'b.example.test/cert.json: '
    acmeproxy cert remove b.example.test
    assert_sound_spool
}

@test "a file of a newer format is left alone" {
    acmeproxy cert add --later a.example.test
    local file
    file=$(lineage a.example.test)/cert.json
    jq '.format = 2' "$file" >"$BATS_TEST_TMPDIR/new"
    cat "$BATS_TEST_TMPDIR/new" >"$file"
    run acmeproxy renew
    assert_status 1
    assert_output 'format'
    cmp "$file" "$BATS_TEST_TMPDIR/new"
}

@test "a folder that is no lineage is told, and does no harm" {
    acmeproxy cert add --later a.example.test
    mkdir "$SPOOL/certs/Not A Name"
    touch "$SPOOL/certs/stray"
    run acmeproxy renew
    assert_renewed a.example.test 0001
    run acmeproxy spool check
    assert_status 1
    assert_output 'Not A Name'
    assert_output 'stray'
}

@test "what was lost beside a sound certificate is made anew" {
    acmeproxy cert add a.example.test b.example.test --reuse-key --hook ''
    local dir file spec
    dir=$(lineage a.example.test)
    spec=$(jq -S . "$dir/cert.json")
    for file in cert.json retry.json due live gen/0001/cert.pem gen/0001/chain.pem gen/0001/wanted.json; do
        rm -f "$dir/$file"
        run acmeproxy renew a.example.test
        [[ $status == [01] ]]
        [[ -e $dir/$file || $file == *wanted* || $file == retry* ]] || fail "$file was not made anew"
        assert_equal "$(readlink "$dir/live")" gen/0001 "live without $file"
    done
    assert_equal "$(jq -S . "$dir/cert.json")" "$spec" 'cert.json'
    assert_live a.example.test a.example.test b.example.test
    assert_issued 1 1
    acmeproxy renew
    run acmeproxy spool check --repair
    assert_sound_spool
}

@test "what is garbage beside a sound certificate is made anew, and told" {
    acmeproxy cert add a.example.test
    local dir file
    dir=$(lineage a.example.test)
    for file in cert.json retry.json ari.json order.json; do
        head -c 100 /dev/urandom >"$dir/$file"
        chmod 600 "$dir/$file"
        touch_due a.example.test
        run acmeproxy renew
        [[ $status == [01] ]]
        run acmeproxy renew a.example.test
        assert_status 0
    done
    assert_live a.example.test a.example.test
    assert_issued 1 1
    # What was not needed since is still garbage.
    run acmeproxy spool check --repair
    assert_status 0
    assert_sound_spool
}

@test "a lost private key is told, and a new certificate obtained as soon as it may" {
    acmeproxy cert add a.example.test
    rm "$(lineage a.example.test)/gen/0001/privkey.pem"
    run acmeproxy status --check
    assert_status 1
    assert_output 'a.example.test'
    run acmeproxy renew a.example.test
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*key'
    run acmeproxy renew --force a.example.test
    assert_live a.example.test a.example.test
    assert_equal "$(generation_of a.example.test)" gen/0002
    run acmeproxy renew
    assert_status 0
}

@test "an account key that is lost or garbage is told or replaced, and never a crash" {
    acmeproxy cert add a.example.test
    local account=$SPOOL/cas/letsencrypt/accounts/default
    echo garbage >"$account/account.json"
    run acmeproxy renew --force
    assert_status 0
    rm "$account/key.pem"
    run acmeproxy renew --force
    assert_status 0
    echo garbage >"$account/key.pem"
    run acmeproxy renew --force a.example.test
    assert_status 1
    assert_output '^acmeproxy: a.example.test: .*key.pem'
    assert_live a.example.test a.example.test
}

@test "spool check finds what is not as it should be, and --repair mends what it may" {
    acmeproxy cert add a.example.test
    chmod 644 "$(lineage a.example.test)/gen/0001/privkey.pem"
    chmod 777 "$SPOOL/certs"
    rmdir "$SPOOL/tmp"
    rm "$(lineage a.example.test)/live"
    ln -s /etc/passwd "$SPOOL/challenges/link"
    run acmeproxy spool check
    assert_status 1
    assert_output 'privkey.pem: .*(mode|0?644)'
    assert_output "^$SPOOL/certs: "
    assert_output "^$SPOOL/tmp: "
    assert_output 'challenges/link: '
    assert_output 'acmeproxy spool check --repair'
    run acmeproxy spool check --repair
    assert_status 1
    assert_mode "$(lineage a.example.test)/gen/0001/privkey.pem" 600
    assert_mode "$SPOOL/certs" 750
    [[ -d $SPOOL/tmp ]]
    assert_live a.example.test a.example.test
    # Whoever made this has to take it away.
    [[ -L $SPOOL/challenges/link ]]
    rm "$SPOOL/challenges/link"
    assert_sound_spool
}

@test "a file that is a link is not followed" {
    acmeproxy cert add --later a.example.test
    cp "$(lineage a.example.test)/cert.json" "$BATS_TEST_TMPDIR/elsewhere"
    ln -sf "$BATS_TEST_TMPDIR/elsewhere" "$(lineage a.example.test)/cert.json"
    run acmeproxy renew
    assert_status 1
    assert_output 'cert.json'
    assert_issued 0 0
}
