#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Each program under the user and the group of its systemd unit, over one spool: what they can read
# and write, and that all of it works so. As root only (make check-system-root).
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; deploy.bash sets names

load deploy_file

setup() {
    deployed
    start_site lighttpd public
    acmeproxy cert add proxy.example.test
    start_site lighttpd full
    connect_sleeper a.example.test
    printf 'token.thumbprint' >"$SPOOL/challenges/token"
    chmod 644 "$SPOOL/challenges/token"
    chown "$OWNER_ID:$OWNER_ID" "$SPOOL/challenges/token"
}

as_unit() { # UNIT COMMAND...
    # shellcheck disable=SC2046  # words
    $(unit_user "acmeproxy-$1.service") "${@:2}"
}

# allowed UNIT r|w: the paths of the spool, relative, that the unit's user can read or write.
# shellcheck disable=SC2016  # for that shell
allowed() {
    find "$SPOOL" -mindepth 1 ! -type l -printf '%P\n' | sort |
        as_unit "$1" bash -c 'cd / && while read -r path; do
            if test "-$1" "$0/$path"; then echo "$path"; fi
        done' "$SPOOL" "$2"
}

client() { # ARGUMENT...: the raw client, at the agent
    "$(system_python)" "$SERVICES_ROOT/tests/system/acme_client.py" --state "$BATS_TEST_TMPDIR/raw" \
        --directory "$(front_url)/agent/directory" --ca "$HARNESS_DIR/root.pem" "$@"
}

# registered_client: an account, by which a wish was left and applied; sets `token` for reading.
registered_client() {
    local eab=$BATS_TEST_TMPDIR/eab
    export NODE=127.0.0.1 # the name is in no DNS of this machine
    acmeproxy client eab add sleeper >"$eab"
    client register --kid "$(sed -n 's/^kid: //p' "$eab")" --key="$(sed -n 's/^key: //p' "$eab")"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
        -keyout "$BATS_TEST_TMPDIR/key.pem" -addext subjectAltName=DNS:b.example.test \
        -outform DER 2>/dev/null | basenc --base64url -w 0 | tr -d = >"$BATS_TEST_TMPDIR/csr"
    client post certs "{\"csr\":\"$(cat "$BATS_TEST_TMPDIR/csr")\"}"
}

@test "challenge.fcgi's user can read the challenges, and nothing else" {
    assert_equal "$(public /.well-known/acme-challenge/token)" 200
    assert_equal "$(stat --format=%u "/proc/$(pid_of run-challenge)")" "$DYNAMIC_ID" 'its user'
    assert_equal "$(allowed challenge r)" $'challenges\nchallenges/token' 'what it can read'
    assert_equal "$(allowed challenge w)" '' 'what it can write'
    as_unit challenge bash -c "! ls '$SPOOL' 2>/dev/null"
}

@test "agent.fcgi's user reads no private key, and writes wishes and nonces only" {
    by_the_agent a.example.test
    registered_client
    assert_equal "$(stat --format=%u "/proc/$(pid_of run-agent)")" "$AGENT_ID" 'its user'
    local readable
    readable=$(allowed agent r)
    grep -qx 'certs/sleeper@a.example.test/gen/0001/privkey.pem.age' <<<"$readable"
    grep -qx 'certs/proxy.example.test/gen/0001/cert.pem' <<<"$readable"
    ! grep -E '^cas/|/privkey\.pem$|/bundle\.begun$|^tmp/|^keys/' <<<"$readable" ||
        fail 'it can read these'
    # There are such to be read, by somebody else.
    [[ -e $SPOOL/certs/proxy.example.test/gen/0001/privkey.pem ]]
    [[ -e $SPOOL/cas/pebble/accounts/default/key.pem ]]
    # In every file that it can read: no PEM of a key.
    # shellcheck disable=SC2086  # words
    ! (cd "$SPOOL" && grep -slE 'BEGIN [A-Z ]*PRIVATE KEY' $readable) || fail 'a key is in these'
    ! grep -vE '^(nonces|requests)(/|$)' <<<"$(allowed agent w)" || fail 'it can write these'
}

