#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# acmeproxy serve, started as root: it becomes the owner of the spool. As root only (make
# check-system-root).
# shellcheck disable=SC2154 # serve.bash sets names

setup_file() {
    ((EUID == 0)) || skip 'this takes root'
    load ../system/serve
    begin_serve
}

setup() {
    load ../system/serve
    fresh_serve
    # Others get to what they are given, as in /run and /etc.
    chmod -R a+rX "$BATS_RUN_TMPDIR" "$RUN"
}

teardown() {
    ((EUID)) || end_serve_test
}

teardown_file() {
    ((EUID == 0)) || return 0
    load ../system/serve
    end
}

# all_run_as UID: serve, lighttpd and the programs, with no right left.
all_run_as() {
    local pid count=0
    for pid in $(session_members "$(pid_of serve)"); do
        assert_equal "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" "$1 $1 $1 $1" \
            "the user of $pid"
        assert_equal "$(awk '/^Cap(Prm|Amb):/ { print $2 }' "/proc/$pid/status" | uniq)" 0000000000000000
        count=$((count + 1))
    done
    ((count == 6)) || fail "$count processes"
}

# serves USER-ID: it has a certificate of the CA, answers, and all is that user's.
serves() {
    wait_until 60 shows_certificate_of Pebble
    wait_until 60 settled
    all_run_as "$1"
    https --fail --head /auth/new-nonce >/dev/null
    assert_equal "$(find "$SPOOL" ! -uid "$1" -printf '%P ')" '' "what is not the owner's in the spool"
}

@test "started as root, serve becomes the owner of the spool" {
    mkdir "$SPOOL"
    chown nobody "$SPOOL"
    chmod 751 "$SPOOL"
    start_serve
    serves "$(id -u nobody)"
}

# A machine with that user: /etc/passwd and /etc/group for serve alone.
@test "started as root with nothing there, serve gives the spool to the user acmeproxy and becomes it" {
    local file
    for file in passwd group; do
        grep -v '^acmeproxy:' "/etc/$file" >"$BATS_TEST_TMPDIR/$file"
    done
    echo 'acmeproxy:x:64101:64101::/var/spool/acmeproxy:/usr/sbin/nologin' >>"$BATS_TEST_TMPDIR/passwd"
    echo 'acmeproxy:x:64101:' >>"$BATS_TEST_TMPDIR/group"
    # shellcheck disable=SC2016 # for the shell within
    spawn serve unshare --mount sh -c 'mount --bind "$1/passwd" /etc/passwd &&
        mount --bind "$1/group" /etc/group && exec "$2" serve' sh "$BATS_TEST_TMPDIR" "$ACMEPROXY"
    await_log 'serving on ' 60
    serves 64101
    assert_mode "$SPOOL" 751
}

@test "without another user to become, serve does not begin as root" {
    mkdir "$SPOOL"
    run timeout 20 "$ACMEPROXY" serve
    assert_status 2
    assert_output 'serve becomes the owner of the spool .*, which is root'
    assert_output 'chown -R acmeproxy '
}
