#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The examples of the man pages and of "acmeproxy help VERB", run as printed (man_pages.bash). What can
# only be looked at here says why; the configurations of web servers are tried in man_servers.bats.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

setup_file() {
    load man_pages
    begin_pages
}

setup() {
    load man_pages
    fresh_host
}

teardown() { end_page_test; }
teardown_file() { load man_pages && end; }

# cron_line FILE: a line of crontab(5) in /etc/cron.d, whose command runs.
cron_line() {
    grep -qE '^\*/10 \* \* \* \* root [a-z]' "$1"
    cut -d ' ' -f 7- "$1" >cron-command
    shell_runs cron-command
}

@test "acmeproxy(1)" {
    begin_host
    page acmeproxy.1
    as_printed 'acmeproxy cert add www.example.org example.org'
    assert_names "$SPOOL/certs/www.example.org/live/cert.pem" example.org www.example.org
    cron_line cron.d/acmeproxy
    as_printed 'acmeproxy status'
    grep -q '^www.example.org ' printed
    chmod 644 "$SPOOL/certs/www.example.org/live/privkey.pem"
    as_printed 'acmeproxy spool check --repair'
    assert_mode "$(realpath "$SPOOL/certs/www.example.org/live/privkey.pem")" 600
}

@test "acmeproxy-ca(1)" {
    begin_host
    page acmeproxy-ca.1
    unset ACMEPROXY_ACME_DIRECTORY_URL
    (umask 077 && echo "$PEBBLE_EAB_KEY" >etc/eab.key)
    as_printed 'acmeproxy ca add corporate'
    assert_names "$SPOOL/certs/intranet.example.org/live/cert.pem" intranet.example.org
    as_printed 'acmeproxy ca add lab'
    assert_equal "$(acmeproxy ca list --json | jq -r '.[] | select(.default) | .name')" lab 'the default CA'
    acmeproxy cert add www.example.org
    as_printed 'acmeproxy account thumbprint --web-server nginx |'
    grep -qF "$(acmeproxy account thumbprint 2>/dev/null | head -n 1)" acme.conf
    assert_equal "$(cat calls)" 'ssh edge'
    as_printed 'acmeproxy account show --json | jq -r .url'
    grep -q '^https://localhost:.*/my-account/' printed
}

@test "acmeproxy-cert(1)" {
    begin_host
    page acmeproxy-cert.1
    as_printed 'acmeproxy cert add www.example.org example.org --hook reload-lighttpd'
    grep -qx 'reload-lighttpd www.example.org example.org' calls
    # The test CA's URL stands for that of the default CA.
    ACMEPROXY_CA=letsencrypt-staging as_printed 'acmeproxy cert add test.example.org --ca letsencrypt-staging'
    assert_equal "$(acmeproxy cert show test.example.org --json | jq -r .ca)" letsencrypt-staging 'the CA'
    as_printed 'acmeproxy cert list --json | jq'
    grep -qx test.example.org printed
    local old=$BATS_TEST_TMPDIR/old.pem
    cp "$SPOOL/certs/www.example.org/live/cert.pem" "$old"
    as_printed 'acmeproxy cert revoke www.example.org --reason keyCompromise'
    assert_revoked "$old" 1
    assert_names "$SPOOL/certs/www.example.org/live/cert.pem" example.org www.example.org
    run cmp "$old" "$SPOOL/certs/www.example.org/live/cert.pem"
    assert_status 1
    acmeproxy keygen -o key.txt 2>/dev/null
    RECIPIENT=$(acmeproxy keygen -y key.txt)
    as_printed 'acmeproxy client add web1'
    assert_pair <(acmeproxy open -i key.txt "$SPOOL/certs/web1@b.example.org/live/bundle.pem.age") \
        <(acmeproxy open -i key.txt "$SPOOL/certs/web1@b.example.org/live/privkey.pem.age")
    # As the text says; the client lives elsewhere, and trusts what the world trusts.
    stop web
    begin_proxy
    acmeproxy client allow web1 c.example.org
    new_key
    export ACMEPROXY_SPOOL=$HOME/inside ACMEPROXY_CA_CERTIFICATES=$HOME/root.pem
    as_printed 'acmeproxy cert add c.example.org --source agent'
    assert_pair inside/certs/c.example.org/live/cert.pem inside/certs/c.example.org/live/privkey.pem
    grep -qx 'reload-nginx c.example.org' calls
}

