#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The hooks in contrib/hooks: what they call and which files they leave. The servers' own programs
# are stand-ins that write down how they were called.

bats_require_minimum_version 1.5.0

setup() {
    load common
    begin
    TOOLS=$BATS_TEST_TMPDIR/tools
    CALLS=$BATS_TEST_TMPDIR/calls
    LIVE=$BATS_TEST_TMPDIR/spool/certs/a.example/live
    mkdir -p "$TOOLS" "$LIVE"
    : >"$CALLS"
    printf 'key\n' >"$LIVE/privkey.pem"
    printf 'chain\n' >"$LIVE/fullchain.pem"
    stand_in systemctl lighttpd apachectl nginx postfix doveadm
}

# stand_in NAME...: programs that do nothing but tell.
stand_in() {
    local name
    for name; do
        printf '#!/bin/sh\necho "%s $*" >>"%s"\n' "$name" "$CALLS" >"$TOOLS/$name"
        chmod +x "$TOOLS/$name"
    done
}

# breaking NAME: from now on it fails.
breaking() { printf '#!/bin/sh\necho broken >&2\nexit 1\n' >"$TOOLS/$1"; }

# hook NAME [SED-SCRIPT]: runs it as acmeproxy does, with its settings edited.
hook() {
    sed "${2:-}" "$SERVICES_ROOT/contrib/hooks/$1" >"$BATS_TEST_TMPDIR/$1"
    chmod +x "$BATS_TEST_TMPDIR/$1"
    (cd / && exec env -i PATH="$TOOLS:/usr/bin:/bin" LANG=C.UTF-8 ACMEPROXY_CERT_NAME=a.example \
        ACMEPROXY_CERT_DIR="$LIVE" ACMEPROXY_CERT_KEY="$LIVE/privkey.pem" \
        ACMEPROXY_CERT_FULLCHAIN="$LIVE/fullchain.pem" "$BATS_TEST_TMPDIR/$1" </dev/null)
}

@test "each is executable, and a shell script that a shell understands" {
    local file
    for file in "$SERVICES_ROOT"/contrib/hooks/*; do
        [[ -x $file ]]
        sh -n "$file"
    done
}

@test "web servers are reloaded after their configuration was tried" {
    hook reload-lighttpd
    hook reload-apache
    hook reload-nginx
    assert_equal "$(cat "$CALLS")" "lighttpd -tt -f /etc/lighttpd/lighttpd.conf
systemctl reload lighttpd
apachectl configtest
systemctl reload apache2
nginx -t -q
systemctl reload nginx"
}

@test "a bad configuration fails the hook, and the server stays as it is" {
    breaking lighttpd
    breaking apachectl
    breaking nginx
    local name
    for name in reload-lighttpd reload-apache reload-nginx; do
        run hook "$name"
        assert_status 1
    done
    assert_equal "$(cat "$CALLS")" ''
}

@test "a reload that fails fails the hook" {
    breaking systemctl
    local name
    for name in reload-lighttpd reload-apache reload-nginx haproxy-bundle; do
        mkdir -p "$BATS_TEST_TMPDIR/haproxy"
        run hook "$name" "s|^folder=.*|folder=$BATS_TEST_TMPDIR/haproxy|"
        assert_status 1
    done
}

@test "HAProxy gets one file with chain and key, for its own eyes" {
    local folder=$BATS_TEST_TMPDIR/haproxy
    mkdir "$folder"
    hook haproxy-bundle "s|^folder=.*|folder=$folder|"
    assert_equal "$(cat "$folder/a.example.pem")" 'chain
key'
    assert_mode "$folder/a.example.pem" 600
    assert_equal "$(ls -A "$folder")" a.example.pem
    assert_equal "$(cat "$CALLS")" 'systemctl reload haproxy'
    # What cannot be read leaves the old file alone.
    rm "$LIVE/privkey.pem"
    run hook haproxy-bundle "s|^folder=.*|folder=$folder|"
    assert_status 1
    assert_equal "$(ls -A "$folder")" a.example.pem
    assert_equal "$(tail -n 1 "$folder/a.example.pem")" key
}

@test "Postfix and Dovecot are reloaded, and a failure of either is one of the hook" {
    hook reload-mail
    assert_equal "$(cat "$CALLS")" 'postfix reload
doveadm reload'
    breaking doveadm
    run hook reload-mail
    assert_status 1
    breaking postfix
    run hook reload-mail
    assert_status 1
}

@test "other hosts get key and chain by ssh, and one that is down is told and tried again" {
    # Runs here what it is told to run there; the host "down" does not answer.
    cat >"$TOOLS/ssh" <<EOT
#!/bin/sh
echo "ssh \$1 \$2 \$3 \$4 \$5 \$6 \$7" >>"$CALLS"
case \$7 in *down) exit 255 ;; esac
exec sh -c "\$8"
EOT
    chmod +x "$TOOLS/ssh"
    local there=$BATS_TEST_TMPDIR/there
    local script="s|^folder=.*|folder=$there|; s|^hosts=.*|hosts='root@down root@web'|"
    run hook copy-by-ssh "$script"
    assert_status 1
    assert_output '^copy to root@down: failed$'
    assert_equal "$(cat "$there/a.example/privkey.pem" "$there/a.example/fullchain.pem")" 'key
chain'
    assert_mode "$there/a.example/privkey.pem" 600
    assert_equal "$(ls -A "$there/a.example")" 'fullchain.pem
privkey.pem'
    assert_equal "$(cat "$CALLS")" \
        'ssh -o BatchMode=yes -o ConnectTimeout=20 -i /etc/acmeproxy/ssh-key root@down
ssh -o BatchMode=yes -o ConnectTimeout=20 -i /etc/acmeproxy/ssh-key root@web
systemctl reload nginx'
    printf 'new key\n' >"$LIVE/privkey.pem"
    hook copy-by-ssh "${script/root@down /}"
    assert_equal "$(cat "$there/a.example/privkey.pem")" 'new key'
}
