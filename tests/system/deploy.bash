# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of doc/deploy.md share, over common.bash: the complete configurations of contrib/
# in real web servers, the programs as the systemd units start them, and two clients.
#
#     setup_file() { load deploy; begin_deploy; }
#     setup() { load deploy; fresh_deploy; }
#     teardown() { end_deploy_test; }
#     teardown_file() { load deploy; end; }
#
# A web server is called lighttpd, apache, nginx or caddy; a second one of a kind NODE/lighttpd. In
# the files of contrib/, paths, ports and the host's name are replaced, nothing else; lines for IPv6
# go. The host's name, proxy.example.test, is 127.0.0.1 for all.

bats_require_minimum_version 1.5.0
# Of this folder, whatever test file it is.
load "${BASH_SOURCE[0]%/*}/common"
load "${BASH_SOURCE[0]%/*}/fences"

begin_deploy() {
    begin
    require_acmeproxy || return 1
    mkdir -p "$HARNESS_DIR/run"
    http_port >/dev/null
    start_dns && start_pebble && pebble_get roots/0 >"$HARNESS_DIR/root.pem"
}

# fresh_deploy: a new spool with Pebble as its CA, and the sockets of all programs.
fresh_deploy() {
    HTTPS_PORT=$(pick_port)
    be_host "$BATS_TEST_TMPDIR/host"
    mkdir -p "${ACMEPROXY_CONFIG%/*}" "${SPOOL%/*}"
    printf '%s\n' "spool = $SPOOL" "base-url = $(front_url)" 'ca = pebble' \
        "ca-certificates = $(tls_ca)" >"$ACMEPROXY_CONFIG"
    install -d -m 751 "$SPOOL" # root may have it, too
    acmeproxy spool init >/dev/null && acmeproxy ca add pebble "$(pebble_url)" >/dev/null
}

# be_host ROOT: all that follows happens on the host whose files lie below that folder.
be_host() {
    ROOT=$1
    SPOOL=$ROOT/var/spool/acmeproxy
    export ACMEPROXY_CONFIG=$ROOT/etc/acmeproxy/acmeproxy.conf
}

front_url() { echo "https://proxy.example.test:$HTTPS_PORT"; }

# --- the programs, as their units start them ------------------------------------------------

# unit_lines UNIT KEY: the values of a key of a unit in contrib/systemd, with the paths of the test.
unit_lines() {
    sed -n "s/^$2=//p" "$SERVICES_ROOT/contrib/systemd/$1" |
        sed -e "s|/usr/libexec/acmeproxy|$TEST_LIBEXEC|" -e "s|/var/spool/acmeproxy|$SPOOL|g" \
            -e "s|/run/acmeproxy|$HARNESS_DIR/run|"
}

# unit_user UNIT: the words that make a program the user and the group of a unit, where we are root:
# numbers, since the users themselves need not be there.
unit_user() {
    local user group
    ((EUID == 0)) || return 0
    user=$(unit_lines "$1" User)
    group=$(unit_lines "$1" Group)
    case ${user:-$(unit_lines "$1" DynamicUser)} in
    acmeproxy) user=$OWNER_ID ;;
    acmeproxy-agent) user=$AGENT_ID ;;
    yes) user=$DYNAMIC_ID ;;
    esac
    [[ $group == acmeproxy ]] && group=$OWNER_ID || group=$user
    echo "setpriv --reuid=$user --regid=$group --clear-groups --no-new-privs --"
}
OWNER_ID=64101 AGENT_ID=64102 DYNAMIC_ID=64103 CHALLENGE_ID=64104

# give_socket UNIT SOCKET: user, group and mode as in the socket unit, where we are root.
give_socket() {
    local user group
    ((EUID == 0)) || return 0
    user=$(unit_lines "$1" SocketUser)
    group=$(unit_lines "$1" SocketGroup)
    [[ $group == acmeproxy-challenge ]] && group=$CHALLENGE_ID
    chown "${user:-root}:${group:-root}" "$2" && chmod "$(unit_lines "$1" SocketMode)" "$2"
}

# spawn_on_host NAME COMMAND...: spawn; where we are root, on a machine with the group of contrib/systemd,
# of which www-data is a member (or $MEMBER).
spawn_on_host() {
    local name=$1 group=$HARNESS_DIR/group
    shift
    if ((EUID)); then
        spawn "$name" "$@"
        return
    fi
    {
        grep -v '^acmeproxy' /etc/group
        echo "acmeproxy-challenge:x:$CHALLENGE_ID:${MEMBER-www-data}"
    } >"$group"
    # shellcheck disable=SC2016 # for the shell within
    spawn "$name" unshare --mount sh -c 'mount --bind "$0" /etc/group && exec "$@"' "$group" "$@"
}

