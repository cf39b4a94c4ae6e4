#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What "acmeproxy client eab add" prints for each client, run as it is printed until the client has
# its certificate. The system's folders and its list of trusted CAs are the test's own, in a mount
# namespace: so no line needs an option that it has not.

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

teardown() {
    stop client
    end_gateway_test
}

# at_home_behind FRONT: a gateway there, with the client web1. Sets at_home, the words that run a
# command where the system's folders are the test's own.
at_home_behind() {
    client_of "$1"
    HOST=$BATS_TEST_TMPDIR/host
    local folder folders=(/etc/ssl /var/lib /var/log)
    for folder in /etc/letsencrypt /etc/dehydrated; do
        [[ ! -d $folder ]] || folders+=("$folder")
    done
    for folder in "${folders[@]}"; do mkdir -p "$HOST$folder"; done
    mkdir -p "$HOST/etc/ssl/certs" "$HOST/home" "$HOST/var/log/apache2"
    cp /etc/ssl/openssl.cnf "$HOST/etc/ssl/"
    cp "$(tls_ca)" "$HOST/etc/ssl/certs/ca-certificates.crt"
    # shellcheck disable=SC2016 # for the shell within
    at_home=(env -C "$HOST/home" HOME="$HOST/home" unshare --map-root-user --mount sh -c '
        for folder in $3; do mount --bind "$0$folder" "$folder" || exit; done
        user=$1 group=$2 && shift 3 && exec unshare --map-user="$user" --map-group="$group" "$@"'
        "$HOST" "$(id -u)" "$(id -g)" "${folders[*]}")
    "${at_home[@]}" true 2>/dev/null || skip 'an unprivileged user gets no namespace here'
}

# printed_for CLIENT: the lines under its heading, for one name.
printed_for() {
    local lines
    lines=$(sed -n "/^# $1\b/,/^\$/{/^#/d;p}" "$BATS_TEST_TMPDIR/eab-web1")
    [[ -n $lines ]] || fail "nothing is printed for $1" || return 1
    sed 's/\bNAME\b/a-zq.example.test/g' <<<"$lines"
}

# runs_as_printed CLIENT [LINES]
runs_as_printed() {
    local lines
    need "$1"
    lines=${2:-$(printed_for "$1")}
    run "${at_home[@]}" bash -euxc "$lines"
    assert_status 0
}

# has_certificate FILE KEY: the client's files.
has_certificate() {
    assert_names "$1" a-zq.example.test
    assert_pair "$1" "$2"
    assert_chain "$1"
    cp "$1" "$(certificate_file web1)"
    assert_clean_spool
}

@test "the lines for certbot are all that it needs" {
    at_home_behind lighttpd
    runs_as_printed certbot
    local live=$HOST/etc/letsencrypt/live/a-zq.example.test
    has_certificate "$live/fullchain.pem" "$live/privkey.pem"
}

@test "the lines for lego are all that it needs" {
    at_home_behind apache
    runs_as_printed lego
    local file=$HOST/home/.lego/certificates/a-zq.example.test
    has_certificate "$file.crt" "$file.key"
}

@test "the lines for uacme are all that it needs" {
    at_home_behind nginx
    runs_as_printed uacme
    local folder=$HOST/etc/ssl/uacme
    has_certificate "$folder/a-zq.example.test/cert.pem" \
        "$folder/private/a-zq.example.test/key.pem"
}

# It fetches an order right after making it.
@test "the lines for dehydrated are all that it needs" {
    at_home_behind apache
    need dehydrated
    local lines folder=$HOST/var/lib/dehydrated/certs/a-zq.example.test
    cp -r /etc/dehydrated/. "$HOST/etc/dehydrated/"
    mkdir -p "$HOST/var/lib/dehydrated"
    lines=$(printed_for dehydrated)
    grep -v '^dehydrated ' <<<"$lines" >>"$HOST/etc/dehydrated/config"
    runs_as_printed dehydrated "$(grep '^dehydrated ' <<<"$lines")"
    has_certificate "$folder/fullchain.pem" "$folder/privkey.pem"
}

# The printed lines stand at the top; what the user has are sites. Ports of the test's own.
@test "the lines for Caddy are all that it needs" {
    at_home_behind nginx
    need caddy
    local file
    {
        printed_for Caddy | sed "1a http_port $(pick_port)\nhttps_port $(pick_port)\nadmin off"
        echo 'a-zq.example.test {
            bind 127.0.0.1
            respond hello
        }'
    } >"$HOST/home/Caddyfile"
    spawn client "${at_home[@]}" caddy run --adapter caddyfile --config Caddyfile
    wait_until 30 stands 'a-zq.example.test.json' || fail 'there is none'
    file=$(find "$HOST" -name a-zq.example.test.json)
    has_certificate "${file%json}crt" "${file%json}key"
}

# stands PATH: such a file is somewhere in the test's own folders.
stands() { [[ -n $(find "$HOST" -path "*/$1") ]]; }

# Nothing listens on port 80 here. Apache takes the certificate when it is restarted.
@test "the lines for Apache's mod_md are all that it needs" {
    at_home_behind lighttpd
    need apache2
    local module port conf=$HOST/home/httpd.conf folder=$HOST/home/md/domains/a-zq.example.test
    port=$(pick_port)
    for module in mpm_event authz_core socache_shmcb ssl md; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done >"$conf"
    cat >>"$conf" <<END
ServerRoot "$HOST/home"
DefaultRuntimeDir "$HOST/home"
PidFile "$HOST/home/apache.pid"
Mutex file:$HOST/home default
ErrorLog "$HOST/home/error.log"
Listen 127.0.0.1:$port
<VirtualHost *:$port>
    ServerName a-zq.example.test
    SSLEngine on
</VirtualHost>
$(printed_for 'Apache mod_md')
END
    spawn client "${at_home[@]}" apache2 -f "$conf" -DFOREGROUND
    wait_until 30 grep -qs 'AH10059: .*has been setup' "$HOST/home/error.log" ||
        fail "$(cat "$HOST/home/error.log")"
    kill -s USR1 "$(<"$HOST/home/apache.pid")"
    wait_until 10 stands domains/a-zq.example.test/pubcert.pem
    has_certificate "$folder/pubcert.pem" "$folder/privkey.pem"
}

# Debian 12 has no acme.sh: gateway_clients.bats has a client that goes its way.
@test "the lines for acme.sh are words for a shell" {
    local lines
    client_of lighttpd
    lines=$(printed_for acme.sh)
    bash -nc "$lines"
    assert_equal "$(grep -cE '^acme\.sh --(register-account|issue) ' <<<"$lines")" 2 'lines'
}

# The manual's examples: one line each, with the directory and the key of this test.
manual_lines() {
    sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./d;p}' "$SERVICES_ROOT/man/acmeproxy-gateway.7" |
        sed -e ':join' -e '/\\e$/{N;s/ *\\e\n */ /;bjoin' -e '}' -e 's/^ *//' \
            -e "s|https://HOST|$(front_url)|; s/\bKID\b/$(eab_kid web1)/; s/\bKEY\b/$(eab_key web1)/" \
            -e 's/www\.inside\.example/NAME/'
}

@test "the manual has the lines that are printed" {
    local missing
    client_of lighttpd
    missing=$(sed -E 's/^ *//; /^($|#|kid:|key:)/d' "$BATS_TEST_TMPDIR/eab-web1" |
        grep -vxFf <(manual_lines)) || true
    assert_equal "$missing" '' 'what is not in the manual'
}
