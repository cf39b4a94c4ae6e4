#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Age files of an implementation that is not ours (age_vectors.py), each sound or wrong in one way:
# acmeproxy opens what is sound, and refuses what is not, for the reason that it has; and so does
# Debian's age. What comes out before a refusal is what was sealed, and no more.
# shellcheck disable=SC2154 # bats sets output and status

setup_file() {
    load common
    begin
    require_acmeproxy
    export VECTORS=$BATS_FILE_TMPDIR/vectors
    mkdir "$VECTORS"
    "$(system_python)" "$SERVICES_ROOT/tests/system/age_vectors.py" "$VECTORS"
}

setup() { load common; }

teardown() { end_test; }

teardown_file() {
    load common
    end
}

# reasons EXPECTED: what is said where it ends so.
reasons() {
    case $1 in
    no-match) echo 'none of the identities opens it|sealed with a passphrase' ;;
    header) echo 'the header is damaged: |this version of the age format is not known|this is no age file|the file is empty|: the file is cut off$' ;;
    mac) echo 'the header is damaged: its MAC is wrong' ;;
    payload) echo 'chunk [0-9]+ is damaged|cut off (in|after) |last chunk is empty|bytes follow the end' ;;
    armor) echo 'the armor is damaged: ' ;;
    esac
}

# opened_by COMMAND...: sets `status`; what came out is in the file "came", what was said in "said".
opened_by() {
    status=0
    "$@" <"$VECTORS/$name.age" >"$BATS_TEST_TMPDIR/came" 2>"$BATS_TEST_TMPDIR/said" || status=$?
}

# is_true: nothing else came out than what was sealed, and that by whole chunks or to its end.
is_true() {
    local size
    size=$(stat -c %s "$BATS_TEST_TMPDIR/came")
    if ((status == 0 || size % 65536)); then
        cmp -s "$BATS_TEST_TMPDIR/came" "$VECTORS/$name.plain"
    else
        cmp -s -n "$size" "$BATS_TEST_TMPDIR/came" "$VECTORS/$name.plain"
    fi
}

# wrong TEXT: of this vector.
wrong() {
    faults+="$name ($expected): $1"$'\n'
}

# each_vector FUNCTION: for all of them; fails with all that is wrong.
each_vector() {
    local file name expected age faults='' count=0
    for file in "$VECTORS"/*.age; do
        name=$(basename "$file" .age)
        read -r expected age <"$VECTORS/$name.expect"
        "$1"
        count=$((count + 1))
    done
    ((count > 150)) || fail "only $count vectors"
    [[ -z $faults ]] || fail "$faults"
}

ours() {
    opened_by "$ACMEPROXY" open -i "$VECTORS/identity"
    is_true || wrong 'something else came out'
    if [[ $expected == success ]]; then
        ((status == 0)) || wrong "$(<"$BATS_TEST_TMPDIR/said")"
    else
        ((status == 1)) || wrong "the status is $status"
        grep -qE "$(reasons "$expected")" "$BATS_TEST_TMPDIR/said" || wrong "$(<"$BATS_TEST_TMPDIR/said")"
    fi
}

# Where age agrees with an expectation, it is not only our reading of the format.
of_age() {
    [[ $age == agrees ]] || return 0
    opened_by age -d -i "$VECTORS/identity"
    is_true || wrong 'something else comes out of age'
    [[ $expected == success && $status == 0 || $expected != success && $status != 0 ]] ||
        wrong "age ends with $status: $(<"$BATS_TEST_TMPDIR/said")"
}

@test "acmeproxy opens each sound file, and refuses each other one with its reason" {
    assert_equal "$("$ACMEPROXY" keygen -y "$VECTORS/identity")" "$(<"$VECTORS/recipient")"
    each_vector ours
}

@test "age agrees with what is expected of each file" {
    command -v age >/dev/null || skip 'age is not installed'
    each_vector of_age
}