# start_unit NAME [FOLDER]: acmeproxy-NAME.socket and its service. FOLDER: where the sockets lie.
# Without systemd the socket is descriptor 0 and not 3.
start_unit() {
    local unit=acmeproxy-$1 run=${2:-$HARNESS_DIR/run} socket listen program words=()
    mkdir -p "$run"
    socket=$run/$(basename "$(unit_lines "$unit.socket" ListenStream)")
    rm -f "$socket"
    mapfile -t words < <(unit_lines "$unit.service" Environment)
    read -ra program < <(echo "$(unit_user "$unit.service")" env "${words[@]}" \
        "ACMEPROXY_CONFIG=$ACMEPROXY_CONFIG" "$(unit_lines "$unit.service" ExecStart)")
    if command -v systemd-socket-activate >/dev/null; then
        listen=(systemd-socket-activate -l "$socket")
    else
        listen=("$(system_python)" "$SERVICES_ROOT/tests/system/fcgi_pool.py" "$socket" 1)
    fi
    spawn "${run##*/}-$1" "${listen[@]}" "${program[@]}" && wait_until 10 test -S "$socket" &&
        give_socket "$unit.socket" "$socket"
}

# start_units [FOLDER]: all of them.
start_units() {
    local name
    for name in challenge auth gateway agent; do start_unit "$name" "$@" || return 1; done
}

stop_units() {
    local name
    for name in challenge auth gateway agent; do stop "run-$name"; done
}

# --- the web servers ------------------------------------------------------------------------

# site_dir NODE/KIND
site_dir() { echo "$BATS_TEST_TMPDIR/site/$1"; }

# take_over SERVER ADDRESS RUN: contrib/KIND as somebody would copy it.
take_over() {
    local kind=${1##*/} http dir file
    http=$(http_port)
    dir=$(site_dir "$1")
    mkdir -p "$dir/acmeproxy" "$dir/tmp"
    for file in "$SERVICES_ROOT/contrib/$kind"/*; do
        sed -e "s|/etc/[a-z0-9]*/acmeproxy|$dir/acmeproxy|g" -e "s|/var/spool/acmeproxy|$SPOOL|g" \
            -e "s|/run/acmeproxy|$3|g" -e 's|proxy\.example\.org|proxy.example.test|g' \
            -e "s|/var/empty|$dir/tmp|" -e '/\[::\]:80/d' -e '/listen \[::\]/d' \
            -e '/\[::\]:443/,/^}/d' \
            -e "s|listen 80|listen $2:$http|" -e "s|listen 443|listen $2:$HTTPS_PORT|" \
            -e "s|VirtualHost \*:80>|VirtualHost *:$http>|" \
            -e "s|VirtualHost \*:443>|VirtualHost *:$HTTPS_PORT>|" \
            -e "s|server.port = 80$|server.port = $http|" \
            -e "s|\":443\"|\"$2:$HTTPS_PORT\"|" \
            "$file" >"$dir/acmeproxy/${file##*/}"
    done
}

main_of_nginx() { # DIR VARIANT
    local kind
    ((EUID)) || echo 'user www-data;'
    echo "daemon off; pid $1/tmp/nginx.pid; error_log $1/error.log; events { }"
    echo "http { log_format hosts '\$http_host \"\$request\" \$status';"
    echo "access_log $1/access.log hosts;"
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $1/tmp/$kind;"; done
    echo "include $1/acmeproxy/$2.conf; }"
}

main_of_apache() { # DIR VARIANT ADDRESS
    local module evasive=evasive20 # its name in Debian 12
    [[ -e /usr/lib/apache2/modules/mod_evasive20.so ]] || evasive=evasive
    # What Debian enables, and what the comments of the files ask for.
    for module in mpm_event authz_core alias env reqtimeout socache_shmcb setenvif proxy proxy_fcgi \
        ssl headers "$evasive"; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    ((EUID)) || printf '%s www-data\n' User Group
    cat <<CONF
ServerRoot "$1"
ServerName localhost
DefaultRuntimeDir "$1/tmp"
PidFile "$1/tmp/apache.pid"
Mutex file:$1/tmp default
Listen $3:$(http_port)
Define APACHE_LOG_DIR $1
ErrorLog "$1/error.log"
LogFormat "%h %l %u %t \"%r\" %>s %O %{Host}i" combined
Include "$1/acmeproxy/$2.conf"
CONF
    [[ $2 == public ]] || echo "Listen $3:$HTTPS_PORT https"
}

main_of_lighttpd() { # DIR VARIANT ADDRESS
    ((EUID)) || printf 'server.%sname = "www-data"\n' user group
    cat <<CONF
server.modules = ( "mod_accesslog" )
server.bind = "$3"
server.upload-dirs = ( "$1/tmp" )
server.errorlog = "$1/error.log"
accesslog.filename = "$1/access.log"
include "$1/acmeproxy/$2.conf"
CONF
}

# The test CA in the place of Let's Encrypt, and other ports: all of it in the global options.
main_of_caddy() { # DIR VARIANT ADDRESS
    cat <<CONF
{
    admin off
    storage file_system $1/tmp/caddy
    default_bind $3
    http_port $(http_port)
    https_port $HTTPS_PORT
    skip_install_trust
    cert_issuer acme {
        dir $(pebble_url)
        trusted_roots $(tls_ca)
        disable_tlsalpn_challenge
    }
    log default {
        output file $1/error.log
        exclude http
    }
}
import $1/acmeproxy/$2.Caddyfile
CONF
}

# start_site SERVER public|full [ADDRESS [RUN]]: in the place of what it was before. RUN is the
# folder of the programs' sockets.
start_site() {
    local kind=${1##*/} name=site-${1//\//-} address=${3:-127.0.0.1} dir command
    dir=$(site_dir "$1")
    take_over "$1" "$address" "${4:-$HARNESS_DIR/run}"
    stop "$name"
    case $kind in
    lighttpd) command=(lighttpd -D -f "$dir/conf") ;;
    apache) command=(apache2 -f "$dir/conf" -DFOREGROUND) ;;
    nginx) command=(nginx -e "$dir/error.log" -p "$dir" -c "$dir/conf") ;;
    caddy) command=(env HOME="$dir/tmp" caddy run --adapter caddyfile --config "$dir/conf") ;;
    esac
    command -v "${command[0]}" >/dev/null || skip "${command[0]} is not installed"
    "main_of_$kind" "$dir" "$2" "$address" >"$dir/conf"
    # What it writes as that user.
    ((EUID)) || chown -R www-data "$dir"
    spawn_on_host "$name" "${command[@]}" || return 1
    if ! await_listening "$name" "$(http_port)" ||
        { [[ $2 != public ]] && ! await_listening "$name" "$HTTPS_PORT"; }; then
        show_log "$name"
        cat "$dir/error.log" >&2
        fail "$1 does not listen"
    fi
}

