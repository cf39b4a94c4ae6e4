#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The certificate-obtained-hook: what it is told, when it runs, and what its failure means.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load renewer_file

setup_file() { begin_with_ca; }

setup() {
    ((EUID)) || skip 'root runs hooks of root only: run this as another user'
    fresh
    seen=$BATS_TEST_TMPDIR/seen
}

# make_hook NAME: an executable from standard input; prints its path.
make_hook() {
    { echo '#!/bin/sh' && cat; } >"$BATS_TEST_TMPDIR/$1"
    chmod +x "$BATS_TEST_TMPDIR/$1"
    echo "$BATS_TEST_TMPDIR/$1"
}

runs() { grep -c . "$seen" 2>/dev/null || true; }

@test "the hook's environment is this, and nothing else" {
    local hook dir
    hook=$(make_hook hook <<<"env -u PWD -u OLDPWD -u _ -u SHLVL | sort >'$seen'")
    export ACMEPROXY_WORKERS=3 SECRET_OF_THE_CALLER=1
    acmeproxy cert add --name main b.example.test a.example.test 127.0.0.1 --hook "$hook"
    dir=$(lineage main)/live
    sort >"$BATS_TEST_TMPDIR/expected" <<END
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LANG=C.UTF-8
ACMEPROXY_CERT_NAME=main
ACMEPROXY_CERT_DOMAINS=$(jq -r '.[0].identifiers | join(",")' < <("$ACMEPROXY" status --json main))
ACMEPROXY_CERT_DIR=$dir
ACMEPROXY_CERT_GENERATION=1
ACMEPROXY_CERT_KEY=$dir/privkey.pem
ACMEPROXY_CERT_CERT=$dir/cert.pem
ACMEPROXY_CERT_CHAIN=$dir/chain.pem
ACMEPROXY_CERT_FULLCHAIN=$dir/fullchain.pem
ACMEPROXY_CERT_NOT_AFTER=$(date -u +%Y-%m-%dT%H:%M:%SZ -d "$(openssl x509 -noout -enddate -in "$(cert main)" | cut -d= -f2)")
ACMEPROXY_CERT_SERIAL=$(openssl x509 -noout -serial -in "$(cert main)" | cut -d= -f2 | tr A-F a-f)
ACMEPROXY_CERT_FINGERPRINT=$(openssl x509 -noout -fingerprint -sha256 -in "$(cert main)" | cut -d= -f2 | tr -d : | tr A-F a-f)
RENEWED_LINEAGE=$dir
RENEWED_DOMAINS=$(jq -r '.[0].identifiers | join(" ")' < <("$ACMEPROXY" status --json main))
LEGO_HOOK_CERT_NAME=main
LEGO_HOOK_CERT_DOMAINS=$(jq -r '.[0].identifiers | join(",")' < <("$ACMEPROXY" status --json main))
LEGO_HOOK_CERT_PATH=$dir/fullchain.pem
LEGO_HOOK_CERT_KEY_PATH=$dir/privkey.pem
LEGO_CERT_DOMAIN=$(jq -r '.[0].identifiers[0]' < <("$ACMEPROXY" status --json main))
LEGO_CERT_PATH=$dir/fullchain.pem
LEGO_CERT_KEY_PATH=$dir/privkey.pem
END
    # Serial numbers and fingerprints are compared without regard to case.
    diff -i "$BATS_TEST_TMPDIR/expected" "$seen"
    for file in KEY CERT CHAIN FULLCHAIN; do
        [[ -s $(sed -n "s/^ACMEPROXY_CERT_$file=//p" "$seen") ]] || fail "$file names no file"
    done
}

@test "a hook has the umask that acmeproxy was started with" {
    local hook mask
    hook=$(make_hook hook <<<"umask >>'$seen'; echo x >'$BATS_TEST_TMPDIR/made'")
    acmeproxy cert add a.example.test 2>/dev/null
    acmeproxy cert set a.example.test --hook "$hook"
    for mask in 0022 0002 0077; do
        (umask "$mask" && acmeproxy renew --force)
    done
    assert_equal "$(tr '\n' ' ' <"$seen")" '0022 0002 0077 '
    # What acmeproxy makes has the modes of doc/spool.md under any.
    (umask 0 && acmeproxy renew --force)
    run acmeproxy spool check
    assert_status 0
}

