#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The split of rights: root runs hooks, and nothing but hooks; the spool is its owner's. As root only
# (make check-system-root); hook.bats has what is the same for everybody.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

OWNER_ID=64101

setup_file() {
    ((EUID == 0)) || skip 'this takes root'
    load ../system/renewer
    begin_with_ca
}

setup() {
    load ../system/renewer
    # The owner of the spool gets to it, and to the CA's root.
    chmod 755 "$BATS_RUN_TMPDIR" "${BATS_FILE_TMPDIR%/*}" "$BATS_FILE_TMPDIR" \
        "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
    fresh
    chown -R "$OWNER_ID:$OWNER_ID" "$SPOOL"
    # Neither is below a folder that others may write to, as /tmp is.
    folder=$(mktemp -d /run/acmeproxy-tests.XXXXXX)
    chmod 755 "$folder"
    mkdir "$folder/hooks" "$folder/seen"
    chmod 700 "$folder/seen"
    export ACMEPROXY_HOOKS_DIR=$folder/hooks
}

teardown() {
    ((EUID == 0)) || return 0
    rm -rf "$folder"
    end_renewer_test
}

teardown_file() {
    ((EUID == 0)) || return 0
    load ../system/renewer
    end
}

# make_hook NAME [FOLDER]: it notes its rights and its generation where only root can.
make_hook() {
    local hook=${2:-$folder/hooks}/$1
    cat >"$hook" <<END
#!/bin/sh
awk '/^(Uid|Gid|Groups|CapEff):/ { \$1 = \$1; print }' /proc/self/status >'$folder/seen/rights'
echo "\$ACMEPROXY_CERT_NAME \$ACMEPROXY_CERT_GENERATION" >>'$folder/seen/runs'
test -s "\$ACMEPROXY_CERT_KEY"
END
    chmod 755 "$hook"
}

runs() { paste -sd ' ' "$folder/seen/runs" 2>/dev/null || true; }

# assert_split: the last hook had all rights of root, and nothing in the spool is root's.
assert_split() {
    local rights=$folder/seen/rights
    grep -qx 'Uid: 0 0 0 0' "$rights" && grep -qx 'Gid: 0 0 0 0' "$rights" &&
        grep -qE '^Groups:( 0)?$' "$rights" || fail "the hook's rights:" "$(cat "$rights")"
    assert_equal "$(find "$SPOOL" ! \( -uid "$OWNER_ID" -gid "$OWNER_ID" \) -printf '%P ')" '' \
        "what is not the owner's in the spool"
}

@test "cert add, renew and deploy run the hook as root, and the spool stays its owner's" {
    make_hook reload
    acmeproxy cert add a.example.test --hook reload
    assert_equal "$(runs)" 'a.example.test 1'
    assert_split
    acmeproxy renew --force
    assert_equal "$(runs)" 'a.example.test 1 a.example.test 2'
    assert_split
    rm "$SPOOL/certs/a.example.test/gen/0002/deployed"
    acmeproxy deploy --force
    assert_equal "$(runs)" 'a.example.test 1 a.example.test 2 a.example.test 2'
    assert_split
    assert_equal "$(field a.example.test .state)" deployed
    assert_live a.example.test a.example.test
    assert_sound_spool
}

@test "the hook of all lineages runs as root, too" {
    make_hook all
    ACMEPROXY_CERTIFICATE_OBTAINED_HOOK=$folder/hooks/all acmeproxy cert add a.example.test
    assert_equal "$(runs)" 'a.example.test 1'
    assert_split
}

@test "the pass itself runs as the owner of the spool" {
    acmeproxy cert add --later a.example.test
    inject path=^/order-plz hold="$BATS_TEST_TMPDIR/go"
    start_acmeproxy renew
    await_request 'POST /order-plz'
    local child
    child=$(cat "/proc/$started/task/$started/children")
    assert_equal "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/${child% }/status")" \
        "$OWNER_ID $OWNER_ID $OWNER_ID $OWNER_ID" 'the user of the pass'
    touch "$BATS_TEST_TMPDIR/go"
    wait "$started"
    assert_live a.example.test a.example.test
}

@test "root runs no hook that another can change, and none from elsewhere; the certificate is kept" {
    make_hook foreign
    chown "$OWNER_ID" "$folder/hooks/foreign"
    run acmeproxy cert add a.example.test --hook foreign
    assert_status 1
    assert_output "a.example.test: hook \"foreign\": .*$folder/hooks/foreign is owned or writable by someone else"
    assert_live a.example.test a.example.test
    assert_equal "$(field a.example.test .state)" live
    # What the owner of the spool, or a web program, could write.
    make_hook planted "$SPOOL/tmp"
    chown "$OWNER_ID" "$SPOOL/tmp/planted"
    for hook in "$SPOOL/tmp/planted" /bin/true; do
        acmeproxy cert set a.example.test --hook "$hook"
        run acmeproxy deploy a.example.test
        assert_status 1
        assert_output "as root, only hooks in $folder/hooks are run"
    done
    rm "$SPOOL/tmp/planted"
    # A folder that others may write to is no better.
    make_hook reload
    acmeproxy cert set a.example.test --hook reload
    chmod 777 "$folder/hooks"
    run acmeproxy deploy a.example.test
    assert_status 1
    assert_output "$folder/hooks is owned or writable by someone else"
    assert_equal "$(runs)" ''
    # Put right as the message says, it runs.
    chmod 755 "$folder/hooks"
    acmeproxy deploy a.example.test
    assert_equal "$(runs)" 'a.example.test 1'
    assert_split
}
