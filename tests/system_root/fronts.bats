#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# lighttpd, Apache and nginx as www-data, before the programs under the users of their units: they reach
# the sockets by the group that the socket units name, and by nothing else. As root only (make
# check-system-root).
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

load deploy_file

setup() {
    deployed
}

# assert_workers SERVER: the processes that talk to the Internet are www-data's, and in the one group more.
assert_workers() {
    local pid groups count=0
    for pid in $(session_members "$(pid_of "site-$1")"); do
        [[ $(stat --format=%U "/proc/$pid") == www-data ]] || continue
        groups=$(awk '/^Groups:/ { $1 = ""; print $0 " " }' "/proc/$pid/status")
        [[ $groups == *" $CHALLENGE_ID "* ]] || fail "the groups of $pid:$groups"
        count=$((count + 1))
    done
    ((count > 0)) || fail "no process of $1 is www-data's"
}

# reaches SERVER: each program answers behind it, from the first challenge on.
reaches() {
    start_site "$1" public
    acmeproxy cert add proxy.example.test # the CA has fetched the challenge
    start_site "$1" full
    assert_workers "$1"
    assert_equal "$(status_of --head /auth/new-nonce)" 200 'the answer of auth.fcgi'
    assert_equal "$(status_of /gateway/directory)" 200 'the answer of gateway.fcgi'
    assert_equal "$(status_of /agent/directory)" 200 'the answer of agent.fcgi'
    # Out of the group, the same server has sockets that it cannot use. nginx logs no error of a challenge.
    MEMBER='' start_site "$1" full
    assert_equal "$(public /.well-known/acme-challenge/none)" "$2" 'the answer to a challenge without the group'
    assert_equal "$(status_of --head /auth/new-nonce)" "$2" 'the answer of auth.fcgi without the group'
    grep -q 'Permission denied' "$(site_dir "$1")/error.log"
}

@test "lighttpd reaches the sockets by its group" { reaches lighttpd 503; }
@test "Apache reaches the sockets by its group" { reaches apache 503; }
@test "nginx reaches the sockets by its group" { reaches nginx 502; }

# connects SOCKET SETPRIV-WORD...: whether that user may connect.
connects() {
    setpriv "${@:2}" -- "$(system_python)" -c 'import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except PermissionError:
    sys.exit(13)' "$1"
}

@test "nobody connects to a socket but root and the group of the web server" {
    local name socket id
    for name in challenge auth gateway agent; do
        socket=$HARNESS_DIR/run/$name.sock
        assert_equal "$(stat --format='%a %u %g' "$socket")" "660 0 $CHALLENGE_ID" "mode and owner of $name"
        connects "$socket" --reuid=33 --regid=33 --groups="$CHALLENGE_ID"
        # The web server without the group, others, and the programs themselves.
        for id in 33 65534 "$OWNER_ID" "$AGENT_ID" "$DYNAMIC_ID"; do
            run connects "$socket" --reuid="$id" --regid="$id" --clear-groups
            assert_status 13
        done
    done
}
