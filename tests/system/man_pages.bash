# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The examples of the man pages, over serve.bash. A test takes those of one page in their order, each
# by how it begins, so that none is left out and none is new without being noticed:
#
#     setup_file() { load man_pages; begin_pages; }
#     setup() { load man_pages; fresh_host; }
#     teardown() { end_page_test; }
#     @test "acmeproxy(1)" { page acmeproxy.1; as_printed 'acmeproxy status'; ... }
#
# They run in a home of the test's own, with its paths and URLs in the place of those of a real host
# (here), as an unprivileged user at the test CA. What is left over when the test ends fails it.

load serve

# begin_pages: all examples of all pages, as mandoc shows them: $EXAMPLES/PAGE/01 ...
begin_pages() {
    local file
    begin_serve || return 1
    EXAMPLES=$BATS_FILE_TMPDIR/examples
    mkdir "$EXAMPLES"
    command -v mandoc >/dev/null || fail 'mandoc is not installed' || return 1
    for file in "$SERVICES_ROOT"/man/*.[1-8]; do
        mandoc -Thtml "$file" | "$(system_python)" "$SERVICES_ROOT/tests/system/man_examples.py" \
            "$EXAMPLES/${file##*/}" || return 1
    done
}

# fresh_host: a home with a spool, and hooks, programs and trust as a reader of the pages has them.
fresh_host() {
    local name
    fresh_serve
    EXAMPLES=$BATS_FILE_TMPDIR/examples
    PAGE='' AT=0 KID=web1.KID KEY=KEY RECIPIENT=age1...
    export HOME=$BATS_TEST_TMPDIR/home
    mkdir -p "$HOME/bin" "$HOME/etc/hooks" "$HOME/cron.d"
    cd "$HOME" || return 1
    ln -s "$ACMEPROXY" bin/acmeproxy
    PATH=$HOME/bin:$PATH
    # What acts on another host, or on this one as root, tells how it was called.
    # shellcheck disable=SC2016 # for the programs
    {
        printf '#!/bin/sh\necho "systemctl $*" >>"%s/calls"\n' "$HOME" >bin/systemctl
        printf '#!/bin/sh\necho "ssh $1" >>"%s/calls"\nshift\nexec "$@"\n' "$HOME" >bin/ssh
        for name in reload reload-lighttpd reload-nginx; do
            printf '#!/bin/sh\necho "%s $RENEWED_DOMAINS" >>"%s/calls"\n' "$name" "$HOME" >"etc/hooks/$name"
        done
    }
    chmod 755 bin/systemctl bin/ssh etc/hooks/*
    ln -s "$(type -P true)" bin/reload
    export ACMEPROXY_HOOKS_DIR=$HOME/etc/hooks
    export ACMEPROXY_SERVER_NAME=127.0.0.1
    pebble_get roots/0 >root.pem
    export CURL_CA_BUNDLE=$HOME/root.pem REQUESTS_CA_BUNDLE=$HOME/root.pem
}

# begin_host: with an empty spool, whose challenges a web server hands out.
begin_host() {
    "$ACMEPROXY" spool init >/dev/null
    ln -sfn "$SPOOL" "$HARNESS_DIR/spool"
    start_challenge_web static "$HARNESS_DIR/spool/challenges"
}

# begin_proxy: acmeproxy serve, with its own certificate, at https://127.0.0.1:$HTTPS_PORT.
begin_proxy() {
    start_serve && await_log 'the certificate of 127.0.0.1 is new' && wait_until 20 shows_certificate_of Pebble
}

# client_web1 OPTION...: a client with a key, as the page tells to make one before.
client_web1() {
    acmeproxy client add web1 "$@" 2>/dev/null && new_key
}
new_key() {
    acmeproxy client eab add web1 >eab 2>/dev/null && keys_of eab
}
keys_of() {
    KID=$(sed -n 's/^kid: //p' "$1") KEY=$(sed -n 's/^key: //p' "$1")
    [[ -n $KID && -n $KEY ]] || fail "no key in $1"
    (umask 077 && echo "$KEY" >web1.key)
}

# page NAME: the examples of that page are the next.
page() {
    PAGE=$1
    AT=0
    [[ -d $EXAMPLES/$PAGE ]] || fail "there is no man/$PAGE"
}

# example BEGINNING: the next one; a page that has another there is not what this test knows.
example() {
    local file
    AT=$((AT + 1))
    printf -v file '%s/%02d' "$EXAMPLES/$PAGE" "$AT"
    [[ -e $file ]] || fail "man/$PAGE has no $AT examples, and none: $1" || return 1
    [[ "$(head -n 1 "$file")" == "$1"* ]] ||
        fail "example $AT of man/$PAGE is not \"$1\" but one that $BATS_TEST_FILENAME does not know:" "$(cat "$file")" ||
        return 1
    here <"$file" >example
}

# here: what a real host has, by what this test has.
here() {
    sed -E -e "s#/usr/libexec/acmeproxy#$TEST_LIBEXEC#g" -e "s#/var/spool/acmeproxy#$SPOOL#g" \
        -e "s#/run/acmeproxy#$RUN#g" -e "s#/etc/acmeproxy/acmeproxy.conf#$ACMEPROXY_CONFIG#g" \
        -e "s#/etc/acmeproxy#$HOME/etc#g" -e "s#/etc/cron.d#$HOME/cron.d#g" \
        -e "s#/etc/ssl/lab-root.pem|lab\.pem#$(tls_ca)#g" -e "s#/etc/letsencrypt#$HOME/letsencrypt#g" \
        -e "s#https://ca(\.lab)?\.example(/acme)?/dir(ectory)?#$(pebble_url)#g" \
        -e "s#https://(HOST|proxy\.example(\.org)?)/#https://127.0.0.1:$HTTPS_PORT/#g" \
        -e "s#\b(web1\.)?KID\b#$KID#g" -e "s#\bKEY\b#$KEY#g" -e "s#\bFILE\b#web1.key#g" \
        -e "s#--eab-kid 4711#--eab-kid $PEBBLE_EAB_KID#" -e "s#age1\.\.\.#$RECIPIENT#g" \
        -e "s#:8080#127.0.0.1:$(http_port)#" -e "s#:8443#127.0.0.1:$HTTPS_PORT#"
}

# shell_runs FILE: as a reader's shell does; what it says is in `printed`.
shell_runs() {
    bash -euxo pipefail "$1" >printed 2>steps </dev/null || {
        cat printed steps >&2
        fail "example $AT of man/$PAGE fails"
    }
}

# as_printed BEGINNING: runs the next example.
as_printed() { example "$1" && shell_runs example; }

# shell_only BEGINNING REASON: the next example is sound shell, and that is all that can be seen here.
shell_only() {
    example "$1" && [[ -n $2 ]] && { bash -n example || fail "example $AT of man/$PAGE is no shell"; }
}

end_page_test() {
    local known
    end_serve_test
    stop web
    [[ -n ${BATS_TEST_COMPLETED:-} && -n $PAGE ]] || return 0
    known=$(find "$EXAMPLES/$PAGE" -type f | wc -l)
    ((AT == known)) || fail "man/$PAGE has $known examples, of which this test knows $AT"
}
