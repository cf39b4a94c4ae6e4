#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The commands of README.md, as they are printed there, from the first certificate to the one that
# curl fetches and age opens; acmeproxy serve runs beside them. And all commands of doc/ are shell.

setup_file() {
    load serve
    begin_serve
    command -v age >/dev/null || skip 'age is not installed'
}

setup() {
    load serve
    load fences
    fresh_serve
    cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() { end_serve_test; }
teardown_file() { load serve && end; }

# as_printed: what the reader has: acmeproxy in the path, settings that lead to the test CA, a hook of
# that name; and curl finds the server, and trusts the test CA, without being told on its command line.
as_printed() {
    mkdir -p bin hooks
    ln -sf "$ACMEPROXY" bin/acmeproxy
    # shellcheck disable=SC2016 # for the hook
    printf '#!/bin/sh\necho "$RENEWED_DOMAINS" >>%s\n' "$PWD/reloaded" >hooks/reload-lighttpd
    chmod 755 hooks/reload-lighttpd
    pebble_get roots/0 >root.pem
    printf '%s\n' silent show-error fail "cacert = $PWD/root.pem" \
        "connect-to = proxy.example.org:443:127.0.0.1:$HTTPS_PORT" >.curlrc
    env HOME="$PWD" PATH="$PWD/bin:$PATH" ACMEPROXY_HOOKS_DIR="$PWD/hooks" \
        ACMEPROXY_BASE_URL=https://proxy.example.org BASH_XTRACEFD=9 \
        bash -euxo pipefail commands >printed 2>&1 9>steps || {
        cat printed steps >&2
        return 1
    }
}

# normal FILE: its lines with all numbers and widths alike, and the spool where README has it.
normal() { sed -E "s|$SPOOL|/var/spool/acmeproxy|g; s/[0-9]+/0/g; s/ +/ /g; s/ $//; s/CN = /CN=/g; s/: critical$/:/" "$1"; }

# assert_shown FILE: what README shows came, line by line and in this order; "…" stands for anything, and
# so does a line of it for any lines.
assert_shown() {
    local line came lines=() next=0
    mapfile -t lines < <(normal "$1")
    while IFS= read -r line; do
        [[ $line != … ]] || continue
        while :; do
            ((next < ${#lines[@]})) || fail "README shows this, which did not come: $line" "$(cat "$1")" || return 1
            came=${lines[next]}
            next=$((next + 1))
            # shellcheck disable=SC2053 # a pattern
            [[ $came != ${line//…/*} ]] || break
        done
    done < <(fences text README.md >shown && normal shown)
}

@test "the README's commands do what it says" {
    export ACMEPROXY_SERVER_NAME=proxy.example.org
    fences sh README.md >commands
    start_serve
    await_log 'the certificate of proxy.example.org is new'
    as_printed

    grep -qx "$SPOOL/certs/www.example.org/live" printed
    assert_names "$SPOOL/certs/www.example.org/live/cert.pem" example.org www.example.org
    assert_equal "$(cat reloaded)" 'www.example.org example.org' 'what the hook was told'
    assert_shown printed
    # The gateway: a key, and command lines for each client.
    grep -q '^kid: web1\.' printed
    local client
    for client in certbot lego acme.sh uacme dehydrated; do
        grep -qi "$client" printed || fail "nothing is said of $client"
    done
    # The agent: what curl fetched and age opened.
    assert_names bundle.pem web2.example.org
    assert_pair bundle.pem bundle.pem
    [[ -e $SPOOL/certs/web2@web2.example.org/live/privkey.pem.age ]]
    [[ ! -e $SPOOL/certs/web2@web2.example.org/live/privkey.pem ]]

    # The transcript of the agent's protocol.
        fences sh doc/agent-protocol.md >commands
    as_printed
    assert_names web3.pem web3.example.org
    assert_pair web3.pem web3.pem

    # The line for an acmeproxy inside the private network, which is no example but for its host.
    acmeproxy client eab add web2 >eab 2>/dev/null
    sed -n 's/^key: //p' eab >eab.key
    fences 'sh example' README.md | grep -e '--source agent' |
        sed -e "s|proxy.example.org/|proxy.example.org:$HTTPS_PORT/|" \
            -e "s|--eab-kid \.\.\.|--eab-kid $(sed -n 's/^kid: //p' eab)|" \
            -e 's|--eab-key-file \.\.\.|--eab-key-file eab.key|' >commands
    printf '%s\n' "spool = $PWD/inside" "ca-certificates = $PWD/root.pem" \
        "resolve = proxy.example.org:$HTTPS_PORT:127.0.0.1" >inside.conf
    env -u ACMEPROXY_SPOOL -u ACMEPROXY_ACME_DIRECTORY_URL -u ACMEPROXY_CA_CERTIFICATES -u LEGO_CA_CERTIFICATES \
        ACMEPROXY_CONFIG="$PWD/inside.conf" PATH="$PWD/bin:$PATH" bash -eu commands >printed 2>&1 ||
        fail "$(cat printed)"
    assert_names inside/certs/web2.example.org/live/cert.pem web2.example.org
    assert_pair inside/certs/web2.example.org/live/cert.pem inside/certs/web2.example.org/live/privkey.pem
}

@test "the picture shows what its text source says" {
    local label missing=
    grep -o 'label = "[^"]*"' "$SERVICES_ROOT/doc/overview.dot" | sed 's/^label = "//; s/"$//; s/\\n/\n/g' >labels
    (($(grep -c . labels) > 10))
    sed "s/&#39;/'/g; s/&#45;/-/g" "$SERVICES_ROOT/doc/overview.svg" >picture
    while IFS= read -r label; do
        grep -qF ">$label<" picture || missing+=" $label"
    done <labels
    assert_equal "$missing" '' 'what doc/overview.svg lacks (make picture draws it anew)'
}

@test "each command in README and doc/ is run by a test, or is sound shell at least" {
    local file
    cd "$SERVICES_ROOT"
    for file in README.md doc/*.md; do
        ! fences 'sh example' "$file" >"$BATS_TEST_TMPDIR/commands" ||
            bash -n "$BATS_TEST_TMPDIR/commands" || fail "$file: no sound shell"
        ! fences sh "$file" >"$BATS_TEST_TMPDIR/commands" || case $file in
        README.md | doc/agent-protocol.md | doc/deploy.md) ;; # here, and deploy_keep.bats
        *) fail "$file has commands that no test runs" ;;
        esac
    done
    # What looks like a command stands in a fence, where it is seen.
    ! grep -nE '^(    |\t|> )\s*[$#] ' README.md doc/*.md || fail 'these stand in no fence'
    [[ -n $(fences sh README.md) ]]
    assert_equal "$(grep -c '^```sh$' doc/deploy.md)" 2 'the number of fences that deploy_keep.bats runs'
}

# deploy.bats loads full and public of each web server, with what they include; challenge.bats the rest.
@test "each configuration in contrib/ is loaded by a test, and those that doc/ names are there" {
    local kind file name count=0
    cd "$SERVICES_ROOT/contrib"
    for kind in lighttpd apache nginx caddy; do
        grep -q "^@test .* { works $kind; }" ../tests/system/deploy.bats
        for file in "$kind"/*; do
            count=$((count + 1))
            name=${file##*/}
            [[ ${name%.*} != full && ${name%.*} != public ]] || continue
            cat "$kind"/{full,public}.* | grep -v '^ *#' | grep -qE "acmeproxy/$name" ||
                grep -qF "web_snippet $file" ../tests/system/challenge.bats || fail "no test loads $file"
        done
    done
    ((count > 20)) || fail "only $count files were looked at"
    while IFS= read -r file; do
        [[ -e ../$file || -e ../$file.cc ]] || fail "README.md or doc/ names $file, which is not there"
    done < <(cat ../README.md ../doc/*.md | grep -oE '\b(contrib|cron)/[A-Za-z0-9_./-]*[A-Za-z0-9]' | sort -u)
}
