#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# keygen, seal and open beside Debian's age and age-keygen: each opens what the other sealed, and
# what is damaged is refused with exit status 1 and a reason.
# shellcheck disable=SC2154 # bats sets output and lines

bats_require_minimum_version 1.5.0

setup_file() {
    load common
    begin
    require_acmeproxy
    command -v age age-keygen >/dev/null || skip 'age is not installed'
    local size
    export DATA=$BATS_FILE_TMPDIR/data
    mkdir "$DATA"
    "$ACMEPROXY" keygen -o "$DATA/ours" 2>/dev/null
    age-keygen -o "$DATA/theirs" 2>/dev/null
    "$ACMEPROXY" keygen -y "$DATA/ours" >"$DATA/ours.pub"
    age-keygen -y "$DATA/theirs" >"$DATA/theirs.pub"
    for size in 0 1 65535 65536 65537 16777216; do
        head -c "$size" /dev/urandom >"$DATA/$size"
    done
}

setup() { load common; }

teardown() { end_test; }

teardown_file() {
    load common
    end
}

sizes=(0 1 65535 65536 65537 16777216)

# round_trip SIZE SEAL... -- OPEN...: what one sealed, the other opens as it was.
round_trip() {
    local file=$DATA/$1 seal=()
    shift
    while [[ $1 != -- ]]; do
        seal+=("$1")
        shift
    done
    shift
    "${seal[@]}" <"$file" >"$BATS_TEST_TMPDIR/sealed" || return 1
    "$@" <"$BATS_TEST_TMPDIR/sealed" >"$BATS_TEST_TMPDIR/opened" || return 1
    cmp "$file" "$BATS_TEST_TMPDIR/opened"
}

@test "age opens what acmeproxy sealed, binary and armored, at all sizes" {
    local size
    for size in "${sizes[@]}"; do
        round_trip "$size" "$ACMEPROXY" seal -R "$DATA/theirs.pub" -- age -d -i "$DATA/theirs"
        round_trip "$size" "$ACMEPROXY" seal -a -r "$(<"$DATA/ours.pub")" -- age -d -i "$DATA/ours"
        head -n 1 "$BATS_TEST_TMPDIR/sealed" | grep -qx -- '-----BEGIN AGE ENCRYPTED FILE-----'
    done
}

@test "acmeproxy opens what age sealed, binary and armored, at all sizes" {
    local size
    for size in "${sizes[@]}"; do
        round_trip "$size" age -R "$DATA/ours.pub" -- "$ACMEPROXY" open -i "$DATA/ours"
        round_trip "$size" age -a -r "$(<"$DATA/theirs.pub")" -- \
            "$ACMEPROXY" open -i "$DATA/theirs"
    done
}

@test "any of several recipients opens it, in either program" {
    local both=(-r "$(<"$DATA/ours.pub")" -r "$(<"$DATA/theirs.pub")") key
    for key in ours theirs; do
        round_trip 65537 "$ACMEPROXY" seal "${both[@]}" -- age -d -i "$DATA/$key"
        round_trip 65537 age "${both[@]}" -- "$ACMEPROXY" open -i "$DATA/$key"
    done
    cat "$DATA/ours.pub" "$DATA/theirs.pub" >"$BATS_TEST_TMPDIR/both"
    round_trip 1 "$ACMEPROXY" seal -R "$BATS_TEST_TMPDIR/both" -- age -d -i "$DATA/theirs"
}

@test "the programs agree on the recipient of an identity" {
    assert_equal "$(age-keygen -y "$DATA/ours")" "$(<"$DATA/ours.pub")"
    assert_equal "$("$ACMEPROXY" keygen -y <"$DATA/theirs")" "$(<"$DATA/theirs.pub")"
}

@test "a new identity is 0600, and replaces nothing" {
    run --separate-stderr "$ACMEPROXY" keygen -o "$BATS_TEST_TMPDIR/key"
    assert_status 0
    [[ $stderr == "acmeproxy: public key: age1"* && -z $output ]]
    assert_mode "$BATS_TEST_TMPDIR/key" 600
    cp "$BATS_TEST_TMPDIR/key" "$BATS_TEST_TMPDIR/before"
    run "$ACMEPROXY" keygen -o "$BATS_TEST_TMPDIR/key"
    assert_status 1
    assert_output 'it is there already'
    cmp "$BATS_TEST_TMPDIR/key" "$BATS_TEST_TMPDIR/before"
}