@test "acmeproxy-client(1)" {
    begin_host
    page acmeproxy-client.1
    as_printed 'acmeproxy client add web1'
    grep -q '^kid: web1\.' printed
    run acmeproxy client check web1 vpn.web1.example.org
    assert_status 1
    as_printed 'acmeproxy client check web1 www.web1.example.org'
    as_printed 'acmeproxy client set web1'
    assert_equal "$(acmeproxy client show web1 --json | jq .orders_per_day)" 50 'the quota'
}

@test "acmeproxy-gateway(7)" {
    begin_proxy
    page acmeproxy-gateway.7
    as_printed 'acmeproxy client add web1'
    # What it prints is what follows in the page.
    mv printed eab
    keys_of eab
    export ACMEPROXY_SPOOL=$HOME/inside
    export ACMEPROXY_CA_CERTIFICATES=$HOME/root.pem LEGO_CA_CERTIFICATES=$HOME/root.pem
    unset ACMEPROXY_ACME_DIRECTORY_URL
    as_printed 'acmeproxy ca add proxy'
    assert_chain inside/certs/www.inside.example/live/fullchain.pem
    example 'certbot certonly'
    # As an ordinary user, it needs folders of its own.
    sed -i 's/^certbot certonly/& --config-dir certbot --work-dir certbot --logs-dir certbot/' example
    shell_runs example
    assert_chain certbot/live/www.inside.example/fullchain.pem
    as_printed 'lego --server'
    assert_chain .lego/certificates/www.inside.example.crt
    local reason='its list of trusted CAs is the system'"'"'s, or it is not in Debian'
    shell_only 'acme.sh --register-account' "$reason"
    shell_only 'uacme -y -a' "$reason"
    example 'CA="'
    mkdir dehydrated
    (cat example && printf '%s\n' "BASEDIR=$HOME/dehydrated" CONTACT_EMAIL=root@example.org) >dehydrated/config
    example 'dehydrated --register'
    sed -i 's#^dehydrated#& --config dehydrated/config#' example
    shell_runs example
    assert_chain dehydrated/certs/www.inside.example/fullchain.pem
    example '{'
    echo ':80' >>example
    XDG_DATA_HOME=$HOME caddy validate --adapter caddyfile --config example >printed 2>&1 || fail "$(cat printed)"
    example 'MDCertificateAuthority'
    {
        for module in mpm_event authz_core unixd ssl md; do
            grep -qs . "/usr/lib/apache2/modules/mod_$module.so" || continue # some are built in
            echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        printf '%s\n' "ServerRoot $HOME" 'ServerName www.inside.example' 'Listen 127.0.0.1:1' \
            "ErrorLog $HOME/error.log" "DefaultRuntimeDir $HOME"
        cat example
    } >apache.conf
    apache2 -t -f "$HOME/apache.conf" >printed 2>&1 || fail "$(cat printed)"
    shell_only 'kubectl create secret' 'there is no Kubernetes'
    example 'apiVersion: cert-manager.io/v1' # nor here; it is plain YAML, with the key of the secret above
    run grep $'\t' example
    assert_status 1
    grep -qE '^ +key: key$' example
}