@test "a hook runs once a generation, the lineage's own before the global one" {
    local own global
    own=$(make_hook own <<<"echo own \$ACMEPROXY_CERT_GENERATION >>'$seen'")
    global=$(make_hook global <<<"echo global \$ACMEPROXY_CERT_GENERATION >>'$seen'")
    export ACMEPROXY_CERTIFICATE_OBTAINED_HOOK=$global
    acmeproxy cert add a.example.test --hook "$own"
    acmeproxy renew a.example.test
    touch_due a.example.test
    acmeproxy renew
    acmeproxy deploy --force
    assert_equal "$(tr '\n' ' ' <"$seen")" 'own 1 global 1 '
    acmeproxy renew --force
    assert_equal "$(tr '\n' ' ' <"$seen")" 'own 1 global 1 own 2 global 2 '
}

@test "a failed hook is a failure of the pass, is told with its output, and is tried again until it succeeds" {
    local hook
    hook=$(make_hook hook <<<"echo run >>'$seen'; echo 'cannot reload: no such server' >&2; test -e '$BATS_TEST_TMPDIR/good'")
    run acmeproxy cert add a.example.test --hook "$hook"
    assert_status 1
    assert_output '^acmeproxy: a.example.test: hook: cannot reload: no such server'
    assert_output "^acmeproxy: a.example.test: hook $hook: exit status 1; tried again at 20"
    assert_live a.example.test a.example.test
    assert_equal "$(field a.example.test .state)" live
    assert_equal "$(field a.example.test .last_error)" "hook $hook: exit status 1"
    # Its time has not come.
    run acmeproxy renew
    assert_status 0
    assert_equal "$(runs)" 1
    # On demand it runs, and fails again.
    run acmeproxy renew a.example.test
    assert_status 1
    assert_equal "$(runs)" 2
    touch "$BATS_TEST_TMPDIR/good"
    run acmeproxy deploy --force
    assert_status 0
    assert_output 'deployed 1'
    assert_equal "$(field a.example.test .state)" deployed
    assert_equal "$(field a.example.test .last_error)" ''
    assert_equal "$(runs)" 3
    acmeproxy deploy --force
    assert_equal "$(runs)" 3
    assert_issued 1 1
}

@test "when the time of its next try has come, a later pass runs the hook" {
    local hook
    hook=$(make_hook hook <<<"echo run >>'$seen'; test -e '$BATS_TEST_TMPDIR/good'")
    run acmeproxy cert add a.example.test --hook "$hook"
    assert_status 1
    touch "$BATS_TEST_TMPDIR/good"
    # As if the minute were over.
    local retry
    retry=$(lineage a.example.test)/retry.json
    jq '.hook_next = "2020-01-01T00:00:00Z"' "$retry" >"$BATS_TEST_TMPDIR/retry"
    cat "$BATS_TEST_TMPDIR/retry" >"$retry"
    touch_due a.example.test
    run acmeproxy renew
    assert_status 0
    assert_equal "$(runs)" 2
    assert_equal "$(field a.example.test .state)" deployed
}

@test "a hook that fails stops neither other hooks nor the next renewal" {
    local bad good
    bad=$(make_hook bad <<<'exit 3')
    good=$(make_hook good <<<"echo \$ACMEPROXY_CERT_NAME >>'$seen'")
    acmeproxy cert add --later a.example.test --hook "$bad"
    acmeproxy cert add --later b.example.test --hook "$good"
    run acmeproxy renew
    assert_status 1
    assert_output 'a.example.test: hook .*: exit status 3'
    assert_equal "$(cat "$seen")" b.example.test
    run acmeproxy renew --force a.example.test
    assert_status 1
    assert_equal "$(generation_of a.example.test)" gen/0002
    acmeproxy cert set a.example.test --hook "$good"
    acmeproxy deploy a.example.test
    assert_equal "$(tail -n 1 "$seen")" a.example.test
}

