#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# contrib/test-env.sh, with the installation that is tested here: it starts, shows what runs, starts a
# second one elsewhere, and stopping leaves nothing of it and all of the other.

setup_file() {
    load common
    require_acmeproxy
}

setup() {
    load common
    WORK=$BATS_TEST_TMPDIR
    # Whatever it leaves where files of a user or temporary ones lie would be seen.
    mkdir "$WORK/home" "$WORK/tmp"
    cd "$WORK" || return 1
}

teardown() {
    local state
    for state in "$WORK/a" "$WORK/b"; do
        [[ ! -e $state/.acmeproxy-test-env ]] || test_env stop --state "$state"
    done
}

test_env() {
    env HOME="$WORK/home" TMPDIR="$WORK/tmp" ACMEPROXY="$TEST_ACMEPROXY" ACMEPROXY_LIBEXEC="$TEST_LIBEXEC" \
        bash "$SERVICES_ROOT/contrib/test-env.sh" "$@" </dev/null
}

# processes_of FOLDER: whoever was started with it in the command line or in the environment.
processes_of() {
    local file found=()
    for file in /proc/[0-9]*/{cmdline,environ}; do
        [[ $file == /proc/$$/* || $file == /proc/$BASHPID/* ]] ||
            ! { tr '\0' '\n' <"$file" | grep -qF -e "$1/"; } 2>/dev/null || found+=("$(dirname "$file")")
    done
    ((${#found[@]} == 0)) || printf '%s\n' "${found[@]}" | sort -u
}

ports_of() { cat "$1"/facts/*_port | sort -u; }
listening() { awk '$4 == "0A" { split($2, at, ":"); print at[2] }' /proc/net/tcp /proc/net/tcp6; }

# runs FOLDER: all that it has started does.
runs() {
    run test_env status --state "$1"
    assert_status 0
    refute_output 'does not run'
}

@test "test-env.sh starts, twice and beside another one, and stopping leaves nothing" {
    local state=$WORK/a other=$WORK/b port missing
    missing=$("$SERVICES_ROOT/contrib/install-packages.sh" --list env)
    [[ -z $missing ]] || skip "not installed: ${missing//$'\n'/ }"

    run test_env status --state "$state"
    assert_status 3
    test_env start --state "$state" --yes >started
    # What it shows is there.
    grep -o 'file=.*' started | cut -d = -f 2 >files
    assert_equal "$(wc -l <files)" 6 'the number of certificates'
    while read -r file; do
        [[ $(openssl x509 -in "$file" -noout -issuer) == *Pebble* ]] || fail "$file is not the test CA's"
    done <files
    local fact
    for fact in subject issuer notBefore notAfter names; do
        assert_equal "$(grep -c "^  $fact=" started)" 6 "the number of lines of $fact"
    done
    grep -q "^  hook=.* a.example.test" started
    # The commands to go on with do what they say.
    sed -n '/^To go on:/,$s/^  //p' started >commands
    assert_equal "$(grep -c "$state" commands)" 7 'the number of commands'
    grep -v -e 'tail -f' -e 'test-env.sh stop' commands >quick
    bash -eux quick >said 2>&1 || fail "$(cat said)"
    grep -q '^g.example.test ' <("$state/acmeproxy" status)
    runs "$state"

    run test_env start --state "$state" --yes
    assert_status 0
    assert_output 'It runs already'
    test_env start --state "$other" --yes >started-other
    runs "$state"
    runs "$other"
    assert_equal "$(comm -12 <(ports_of "$state") <(ports_of "$other"))" '' 'the ports of both'
    [[ -n $(processes_of "$state") && -n $(ls "$state/run") ]]

    ports_of "$state" >ports
    test_env stop --state "$state" >stopped
    [[ ! -e $state ]] || fail 'the state folder is still there'
    assert_equal "$(processes_of "$state")" '' 'the processes that are left'
    listening >listening
    while read -r port; do
        run grep -ix "$(printf '%04X' "$port")" listening
        assert_status 1
    done <ports
    run grep -F "$state/" /proc/net/unix
    assert_status 1
    run test_env status --state "$state"
    assert_status 3
    runs "$other"
    test_env stop --state "$other"
    assert_equal "$(processes_of "$other")" '' 'the processes that are left'
    assert_equal "$(find home tmp -mindepth 1)" '' 'what is left elsewhere'
    test_env stop --state "$state"
}

@test "a folder of somebody else, or a bad call, starts and removes nothing" {
    local words
    mkdir mine
    touch mine/file
    run test_env start --state "$WORK/mine" --yes
    assert_status 1
    assert_output 'it is there and not from test-env.sh'
    run test_env stop --state "$WORK/mine"
    [[ -e mine/file ]]
    for words in '' 'begin' 'start --state' 'start --fast'; do
        # shellcheck disable=SC2086 # words
        run test_env $words
        assert_status 2
        assert_output '^usage: '
    done
    assert_equal "$(ls)" $'home\nmine\ntmp'
}