# --- clients --------------------------------------------------------------------------------

# public PATH [CURL-ARGUMENT...]: the status of a plain HTTP request, as the Internet asks.
public() {
    curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' --path-as-is \
        "${@:2}" "http://127.0.0.1:$(http_port)$1"
}

# secure [CURL-ARGUMENT...] PATH: over TLS, trusting the CA's root. NODE: another address.
secure() {
    local -a words=("$@")
    unset 'words[-1]'
    curl --silent --show-error --max-time 30 --cacert "$HARNESS_DIR/root.pem" \
        --resolve "proxy.example.test:$HTTPS_PORT:${NODE:-127.0.0.1}" "${words[@]}" "$(front_url)${*: -1}"
}
status_of() { secure --output /dev/null --write-out '%{http_code}' "$@"; }
serves() { [[ $(status_of "$1" 2>/dev/null) == 200 ]]; }

# inside WORD...: the acmeproxy of a client in the private network, with a spool of its own.
inside() {
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/inside ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/inside.conf \
        "$ACMEPROXY" "$@"
}

# connect_inside: it has an account at the gateway afterwards.
connect_inside() {
    local eab=$BATS_TEST_TMPDIR/eab
    printf '%s\n' "ca-certificates = $HARNESS_DIR/root.pem" \
        "resolve = proxy.example.test:$HTTPS_PORT:127.0.0.1" >"$BATS_TEST_TMPDIR/inside.conf"
    acmeproxy client add inside --allow '**.example.test' >/dev/null
    acmeproxy client eab add inside >"$eab"
    sed -n 's/^key: //p' "$eab" >"$eab.key"
    install -d -m 751 "$BATS_TEST_TMPDIR/inside"
    inside spool init >/dev/null
    inside ca add proxy "$(front_url)/gateway/directory" --eab-kid "$(sed -n 's/^kid: //p' "$eab")" \
        --eab-key-file "$eab.key"
}

# through_the_gateway NAME: a certificate for it comes to the client inside.
through_the_gateway() {
    inside cert add "$1" --ca proxy && assert_names \
        "$BATS_TEST_TMPDIR/inside/certs/$1/live/cert.pem" "$1"
}

# connect_sleeper NAME: a client of the agent with a sealed lineage NAME; its token is in `token`.
connect_sleeper() {
    age-keygen -o "$BATS_TEST_TMPDIR/key.txt" 2>/dev/null
    acmeproxy client add sleeper --allow '**.example.test' --mode agent >/dev/null
    acmeproxy cert add "$1" --client sleeper \
        --recipient "$(age-keygen -y "$BATS_TEST_TMPDIR/key.txt")"
    token=$(acmeproxy client token add sleeper 2>/dev/null)
}

# by_the_agent NAME: curl fetches, age opens.
by_the_agent() {
    local bundle=$BATS_TEST_TMPDIR/bundle.pem
    secure --fail -u "sleeper:${token:?}" "/agent/certs/$1/latest/bundle.pem.age" |
        age -d -i "$BATS_TEST_TMPDIR/key.txt" >"$bundle"
    assert_names "$bundle" "$1" && assert_pair "$bundle" "$bundle"
}

end_deploy_test() {
    local file
    end_test
    if [[ -z ${BATS_TEST_COMPLETED:-} ]]; then
        tail -n 20 "$BATS_TEST_TMPDIR"/site/*/error.log >&2 || true
    fi
    for file in "$HARNESS_DIR"/pids/*; do
        case ${file##*/} in dns | pebble | proxy) ;; *) stop "${file##*/}" ;; esac
    done
}
