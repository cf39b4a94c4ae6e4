# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What files of tests begin with that deploy programs under users of their own, over deploy.bash:
# deployed() is for setup, the rest is done.

load ../system/deploy

setup_file() {
    ((EUID == 0)) || skip 'this takes root'
    # bats' folders are root's alone.
    chmod 755 "$BATS_RUN_TMPDIR" "${BATS_FILE_TMPDIR%/*}" "$BATS_FILE_TMPDIR"
    begin_deploy
}

# deployed: a spool of the owner's, and the programs of the units over it.
deployed() {
    chmod 755 "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
    fresh_deploy
    chown -R "$OWNER_ID:$OWNER_ID" "$SPOOL"
    start_units
}

teardown() {
    ((EUID)) || end_deploy_test
}

teardown_file() {
    ((EUID == 0)) || return 0
    end
}
