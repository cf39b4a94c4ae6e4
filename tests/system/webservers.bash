# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Web servers for tests: lighttpd, Apache, nginx and Caddy on a free loopback port, each with a
# configuration of its own below $WEB_DIR, under an unprivileged user where the test runs as root.
#
#   web_setup                     folder and port; call it first
#   web_snippet FILE              a configuration of contrib/ with the paths of this test
#   start_lighttpd|start_apache|start_nginx|start_caddy TEXT    the server with TEXT in its configuration
#   start_fcgi SOCKET PROGRAM     a FastCGI program on a unix socket, without a web server
#   fetch [CURL OPTIONS] PATH     sets $code, writes $WEB_DIR/body and $WEB_DIR/headers
#   web_teardown                  ends what was started, by its process id; call it in teardown()

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
: "${ACMEPROXY_LIBEXEC:=/usr/local/libexec/acmeproxy}"
CHALLENGE_FCGI=${CHALLENGE_FCGI:-$ACMEPROXY_LIBEXEC/challenge.fcgi}

need() { # PROGRAM...: skips the test where one is missing
    local program
    for program; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

as_user() { # COMMAND...: as nobody where we are root; becomes the command
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
    else
        exec "$@"
    fi
}

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

wait_until() { # SECONDS COMMAND...: false where it does not come true in time
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

port_answers() { (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
answers_or_gone() { port_answers "$1" || is_gone "$2"; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

web_setup() {
    WEB_DIR=$BATS_TEST_TMPDIR/web
    WEB_PORT=$(free_port)
    web_pids=()
    mkdir -p "$WEB_DIR/root" "$WEB_DIR/tmp"
    cp "$CHALLENGE_FCGI" "$WEB_DIR/challenge.fcgi"
    chmod 755 "$WEB_DIR/challenge.fcgi"
    if [ "$(id -u)" -eq 0 ]; then
        # bats makes its folders for its own user only.
        chmod 755 "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
        chown -R 65534:65534 "$WEB_DIR"
    fi
}

# Starts COMMAND... in the background as the user; output goes to $WEB_DIR/NAME.log.
web_start() { # NAME COMMAND...
    local name=$1
    shift
    # In a session of its own: Apache ends with a signal to its whole process group, bats too.
    (as_user setsid "$@") </dev/null >"$WEB_DIR/$name.log" 2>&1 3>&- &
    web_pids+=($!)
    WEB_PID=$!
}

web_wait() { # NAME: until the port answers
    wait_until 10 answers_or_gone "$WEB_PORT" "$WEB_PID"
    port_answers "$WEB_PORT" && return
    echo "$1 does not answer on port $WEB_PORT:" >&2
    cat "$WEB_DIR"/*.log >&2
    return 1
}

web_stop() { # PID
    kill "$1" 2>/dev/null || return 0
    wait_until 10 is_gone "$1" || kill -9 "$1"
    wait "$1" 2>/dev/null || true
}

web_teardown() {
    local i
    for ((i = ${#web_pids[@]} - 1; i >= 0; i--)); do
        web_stop "${web_pids[i]}"
    done
    web_pids=()
}

web_snippet() { # FILE below contrib/: its text for this test's program, spool and socket
    sed -e "s|/usr/local/libexec/acmeproxy/challenge.fcgi|$WEB_DIR/challenge.fcgi|" \
        -e "s|/var/spool/acmeproxy|$SPOOL|" \
        -e "s|/run/[a-z]*/challenge.sock|$WEB_DIR/challenge.sock|" \
        "$repository/contrib/$1"
}

start_lighttpd() { # TEXT
    need lighttpd
    cat >"$WEB_DIR/lighttpd.conf" <<CONF
server.modules = ("mod_accesslog")
server.document-root = "$WEB_DIR/root"
server.bind = "127.0.0.1"
server.port = $WEB_PORT
server.upload-dirs = ("$WEB_DIR/tmp")
server.errorlog = "$WEB_DIR/error.log"
accesslog.filename = "$WEB_DIR/access.log"
accesslog.format = "%v %{Host}i %r"
$1
CONF
    web_start lighttpd lighttpd -D -f "$WEB_DIR/lighttpd.conf"
    web_wait lighttpd
}

start_apache() { # TEXT [MODULE...]: with mpm_event, or mpm_prefork where it is among the modules
    need apache2
    local text=$1 mpm=mpm_event modules=/usr/lib/apache2/modules module
    shift
    case " $* " in *" mpm_prefork "*) mpm= ;; esac
    {
        for module in $mpm authz_core setenvif env alias "$@"; do
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        done
        cat <<CONF
ServerRoot "$WEB_DIR"
ServerName localhost
DefaultRuntimeDir "$WEB_DIR/tmp"
PidFile "$WEB_DIR/tmp/apache.pid"
Mutex file:$WEB_DIR/tmp default
Listen 127.0.0.1:$WEB_PORT
DocumentRoot "$WEB_DIR/root"
ErrorLog "$WEB_DIR/error.log"
LogFormat "%v %{Host}i %r" names
CustomLog "$WEB_DIR/access.log" names env=!acme_challenge
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory "$WEB_DIR/root">
    Require all granted
</Directory>
$text
CONF
    } >"$WEB_DIR/apache.conf"
    web_start apache apache2 -f "$WEB_DIR/apache.conf" -DFOREGROUND
    web_wait apache
}

start_nginx() { # TEXT
    need nginx
    local kind temp_paths=
    for kind in client_body proxy fastcgi uwsgi scgi; do
        temp_paths+="${kind}_temp_path $WEB_DIR/tmp/$kind; "
    done
    cat >"$WEB_DIR/nginx.conf" <<CONF
daemon off;
pid $WEB_DIR/tmp/nginx.pid;
error_log $WEB_DIR/error.log;
worker_processes 1;
events { }
http {
    $temp_paths
    log_format names '\$server_name \$http_host \$request';
    access_log $WEB_DIR/access.log names;
    server {
        listen 127.0.0.1:$WEB_PORT;
        root $WEB_DIR/root;
$1
    }
}
CONF
    web_start nginx nginx -e "$WEB_DIR/error.log" -p "$WEB_DIR" -c "$WEB_DIR/nginx.conf"
    web_wait nginx
}

start_caddy() { # TEXT
    need caddy
    cat >"$WEB_DIR/Caddyfile" <<CONF
{
    admin off
    auto_https off
    storage file_system $WEB_DIR/tmp/caddy
    log default {
        exclude http
    }
}
http://:$WEB_PORT {
    bind 127.0.0.1
$1
}
CONF
    web_start caddy env HOME="$WEB_DIR/tmp" caddy run --adapter caddyfile --config "$WEB_DIR/Caddyfile"
    web_wait caddy
}

start_fcgi() { # SOCKET PROGRAM [ARGUMENT...]
    need spawn-fcgi
    local socket=$1
    shift
    web_start fcgi spawn-fcgi -n -s "$socket" -- "$@"
    wait_until 10 test -S "$socket"
}

fetch() { # [CURL OPTIONS] PATH
    local -a options=("$@")
    unset "options[-1]"
    : >"$WEB_DIR/body"
    # shellcheck disable=SC2034 # read by the tests
    code=$(curl -s --max-time 5 --path-as-is -o "$WEB_DIR/body" -D "$WEB_DIR/headers" \
        -w '%{http_code}' "${options[@]}" "http://127.0.0.1:$WEB_PORT${*: -1}") || true
}

header() { # NAME: of the last answer
    tr -d '\r' <"$WEB_DIR/headers" | sed -n "s/^$1: //Ip"
}