@test "a damaged file is refused, and nothing appears under its name" {
    local sealed=$BATS_TEST_TMPDIR/sealed opened=$BATS_TEST_TMPDIR/opened
    "$ACMEPROXY" seal -R "$DATA/ours.pub" "$DATA/65537" >"$sealed"
    refused() { # REASON
        run "$ACMEPROXY" open -i "$DATA/ours" -o "$opened" "$BATS_TEST_TMPDIR/bad"
        assert_status 1
        assert_output "$1"
        [[ ! -e $opened ]]
    }
    head -c 1000 "$sealed" >"$BATS_TEST_TMPDIR/bad"
    refused 'chunk 1 is damaged, or the file is cut off'
    head -c -17 "$sealed" >"$BATS_TEST_TMPDIR/bad"
    refused 'cut off after chunk 1'
    head -c 100 "$sealed" >"$BATS_TEST_TMPDIR/bad"
    refused 'the header is damaged: it is cut off'
    { cat "$sealed"; echo; } >"$BATS_TEST_TMPDIR/bad"
    refused 'chunk 2 is damaged'
    sed 's/^--- ./--- =/' "$sealed" >"$BATS_TEST_TMPDIR/bad"
    refused 'MAC in canonical base64'
    : >"$BATS_TEST_TMPDIR/bad"
    refused 'the file is empty'
    cp "$DATA/65537" "$BATS_TEST_TMPDIR/bad"
    refused 'this is no age file'
    age -R "$DATA/theirs.pub" "$DATA/1" >"$BATS_TEST_TMPDIR/bad"
    refused 'it is sealed for others'
}

@test "what went to standard output before the damage is true, and the status is 1" {
    "$ACMEPROXY" seal -R "$DATA/ours.pub" "$DATA/16777216" >"$BATS_TEST_TMPDIR/sealed"
    printf x | dd of="$BATS_TEST_TMPDIR/sealed" bs=1 seek=10000000 conv=notrunc status=none
    run --separate-stderr bash -c '"$1" open -i "$2" <"$3" >"$4"' - "$ACMEPROXY" "$DATA/ours" \
        "$BATS_TEST_TMPDIR/sealed" "$BATS_TEST_TMPDIR/opened"
    assert_status 1
    [[ $stderr == *'chunk 153 is damaged'* ]]
    assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/opened")" $((152 * 65536))
    cmp -n $((152 * 65536)) "$BATS_TEST_TMPDIR/opened" "$DATA/16777216"
}

@test "a full disk is an error" {
    [[ -w /dev/full ]] || skip 'there is no /dev/full'
    run bash -c '"$1" seal -R "$2" <"$3" >/dev/full' - "$ACMEPROXY" "$DATA/ours.pub" "$DATA/65537"
    assert_status 1
    assert_output 'No space left'
}

@test "keys that are none are refused, and no secret is shown" {
    local secret
    secret=$(grep ^AGE-SECRET "$DATA/ours")
    run "$ACMEPROXY" seal -r "$secret" "$DATA/1"
    assert_status 2
    assert_output 'this is a secret key'
    refute_output "${secret:20:20}"
    run "$ACMEPROXY" seal -R "$DATA/ours" "$DATA/1"
    assert_status 1
    assert_output 'line 3: .*this is a secret key'
    refute_output "${secret:20:20}"
    echo "${secret%?}" >"$BATS_TEST_TMPDIR/short"
    run "$ACMEPROXY" open -i "$BATS_TEST_TMPDIR/short" "$DATA/1"
    assert_status 1
    assert_output 'line 1: read an age identity: its checksum is wrong'
    refute_output "${secret:20:20}"
    run "$ACMEPROXY" seal -r age1x "$DATA/1"
    assert_status 2
    run "$ACMEPROXY" seal "$DATA/1"
    assert_status 2
    run "$ACMEPROXY" open "$DATA/1"
    assert_status 2
}

@test "memory does not grow with what is sealed or opened" {
    [[ -x /usr/bin/time ]] || skip 'time is not installed'
    head -c 200000000 /dev/zero | /usr/bin/time -f %M -o "$BATS_TEST_TMPDIR/peak" \
        "$ACMEPROXY" seal -R "$DATA/ours.pub" >"$BATS_TEST_TMPDIR/sealed"
    (($(tail -n 1 "$BATS_TEST_TMPDIR/peak") < 40000))
    /usr/bin/time -f %M -o "$BATS_TEST_TMPDIR/peak" \
        "$ACMEPROXY" open -i "$DATA/ours" <"$BATS_TEST_TMPDIR/sealed" | tail -c +200000000 | cmp - <(printf '\0')
    (($(tail -n 1 "$BATS_TEST_TMPDIR/peak") < 40000))
}

@test "what holds a secret leaves no core file, and is closed to other processes of its user" {
    local verb pid closed=0
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    for verb in 'keygen -y' "open -i $DATA/ours" "seal -r $(<"$DATA/ours.pub")"; do
        # shellcheck disable=SC2086 # words
        "$ACMEPROXY" $verb <"$BATS_TEST_TMPDIR/pipe" >/dev/null 2>&1 3>&- &
        pid=$!
        exec 9>"$BATS_TEST_TMPDIR/pipe" # it has started when this is open
        limited() { grep -qE '^Max core file size +0 ' "/proc/$pid/limits"; }
        wait_until 10 limited || closed=1
        if ((EUID)); then
            shut() { ! head -c 1 "/proc/$pid/environ" 2>/dev/null | grep -q .; }
            wait_until 10 shut || closed=1
        fi
        exec 9>&-
        wait "$pid" || true
        ((closed == 0)) || fail "acmeproxy $verb"
    done
}