@test "the web server's user reads the challenges, and no more" {
    local user
    # shellcheck disable=SC2016  # for that shell
    user=$(find "$SPOOL" -mindepth 1 -printf '%P\n' | sort |
        setpriv --reuid=33 --regid=33 --clear-groups -- bash -c 'cd / && while read -r path; do
            if test -r "$0/$path"; then echo "$path"; fi
        done' "$SPOOL")
    assert_equal "$user" $'challenges\nchallenges/token'
}

@test "wishes, sealed files and nonces work across the users" {
    registered_client
    assert_equal "$(stat --format=%u "$SPOOL/requests/sleeper@b.example.test.json")" "$AGENT_ID"
    acmeproxy renew
    [[ ! -e $SPOOL/requests/sleeper@b.example.test.json ]]
    assert_equal "$(stat --format=%u "$SPOOL/certs/sleeper@b.example.test/cert.json")" "$OWNER_ID"
    run client post "$(front_url)/agent/certs/b.example.test"
    assert_status 0
    assert_equal "$(jq -r .body.status <<<"$output")" valid
    secure --fail -u "sleeper:$token" /agent/certs/b.example.test/latest/fullchain.pem >"$BATS_TEST_TMPDIR/got.pem" ||
        fail 'there is no certificate'
    assert_pair "$BATS_TEST_TMPDIR/got.pem" "$BATS_TEST_TMPDIR/key.pem"
    run client post "$(front_url)/agent/certs/b.example.test/renew" '{}'
    assert_equal "$(jq -r .status <<<"$output")" 202
    acmeproxy renew
    assert_equal "$(readlink "$SPOOL/certs/sleeper@b.example.test/live")" gen/0002
    run acmeproxy spool check
    assert_status 0
}

@test "the agent notes that an account was used, and the pass writes it down" {
    registered_client
    local account
    account=$(find "$SPOOL/clients/sleeper/accounts" -name '*.json')
    touch --date='-300 days' "$account"
    client post certs >/dev/null
    (($(stat --format=%Y "$account") < EPOCHSECONDS - 86400))
    acmeproxy renew
    (($(stat --format=%Y "$account") > EPOCHSECONDS - 600)) || fail 'the account looks idle'
    [[ -z $(find "$SPOOL/requests" -name '*.used') ]]
}

@test "spawn-fcgi starts challenge.fcgi as the manual says" {
    local command
    command=$(sed -n '/^spawn-fcgi/,/^\.Ed/p' "$SERVICES_ROOT/man/challenge.fcgi.8" | sed '/^\.Ed/d; s/\\e$/\\/' |
        sed -e "s|/run/acmeproxy/challenge.sock|$BATS_TEST_TMPDIR/c.sock|" \
            -e "s|/usr/libexec/acmeproxy|$TEST_LIBEXEC|" -e 's/acmeproxy-challenge/nogroup/' \
            -e 's/^spawn-fcgi/& -n/')
    command -v spawn-fcgi >/dev/null || skip 'spawn-fcgi is not installed'
    # With -n the shell, spawn-fcgi and the program are one process.
    spawn run-challenge-spawned env ACMEPROXY_SPOOL="$SPOOL" bash -eu -c "exec $command"
    wait_until 10 test -S "$BATS_TEST_TMPDIR/c.sock"
    assert_mode "$BATS_TEST_TMPDIR/c.sock" 660
    assert_equal "$(stat --format=%G "$BATS_TEST_TMPDIR/c.sock")" www-data
    setpriv --reuid=33 --regid=33 --clear-groups -- env REQUEST_METHOD=GET \
        REQUEST_URI=/.well-known/acme-challenge/token \
        cgi-fcgi -bind -connect "$BATS_TEST_TMPDIR/c.sock" >"$BATS_TEST_TMPDIR/answer"
    assert_equal "$(stat --format=%U "/proc/$(pid_of run-challenge-spawned)")" nobody 'its user'
    grep -q '^token.thumbprint' "$BATS_TEST_TMPDIR/answer"
}

@test "a wrong group is found where it counts, and mended" {
    chgrp 64200 "$SPOOL/secrets" "$SPOOL/certs/proxy.example.test/cert.json" "$SPOOL/challenges"
    run acmeproxy spool check
    assert_status 1
    assert_output "^$SPOOL/secrets: is of group 64200, not of the spool's group $OWNER_ID \(chgrp $OWNER_ID it\)"
    assert_output '2 things are not as .* \(2 can be repaired'
    run acmeproxy spool check --repair
    assert_status 0
    allowed agent r | grep -qx secrets
}

@test "root makes no spool for a user that is not there, unless the folder is" {
    ! getent passwd acmeproxy >/dev/null || skip 'the user acmeproxy is there'
    local base=$BATS_TEST_TMPDIR/new verb
    for verb in 'spool init' 'cert add --later a.example.test' 'ca add lab https://ca.example/ --later'; do
        # shellcheck disable=SC2086  # words
        run acmeproxy --spool "$base" $verb
        assert_status 1
        assert_output "make the spool $base: there is no user acmeproxy to give it to \(make one: systemd-sysusers"
        [[ ! -e $base ]]
    done
    mkdir "$base"
    run acmeproxy --spool "$base" spool init
    assert_status 0
    assert_output "the spool $base belongs to root: "
    run acmeproxy --spool "$base" cert add --later a.example.test
    assert_status 0
    refute_output 'belongs to root'
}
