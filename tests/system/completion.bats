#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What bash and zsh offer when Tab is pressed: both shells run, with the files that are installed,
# against all that the program's help shows.
# shellcheck disable=SC2030,SC2031 # each test is a subshell

setup_file() {
    load common
    begin
    require_acmeproxy
}

setup() {
    load common
    new_spool
    "$ACMEPROXY" spool init >/dev/null 2>&1
    mkdir "$BATS_TEST_TMPDIR/bin"
    ln -s "$ACMEPROXY" "$BATS_TEST_TMPDIR/bin/acmeproxy"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
    export ZDOTDIR=$BATS_TEST_TMPDIR HOME=$BATS_TEST_TMPDIR
    acmeproxy cert add a.example.test --later >/dev/null 2>&1
    acmeproxy client add web1 --allow '*.example.test' >/dev/null 2>&1
}

teardown() {
    end_test
}

teardown_file() {
    load common
    end
}

need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

# installed NAME: the completion that "make install" put somewhere below the prefix.
installed() {
    local prefix=${ACMEPROXY%/sbin/*} file
    file=$(find "$prefix/share" -path "$1")
    [[ -n $file ]] && echo "$file"
}

# in_bash: reads lines, prints "LINE<Tab>WORD" for each word that bash offers at the line's end.
in_bash() {
    bash --norc -c '
        source "$1"
        compopt() { :; } # it works only while Tab is handled
        while IFS= read -r line; do
            read -ra COMP_WORDS <<<"$line"
            [[ $line != *" " ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _acmeproxy
            for word in "${COMPREPLY[@]}"; do printf "%s\t%s\n" "$line" "$word"; done
        done' bash "$(installed '*/bash-completion/completions/acmeproxy')"
}

# in_zsh: the same.
in_zsh() {
    local file
    file=$(installed '*/zsh/*/_acmeproxy')
    zsh -f "$BATS_TEST_DIRNAME/complete.zsh" "${file%/*}" "$BATS_TEST_TMPDIR/zsh" >&2 &&
        grep -v '^finished$' "$BATS_TEST_TMPDIR/zsh"
}

# verbs: all of the program, one a line.
verbs() {
    "$ACMEPROXY" help | sed -nE '/^Verbs:/,/^$/s/^  (([a-z]+ )*[a-z]+)  .*/\1/p'
}

# expected_lines: what must be offered.
expected_lines() {
    local verb words options
    verbs | while read -ra words; do
        verb="acmeproxy "
        for word in "${words[@]}"; do
            printf '%s\t%s\n' "$verb" "$word"
            verb+="$word "
        done
    done | sort -u
    while read -r verb; do
        options=$("$ACMEPROXY" help "$verb" | sed -nE 's/^  (-.*)/\1/p' | grep -oE -- '--[a-z-]+')
        printf "acmeproxy $verb --\t%s\n" $options --help
    done < <(verbs)
    printf 'acmeproxy help --\t--version\n'
}

# assert_offers COMPLETER: every verb and every option, and none besides.
assert_offers() {
    local lines=$BATS_TEST_TMPDIR/expected
    expected_lines | sort >"$lines"
    (($(wc -l <"$lines") > 400)) || fail "only $(wc -l <"$lines") words are expected"
    cut -f 1 "$lines" | uniq | "$1" | sort >"$BATS_TEST_TMPDIR/offered"
    diff "$lines" "$BATS_TEST_TMPDIR/offered" || fail "$1 offers something else"
}

# assert_values COMPLETER
assert_values() {
    local line expected
    while IFS='|' read -r line expected; do
        assert_equal "$("$1" <<<"$line" | cut -f 2 | sort | tr '\n' ' ')" "$expected" \
            "what $1 offers for '$line'"
    done <<'END'
acmeproxy cert add x --key-type rsa|rsa2048 rsa3072 rsa4096 
acmeproxy --log-level |debug error info warning 
acmeproxy cert show |a.example.test 
acmeproxy cert add x --ca letsencrypt-|letsencrypt-staging 
acmeproxy client check |web1 
acmeproxy help client to|token 
acmeproxy import |acme.sh certbot dehydrated lego 
acmeproxy import --hook x ac|acme.sh 
END
}

@test "bash offers every verb and every option of the help" { assert_offers in_bash; }

@test "zsh offers every verb and every option of the help" {
    need zsh
    assert_offers in_zsh
}

@test "bash offers values, and names of the spool" { assert_values in_bash; }

@test "zsh offers values, and names of the spool" {
    need zsh
    assert_values in_zsh
}