@test "acmeproxy-hook(7)" {
    local name
    begin_host
    page acmeproxy-hook.7
    for name in nginx apachectl lighttpd; do
        printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' "$name" "$HOME" >"bin/$name"
        chmod 755 "bin/$name"
    done
    # hook BEGINNING: what the hook does for a certificate, called as acmeproxy calls it but for the path.
    hook() {
        example '#!/bin/sh'
        sed -i "1a PATH=$HOME/bin:\$PATH" example
        chmod 755 example
        cp example etc/hooks/example
        rm -f calls
    }
    hook
    acmeproxy cert add www.example.org --hook example
    assert_equal "$(cat calls)" 'nginx -t
systemctl reload nginx'
    hook
    acmeproxy renew --force www.example.org
    assert_equal "$(cat calls)" 'apachectl configtest
systemctl reload apache2'
    hook
    acmeproxy renew --force www.example.org
    assert_equal "$(cat calls)" 'lighttpd -tt -f /etc/lighttpd/lighttpd.conf
systemctl reload lighttpd'
    hook
    # Files of one's own are all that an ordinary user can make.
    sed -i "s#/etc/mail/tls#$HOME/tls#; s/-o root -g mail/-o $(id -un) -g $(id -gn)/" etc/hooks/example
    mkdir tls
    acmeproxy renew --force www.example.org
    assert_pair tls/cert.pem tls/key.pem
    assert_mode tls/key.pem 640
    assert_equal "$(ls -x tls)" 'cert.pem  key.pem'
    hook
    printf '#!/bin/sh\necho "mail $RENEWED_DOMAINS" >>"%s/calls"\n' "$HOME" >etc/hooks/mail
    chmod 755 etc/hooks/mail
    acmeproxy renew --force www.example.org
    [[ ! -e calls ]]
    acmeproxy cert add a.example.org mail.example.org --hook example
    assert_equal "$(cat calls)" 'mail a.example.org mail.example.org'
}

@test "acmeproxy-import(1)" {
    local web=$BATS_TEST_TMPDIR/web
    begin_host
    page acmeproxy-import.1
    mkdir -p "$web/.well-known"
    ln -s "$SPOOL/challenges" "$web/.well-known/acme-challenge"
    REQUESTS_CA_BUNDLE=$(tls_ca) certbot certonly --quiet --agree-tos --register-unsafely-without-email \
        --server "$(pebble_url)" --config-dir letsencrypt --work-dir work --logs-dir work \
        --webroot --webroot-path "$web" -d www.example.org
    as_printed 'acmeproxy import certbot'
    cmp "$SPOOL/certs/www.example.org/live/cert.pem" letsencrypt/live/www.example.org/cert.pem
    assert_equal "$(cat calls)" 'systemctl disable --now certbot.timer'
    unset ACMEPROXY_ACME_DIRECTORY_URL
    command lego --accept-tos --email me@example.test --server "$(pebble_url)" --path .lego \
        --http --http.webroot "$web" --domains a.example.org run >lego.out 2>&1 || fail "$(cat lego.out)"
    as_printed 'acmeproxy ca add lab'
    assert_equal "$(acmeproxy cert show a.example.org --json | jq -r .ca)" lab 'the CA'
}

@test "acmeproxy-renew(8)" {
    begin_host
    page acmeproxy-renew.8
    acmeproxy cert add www.example.org --later
    example '*/10 * * * * root acmeproxy renew'
    cron_line example
    assert_names "$SPOOL/certs/www.example.org/live/cert.pem" www.example.org
    as_printed 'acmeproxy renew --dry-run'
    printf '#!/bin/sh\nexit 1\n' >etc/hooks/broken
    chmod 755 etc/hooks/broken
    run acmeproxy cert add a.example.org --hook broken
    assert_status 1
    cp etc/hooks/reload etc/hooks/broken
    as_printed 'acmeproxy deploy --force'
    assert_equal "$(cat calls)" 'reload a.example.org'
    as_printed 'acmeproxy status --check --warn-days 10'
}

@test "acmeproxy-seal(1)" {
    page acmeproxy-seal.1
    as_printed 'acmeproxy keygen -o key.txt'
    grep -qE '^age1[a-z0-9]+$' printed
    echo bundle | acmeproxy seal -r "$(cat printed)" -o bundle.pem.age
    cp printed people.txt
    as_printed 'acmeproxy open -i key.txt'
    assert_equal "$(cat bundle.pem)" bundle
    age-keygen 2>/dev/null >other.txt
    age-keygen -y other.txt >>people.txt
    echo secret >privkey.pem
    as_printed 'acmeproxy seal -a -R people.txt'
    assert_equal "$(acmeproxy open -i key.txt key.age)$(age -d -i other.txt key.age)" secretsecret
}

# serve_as_printed: the example runs until it is ready.
serve_as_printed() {
    spawn serve bash -c 'exec bash -eu example' && await_log 'serving on ' 60 "${1:-1}"
}

