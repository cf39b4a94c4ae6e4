#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What other files try at a quick and predictable CA, at one that is neither: it rejects every fifth
# nonce, takes its time to validate, reuses authorizations, and has more roots and longer chains. Their
# tests with the tag "chaos", by bats within bats, all files at once: mostly they wait.

FILES=(first_certificate account renewal)

setup_file() {
    load common
    require_acmeproxy || return 1
    local file variables
    # It must not take itself for a part of this run, nor find bats' inner program instead of bats.
    local path=${PATH//"$BATS_LIBEXEC":/}
    mapfile -t variables < <(compgen -e | grep '^BATS_')
    for file in "${FILES[@]}"; do
        env "${variables[@]/#/--unset=}" PATH="$path" TEST_CHAOS=yes bats --formatter tap --filter-tags chaos \
            --tempdir "$BATS_FILE_TMPDIR/run-$file" --no-tempdir-cleanup \
            "$BATS_TEST_DIRNAME/$file.bats" >"$BATS_FILE_TMPDIR/$file" 2>&1 3>&- &
    done
    wait
}

setup() { load common; }

# succeeded FILE: at least three tests ran, and all came out well, although the CA has done its worst.
succeeded() {
    local log=$BATS_FILE_TMPDIR/$1
    ! grep -E -A 12 '^not ok' "$log" >&2 || fail "$1.bats has failed"
    grep -q "Configured to reject 20% of good nonces" "$BATS_FILE_TMPDIR/run-$1"/file/*/services/logs/pebble.log ||
        fail "the CA was tame"
    (($(grep -c '^ok [0-9]' "$log") >= 3)) || fail "$(cat "$log")"
    ! grep '# skip' "$log" >&2
}

@test "all kinds of certificates come from a CA full of chaos" { succeeded first_certificate; }
@test "accounts are kept at a CA full of chaos" { succeeded account; }
@test "certificates are renewed at a CA full of chaos" { succeeded renewal; }