@test "a hook that takes too long is ended with all that it has started" {
    local hook pid
    hook=$(make_hook hook <<END
trap '' TERM
sleep 1000 &
echo \$! >>'$seen'
(trap '' TERM; while :; do sleep 1; done) &
echo \$! >>'$seen'
echo \$\$ >>'$seen'
wait
while :; do sleep 1; done
END
    )
    run acmeproxy cert add a.example.test --hook "$hook" --hook-timeout 1s
    assert_status 1
    assert_output "hook $hook: timed out"
    assert_equal "$(runs)" 3
    while read -r pid; do
        [[ ! -d /proc/$pid || $(stat_field "$pid" 3) == Z ]] || fail "process $pid lives"
    done <"$seen"
}

@test "hooks that cannot be run are told with a reason, and the certificate is kept" {
    local hook=$BATS_TEST_TMPDIR/plain
    echo text >"$hook"
    run acmeproxy cert add a.example.test --hook "$hook"
    assert_status 1
    assert_output 'is not an executable file \(chmod \+x\)'
    run acmeproxy cert add b.example.test --hook "$BATS_TEST_TMPDIR/missing"
    assert_status 1
    assert_output 'No such file'
    assert_live b.example.test b.example.test
    run acmeproxy cert add c.example.test --hook relative/path
    [[ $status != 0 ]]
    echo 'not a program' >"$hook"
    chmod +x "$hook"
    run acmeproxy deploy a.example.test
    assert_status 1
    # A plain name is a file of the hooks folder.
    mkdir "$BATS_TEST_TMPDIR/hooks"
    make_hook hooks/reload <<<"echo reload >>'$seen'"
    acmeproxy cert set a.example.test --hook reload
    acmeproxy deploy a.example.test --hooks-dir "$BATS_TEST_TMPDIR/hooks"
    assert_equal "$(cat "$seen")" reload
}

@test "what a hook prints cannot forge a line or move the cursor" {
    local hook
    hook=$(make_hook hook <<<"printf 'one\\033[31mred\\r\\nacmeproxy: two\\n'")
    run acmeproxy cert add a.example.test --hook "$hook"
    assert_status 0
    refute_output $'\033'
    refute_output '^acmeproxy: two'
    assert_output 'a.example.test: hook: acmeproxy: two'
}

@test "a hook gets no open file, no terminal and no working folder of ours" {
    local hook
    hook=$(make_hook hook <<<"{ pwd; ls /proc/\$\$/fd | tr '\\n' ' '; readlink /proc/\$\$/fd/0; } >'$seen'")
    cd "$BATS_TEST_TMPDIR"
    acmeproxy cert add a.example.test --hook "$hook" 4>&1 </dev/zero
    assert_equal "$(head -n 1 "$seen")" /
    assert_output_file() { grep -qE "$1" "$seen" || fail "$(cat "$seen")"; }
    assert_output_file '/dev/null'
}

@test "a dry run and --later run no hook" {
    local hook
    hook=$(make_hook hook <<<"echo run >>'$seen'")
    acmeproxy cert add --later a.example.test --hook "$hook"
    acmeproxy renew --dry-run
    acmeproxy deploy
    [[ ! -e $seen ]]
}

@test "a hook killed by a signal has failed" {
    local hook
    hook=$(make_hook hook <<<'kill -9 $$')
    run acmeproxy cert add a.example.test --hook "$hook"
    assert_status 1
    assert_output 'killed by signal 9'
}

@test "with --csr the hook is told of no key" {
    local hook
    hook=$(make_hook hook <<<"echo \"[\$ACMEPROXY_CERT_KEY][\$LEGO_CERT_KEY_PATH]\" >'$seen'")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
        -addext subjectAltName=DNS:a.example.test -keyout "$BATS_TEST_TMPDIR/k" \
        -out "$BATS_TEST_TMPDIR/csr" 2>/dev/null
    acmeproxy cert add --csr "$BATS_TEST_TMPDIR/csr" --hook "$hook"
    assert_equal "$(cat "$seen")" '[][]'
}