@test "acmeproxy-serve(8)" {
    page acmeproxy-serve.8
    shell_only systemd-sysusers 'it needs root; tests/system/units.bats tries its file'
    example 'acmeproxy serve'
    serve_as_printed # on ports that this user may have, and with a name that the test CA knows
    await_log 'the certificate of 127.0.0.1 is new'
    stop serve
    as_printed 'systemctl enable --now acmeproxy'
    unset ACMEPROXY_SPOOL ACMEPROXY_RUN_DIR ACMEPROXY_SERVER_NAME ACMEPROXY_HTTP_API_ADDR ACMEPROXY_HTTPS_ADDR
    example 'acmeproxy serve --spool ~/spool'
    serve_as_printed 2
    await_log 'the certificate of proxy.example.org is new'
    assert_names "$HOME/spool/certs/proxy.example.org/live/cert.pem" proxy.example.org
    [[ -d $HOME/run ]]
    shell_only 'podman run' 'contrib/test-container.sh runs it where podman and an image of Debian are'
}

@test "acmeproxy-spool(5)" {
    begin_host
    page acmeproxy-spool.5
    acmeproxy cert add www.example.org
    # Of an order that takes longer than a pass.
    kill -s STOP "$(pid_of web)"
    run acmeproxy cert add a.example.org --order-timeout 1s
    kill -s CONT "$(pid_of web)"
    assert_status 1
    as_printed 'ls -l'
    grep -q 'www.example.org/live -> gen/0001' printed
    grep -q 'a.example.org/order.json' printed
    as_printed 'touch'
    [[ -e $SPOOL/certs/www.example.org/due ]]
    run acmeproxy renew --dry-run
    assert_output 'www.example.org'
}

@test "acmeproxy.conf(5)" {
    begin_host
    page acmeproxy.conf.5
    example 'key = value' # the form of a line, not a setting
    example "# Let's Encrypt"
    cp example "$ACMEPROXY_CONFIG"
    acmeproxy cert add a.example.org
    openssl x509 -in "$SPOOL/certs/a.example.org/live/cert.pem" -noout -text | grep -q 'NIST CURVE: P-384'
    assert_equal "$(acmeproxy account show --json | jq -r '.contact[]')" mailto:hostmaster@example.org
    grep -qx 'reload-lighttpd a.example.org' calls
    : >"$ACMEPROXY_CONFIG"
    as_printed 'ACMEPROXY_KEY_TYPE=ec384 acmeproxy cert add www.example.org'
    openssl x509 -in "$SPOOL/certs/www.example.org/live/cert.pem" -noout -text | grep -q 'NIST CURVE: P-384'
}

@test "agent.fcgi(8)" {
    begin_proxy
    page agent.fcgi.8
    client_web1 --allow '**.inside.example' --mode agent
    acmeproxy keygen -o key.txt 2>/dev/null
    acmeproxy cert add www.inside.example --client web1 --recipient "$(acmeproxy keygen -y key.txt)"
    # The file that the text tells of, with a token made like the one that is printed.
    (umask 077 && echo "user = \"web1:$(acmeproxy client token add web1 2>/dev/null)\"" >curlrc)
    as_printed 'acmeproxy client token add web1 --lineage'
    grep -v '^web1\.' printed >bundle.pem
    assert_pair bundle.pem bundle.pem
    export ACMEPROXY_SPOOL=$HOME/inside ACMEPROXY_CA_CERTIFICATES=$HOME/root.pem
    as_printed 'acmeproxy cert add www.inside.example --source agent'
    assert_names inside/certs/www.inside.example/live/cert.pem www.inside.example
}

# help_examples: the commands under "Examples:" of each verb's help, each in one line.
help_examples() {
    local verb
    acmeproxy help | sed -nE '/^Verbs:/,/^General:/s/^  ([a-z]+( [a-z]+)*)  .*/\1/p' >verbs
    (($(wc -l <verbs) > 30)) || fail 'these are not all verbs:' "$(cat verbs)" || return 1
    while read -r verb; do
        # shellcheck disable=SC2086 # words
        acmeproxy help $verb | awk -v verb="$verb" '/^Examples:/ { shown = 1; next }
            /^The manual:/ { shown = 0 }
            shown && /^      / { sub(/^ +/, ""); continued = sub(/\\$/, ""); printf "%s%s", $0, continued ? "" : "\n"; found = 1 }
            END { if (!found) print "no example of " verb }'
    done <verbs
}

