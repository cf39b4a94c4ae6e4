#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The unit tests of what only root can do, and of what root does otherwise. "make check" runs them as
# an unprivileged user, who skips the first ones.

setup() {
    ((EUID == 0)) || skip 'this takes root'
    [[ -x ${UNIT_TESTS:-} ]] || {
        echo 'UNIT_TESTS names no unit_tests (make check-system-root sets it)' >&2
        return 1
    }
    # Root runs no hook from below a folder that others may write to, as /tmp is.
    folder=$(mktemp -d /run/acmeproxy-tests.XXXXXX)
    cd "$folder" || return 1
}

teardown() {
    [[ -z ${folder:-} ]] || rm -rf "$folder"
}

# tried TEST: runs these unit tests, all of which succeed and none of which is skipped; prints their names.
tried() {
    "$UNIT_TESTS" --color_output=no --log_level=test_suite --run_test="$1" >said 2>&1 || {
        grep -v 'is skipped because disabled' said >&2
        return 1
    }
    ! grep 'precondition failed' said >&2
    sed -n 's/.*Leaving test case "\([^"]*\)".*/\1/p' said
}

@test "unit tests that take root succeed" {
    tried @root >names
    # All that are marked so, and at least one of each of these.
    [[ $(wc -l <names) -eq $(cat "${srcdir:?}"/tests/unit/*_test.cc | grep -c 'label("root")') ]]
    grep -qx another_owner_is_found names
    grep -qx becoming_the_owner_is_for_good names
    grep -qx root_runs_only_what_root_alone_can_change names
}

@test "unit tests of what root does otherwise succeed as root" {
    local suites
    suites=$(cd "$srcdir/tests/unit" && grep -lE 'is_root\(\)|geteuid\(\)' ./*_test.cc | sed 's|./||; s|\.cc$||' | paste -sd ,)
    [[ ,$suites, == *,deploy_test,* && ,$suites, == *,owner_test,* ]]
    tried "$suites" >names
    (($(wc -l <names) > 10))
}