# try COMMAND [SED-SCRIPT]: runs it, if it is one of the examples.
try() {
    grep -qxF -e "$1" found || fail "acmeproxy help shows no example \"$1\"" || return 1
    echo "$1" >>tried
    here <<<"$1" | sed "${2:-}" >example
    AT=$1 PAGE=help shell_runs example
}

certbot_and_lego_were_here() {
    local web=$BATS_TEST_TMPDIR/web
    mkdir -p "$web/.well-known"
    ln -s "$SPOOL/challenges" "$web/.well-known/acme-challenge"
    REQUESTS_CA_BUNDLE=$(tls_ca) certbot certonly --quiet --agree-tos --register-unsafely-without-email \
        --server "$(pebble_url)" --config-dir letsencrypt --work-dir work --logs-dir work \
        --webroot --webroot-path "$web" -d certbot.example.org
    LEGO_CA_CERTIFICATES=$(tls_ca) command lego --accept-tos --email me@example.test --server "$(pebble_url)" \
        --path .lego --http --http.webroot "$web" --domains www.example.org run >lego.out 2>&1 || fail "$(cat lego.out)"
}

@test "acmeproxy help VERB" {
    local live=$SPOOL/certs/www.example.org/live
    help_examples >found
    begin_host

    try 'acmeproxy --spool /srv/acme spool init' "s#/srv/acme#$HOME/acme#"
    [[ -d acme/certs ]]
    try 'acmeproxy cert add www.example.org example.org'
    ACMEPROXY_CA=letsencrypt-staging \
        try 'acmeproxy cert add a.example.org --ca letsencrypt-staging --hook reload'
    grep -qx 'reload a.example.org' calls
    try "acmeproxy cert list --json | jq -r '.[].name'"
    assert_equal "$(paste -s printed)" $'a.example.org\twww.example.org'
    try 'acmeproxy cert show www.example.org'
    grep -q "$live" printed
    try "acmeproxy cert set www.example.org --hook ''"
    try 'acmeproxy renew --dry-run'
    try 'acmeproxy renew --force www.example.org'
    assert_equal "$(readlink "$live")" gen/0002
    try 'acmeproxy cert set www.example.org --add-name example.org'
    try 'acmeproxy deploy --force'
    try 'acmeproxy status --check --warn-days 10'
    try 'acmeproxy spool check --repair'
    try 'acmeproxy cert revoke www.example.org --reason keyCompromise'
    assert_revoked "$SPOOL/certs/www.example.org/gen/0002/cert.pem" 1
    try 'acmeproxy cert remove www.example.org'
    [[ ! -e $live ]]
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout request.key -subj / \
        -addext subjectAltName=DNS:csr.example.org -out request.pem 2>/dev/null
    try 'acmeproxy cert add --csr request.pem'
    assert_pair "$SPOOL/certs/csr.example.org/live/cert.pem" request.key

    try 'acmeproxy ca add lab https://ca.example/dir --ca-certificates lab.pem'
    try 'acmeproxy ca list --json'
    jq -e '.[] | select(.name == "lab")' printed
    try 'acmeproxy ca show letsencrypt'
    acmeproxy account deactivate --ca lab
    try 'acmeproxy ca remove lab'
    try 'acmeproxy account show'
    try 'acmeproxy account thumbprint --web-server nginx | ssh edge tee acme.conf'
    try 'acmeproxy account update --contact hostmaster@example.org'
    try 'acmeproxy account rollover --account-key-type ec384'
    assert_equal "$(acmeproxy account show --json | jq -r '.contact[]')" mailto:hostmaster@example.org
    ACMEPROXY_CA=letsencrypt-staging try 'acmeproxy account deactivate --ca letsencrypt-staging'

    certbot_and_lego_were_here
    # Where there is no account yet.
    ACMEPROXY_SPOOL=$HOME/moved try 'acmeproxy import certbot /etc/letsencrypt --dry-run'
    [[ ! -e moved/certs/certbot.example.org ]]
    ACMEPROXY_SPOOL=$HOME/moved try 'acmeproxy import lego ~/.lego www.example.org --hook reload-nginx'
    cmp moved/certs/www.example.org/live/cert.pem <(openssl x509 -in .lego/certificates/www.example.org.crt)

    try 'acmeproxy keygen -o key.txt'
    try 'acmeproxy keygen -y key.txt'
    # shellcheck disable=SC2034 # here reads it
    RECIPIENT=$(cat printed)
    echo secret >secret.txt
    try 'acmeproxy seal -r age1... -o secret.age secret.txt'
    assert_equal "$(age -d -i key.txt secret.age)" secret

    try "acmeproxy client add web1 --allow '**.web1.example.org' --quota 20/day"
    try 'acmeproxy client set web1 --quota 50/day'
    try 'acmeproxy client set web1 --mode gateway,agent'
    acmeproxy client show web1 --json | jq -e '.orders_per_day == 50 and .modes == ["agent", "gateway"]'
    try "acmeproxy client allow web1 '*.apps.example.org'"
    try 'acmeproxy client deny web1 vpn.intern.example.org'
    try 'acmeproxy client disable web1'
    try 'acmeproxy client enable web1'
    try 'acmeproxy client list --json'
    jq -e '.[] | select(.id == "web1")' printed
    try 'acmeproxy client show web1'
    try 'acmeproxy client eab add web1 --once --expires 7d'
    keys_of printed
    try 'acmeproxy client eab list web1'
    grep -q "^$KID " printed
    try 'acmeproxy client eab revoke web1.AAAAAAAAAAAAAAAAAAAAAA' "s/web1\.A.*/$KID/"
    try 'acmeproxy client token add web1 --lineage www.example.org'
    try 'acmeproxy client token list web1'
    try 'acmeproxy client token revoke web1.1f2e3d4c5b6a' "s/web1\.1f2e3d4c5b6a/$(grep -o '^web1\.[0-9a-f]*' printed)/"
    acmeproxy client allow web1 www.example.org
    try 'acmeproxy client check web1 www.example.org'
    try 'acmeproxy client remove web1'
    client_web1 --allow b.example.org,c.example,d.example --mode agent
    try 'acmeproxy cert add b.example.org --client web1 --recipient age1...'
    cp "$SPOOL/certs/web1@b.example.org/live/bundle.pem.age" .
    try 'acmeproxy open -i key.txt -o bundle.pem bundle.pem.age'
    assert_pair bundle.pem bundle.pem

    try 'acmeproxy help cert add'
    try 'acmeproxy version'
    stop web
    begin_proxy
    (
        export ACMEPROXY_SPOOL=$HOME/inside ACMEPROXY_CA_CERTIFICATES=$HOME/root.pem
        # Once it has an account there, a name is all it takes.
        acmeproxy cert add d.example --source agent --server "https://127.0.0.1:$HTTPS_PORT/agent/" \
            --eab-kid "$KID" --eab-key-file web1.key
        try 'acmeproxy cert add c.example --source agent --server https://HOST/agent/'
        assert_names inside/certs/c.example/live/cert.pem c.example
    )
    # Two that go on until they are stopped: the page of acmeproxy-serve(8) has them, too, and their test.
    grep -xF 'acmeproxy serve' found >>tried
    grep -E '^acmeproxy serve --spool ~/spool' found >>tried
    assert_equal "$(grep -E '^acmeproxy serve -' tried | tr -s ' ')" \
        "$(tr -d '\\\n' <"$EXAMPLES/acmeproxy-serve.8/04" | tr -s ' ')" 'the example of serve'
    assert_equal "$(sort found)" "$(sort tried)" 'the list of examples'
}

@test "each page that has examples is tried" {
    local folder tried
    tried=$(sed -nE 's/^ +page ([a-z.0-9-]+)$/\1/p' "$BATS_TEST_DIRNAME"/man_{examples,servers}.bats)
    assert_equal "$(sort <<<"$tried")" "$(cd "$EXAMPLES" && for folder in */*; do echo "${folder%/*}"; done | sort -u)"
}
