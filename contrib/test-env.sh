#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test-env.sh start|stop|status [--state FOLDER] [--yes]: acmeproxy with all that it needs around
# it, on this machine, apart from everything else:
#
#   start   installs the Debian packages that are missing (asks on a terminal, unless --yes),
#           builds acmeproxy, installs it into a prefix of its own, starts a DNS server that knows
#           every name (dnsmasq), an ACME CA (Pebble) and `acmeproxy serve`, which runs the web
#           server (lighttpd). Then it obtains a certificate in every mode, and shows it and the
#           commands to go on:
#             own           of the server itself, for its address
#             acme-client   for two names, with a hook
#             acme-gateway  for certbot, and for an acmeproxy with a spool of its own
#             certificate-agent  for curl and age, whose key is sealed, and for the same acmeproxy
#                            with a spool of its own
#   status  shows what runs and where; exit status 0 when all runs, 3 when nothing does, else 1
#   stop    ends it and removes the state folder
#
# Everything listens on loopback, on free high ports, and lies in the state folder (by default
# acmeproxy-test-env.UID in the folder for temporary files), so several can run at once. Started
# as root, it builds and runs as a throw-away user (contrib/as-test-user.sh).
#
# With ACMEPROXY=FILE and ACMEPROXY_LIBEXEC=FOLDER in the environment it builds nothing: they name the
# installed program and the folder of the FastCGI programs, as for the system tests.
set -euo pipefail

source_root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/lib/process.sh
source "$source_root/contrib/lib/process.sh"
# shellcheck source=contrib/lib/services.sh
source "$source_root/contrib/lib/services.sh"

services=(dns pebble serve)
names=(a.example.test b.example.test)
gateway_name=c.example.test # certbot's
inside_name=d.example.test  # the second acmeproxy's
sealed_name=e.example.test  # fetched by curl, opened by age
pulled_name=f.example.test  # the second acmeproxy's, sealed for it

fail() {
    say "test-env.sh: $*"
    exit 1
}

usage() {
    say 'usage: test-env.sh start|stop|status [--state FOLDER] [--yes]'
    exit 2
}

# step TEXT COMMAND...: one line a step; what COMMAND says goes to the log, and is shown if it fails.
step() {
    local text=$1 log=$state/logs/steps.log start=$SECONDS status=0
    shift
    mkdir -p "$state/logs"
    printf '%-46s ' "$text"
    printf -- '--- %s\n' "$text" >>"$log"
    # Not "if" or "||": bash ignores errexit within them.
    set +e
    (set -e && "$@") >>"$log" 2>&1 </dev/null
    status=$?
    set -e
    if ((status)); then
        echo FAILED
        tail -n 30 "$log" >&2
        [[ ! -O $state ]] || stop_all
        fail "$text: failed (all of the log: $log; when it is mended: start again; to give up: stop)"
    fi
    if ((SECONDS - start > 2)); then echo "ok ($((SECONDS - start)) s)"; else echo ok; fi
}

# --- the state folder ---------------------------------------------------------------------

is_state_folder() { [[ -d $state && ! -L $state && -f $state/.acmeproxy-test-env ]]; }

is_empty_folder() {
    [[ -d $state && ! -L $state && -O $state && -z "$(find "$state" -mindepth 1 | head -n 1)" ]]
}

owner() { stat --format=%U "$state"; }

make_state_folder() {
    if ! is_state_folder; then
        mkdir -m 755 "$state" 2>/dev/null || is_empty_folder ||
            fail "cannot make $state, or it is there and not from test-env.sh"
        chmod 755 "$state"
        : >"$state/.acmeproxy-test-env"
    fi
    ((EUID == 0)) || [[ -O $state ]] || fail "$state belongs to $(owner)"
}

# as_owner VERB: this script's copy in the state folder, as the user who owns it.
as_owner() {
    local command=(bash "$state/source/contrib/test-env.sh" "$1" --state "$state")
    if ((EUID == 0)); then
        TEST_USER=$(owner) "$source_root/contrib/as-test-user.sh" "${command[@]}"
    else
        "${command[@]}"
    fi
}

# The sources are copied: the user of the build may not get at them, a build in the checkout is
# not disturbed, and times are kept so that a second start compiles what has changed only.
copy_sources() {
    mkdir -p "$state/source"
    cd "$source_root"
    if git ls-files >/dev/null 2>&1 && [[ -n "$(git ls-files contrib/test-env.sh)" ]]; then
        git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                if [[ -e $file ]]; then printf '%s\0' "$file"; fi
            done | tar --create --null --no-recursion --files-from=-
    else
        tar --create --exclude=./.git --exclude=config.status --exclude=config.log \
            --exclude=Makefile --exclude='*.o' --exclude='*.a' .
    fi | tar --extract --no-same-owner --directory "$state/source"
}

# --- start, as root or as the user who will own all of it -----------------------------------

start() {
    local options=()
    [[ $ask == yes ]] || options=(--yes)
    if is_state_folder && [[ -e $state/started ]]; then
        if as_owner is-running; then
            echo 'It runs already.'
            status
            return
        fi
        rm -f "$state/started"
    fi
    make_state_folder
    exec 9<"$state"
    flock --nonblock 9 || fail "another start or stop of $state is at work"
    [[ -n ${ACMEPROXY:-} ]] || options+=(build)
    "$source_root/contrib/install-packages.sh" "${options[@]}" env
    step 'copying the sources' copy_sources
    echo "$source_root" >"$state/started-from"
    if ((EUID == 0)); then
        chown --recursive --no-dereference "$("$source_root/contrib/as-test-user.sh" --name):" "$state"
        "$source_root/contrib/as-test-user.sh" test -r "$state/source/contrib/test-env.sh" ||
            fail "the user of the tests cannot read $state: choose another --state"
    fi
    as_owner run-all
}

# use_installed: links in the place of a build, and settings in the place of built-in paths.
use_installed() {
    [[ -x $ACMEPROXY && -x ${ACMEPROXY_LIBEXEC:-}/gateway.fcgi ]] ||
        fail "ACMEPROXY ($ACMEPROXY) or ACMEPROXY_LIBEXEC (${ACMEPROXY_LIBEXEC:-}) names no installation"
    mkdir -p "$state/prefix/sbin"
    ln -sfn "$ACMEPROXY" "$state/prefix/sbin/acmeproxy"
    remember settings "ACMEPROXY_SPOOL='$state/spool' ACMEPROXY_CONFIG='$state/etc/acmeproxy.conf' \
ACMEPROXY_RUN_DIR='$state/run' ACMEPROXY_HOOKS_DIR='$state/etc/hooks' ACMEPROXY_PROGRAMS_DIR='$ACMEPROXY_LIBEXEC'"
}

build() {
    [[ -x $state/source/configure ]] || (cd "$state/source" && autoreconf -i)
    mkdir -p "$state/build"
    cd "$state/build"
    if [[ ! -x config.status ]]; then
        # The quickest way to programs that behave as they do elsewhere.
        ../source/configure --quiet CXXFLAGS=-O1 --enable-unity --prefix="$state/prefix" --with-user="$(id -un)" \
            --with-systemdsystemunitdir=no --with-spooldir="$state/spool" \
            --with-confdir="$state/etc" --with-rundir="$state/run"
    fi
    make --silent -j"$(nproc)"
    make --silent install
}

# write_starter FILE [VARIABLE=VALUE...]: a short command that runs the program as the owner of the
# spool, free of proxies that are meant for the rest of the machine.
write_starter() {
    local file=$1
    shift
    cat >"$file" <<EOF
#!/bin/bash
unset http_proxy https_proxy all_proxy ACMEPROXY ACMEPROXY_LIBEXEC
run=(env $(recall settings) $*)
((EUID)) || run=(env TEST_USER=$(id -un) '$state/source/contrib/as-test-user.sh' "\${run[@]}")
exec "\${run[@]}" '$state/prefix/sbin/acmeproxy' "\$@"
EOF
    chmod 755 "$file"
}

configure_acmeproxy() {
    mkdir -p "$state/etc" "$state/home" "$state/inside"
    cat >"$state/etc/acmeproxy.conf" <<EOF
# The throw-away CA of this test environment
acme-directory-url = $(pebble_url pebble)
ca-certificates = $(tls_ca)
server-name = 127.0.0.1
http-api-addr = 127.0.0.1:$(http_port)
EOF
    # The second acmeproxy trusts the server as the world trusts a public CA's certificates.
    pebble_get roots/0 >"$state/root.pem"
    echo "ca-certificates = $state/root.pem" >"$state/inside/acmeproxy.conf"
    write_starter "$state/acmeproxy"
    write_starter "$state/inside/acmeproxy" "ACMEPROXY_SPOOL='$state/inside/spool'" \
        "ACMEPROXY_CONFIG='$state/inside/acmeproxy.conf'"
    cat >"$state/hook" <<'EOF'
#!/bin/sh
# Runs whenever a certificate was obtained.
echo "$(date -u +%FT%TZ) $RENEWED_DOMAINS: $RENEWED_LINEAGE" >>"${0%/*}/hook.log"
EOF
    chmod 755 "$state/hook"
}

start_serve() {
    start_on_free_port serve https_port "$state/acmeproxy" serve --https-addr 127.0.0.1:@PORT@
    wait_until 60 has_its_certificate || { show_log serve; return 1; }
    echo "base-url = $(server_url)" >>"$state/etc/acmeproxy.conf"
}

server_url() { echo "https://127.0.0.1:$(recall https_port)"; }
gateway_url() { echo "$(server_url)/gateway/directory"; }
has_its_certificate() {
    curl --silent --fail --output /dev/null --cacert "$state/root.pem" "$(gateway_url)"
}

add_certificate() {
    if [[ -e $(certificate) ]]; then # from a start before: Pebble has forgotten it
        "$state/acmeproxy" renew --force "${names[0]}"
    else
        "$state/acmeproxy" cert add "${names[@]}" --hook "$state/hook"
    fi
    wait_until 20 test -s "$state/hook.log" || fail 'the hook did not run'
}

certificate() { echo "$state/spool/certs/${names[0]}/live/fullchain.pem"; }
certbot_certificate() { echo "$state/certbot/live/$gateway_name/fullchain.pem"; }
inside_certificate() { echo "$state/inside/spool/certs/$inside_name/live/fullchain.pem"; }
pulled_certificate() { echo "$state/inside/spool/certs/$pulled_name/live/fullchain.pem"; }
own_certificate() { echo "$state/spool/certs/127.0.0.1/live/fullchain.pem"; }

# add_client ID NAME [OPTION...]: with a key to register with in $state/ID.kid and $state/ID.key.
add_client() {
    "$state/acmeproxy" client show "$1" >/dev/null 2>&1 ||
        "$state/acmeproxy" client add "$1" --allow "$2" "${@:3}"
    (
        umask 077
        "$state/acmeproxy" client eab add "$1" >"$state/$1.eab"
        sed -n 's/^kid: //p' "$state/$1.eab" >"$state/$1.kid"
        sed -n 's/^key: //p' "$state/$1.eab" >"$state/$1.key"
    )
}

# A file, since others see command lines.
certbot_through_the_gateway() {
    add_client certbot "$gateway_name"
    (
        umask 077
        cat >"$state/certbot.ini" <<EOF
server = $(gateway_url)
eab-kid = $(cat "$state/certbot.kid")
eab-hmac-key = $(cat "$state/certbot.key")
config-dir = $state/certbot
work-dir = $state/certbot-work
logs-dir = $state/certbot-logs
agree-tos = true
register-unsafely-without-email = true
non-interactive = true
authenticator = manual
manual-auth-hook = /bin/true
preferred-challenges = http
EOF
    )
    REQUESTS_CA_BUNDLE=$state/root.pem certbot certonly --config "$state/certbot.ini" \
        -d "$gateway_name"
}

own_client_through_the_gateway() {
    add_client inside "$inside_name"
    "$state/inside/acmeproxy" spool init
    "$state/inside/acmeproxy" ca add proxy "$(gateway_url)" --eab-kid "$(cat "$state/inside.kid")" \
        --eab-key-file "$state/inside.key"
    "$state/inside/acmeproxy" cert add "$inside_name" --ca proxy
}

sealed_by_the_agent() {
    local folder=$state/agent-client
    mkdir -p "$folder"
    chmod 700 "$folder"
    "$state/acmeproxy" client show sleeper >/dev/null 2>&1 ||
        "$state/acmeproxy" client add sleeper --allow "$sealed_name" --mode agent
    [[ -e $folder/key.txt ]] || age-keygen -o "$folder/key.txt"
    (
        umask 077
        echo "user = \"sleeper:$("$state/acmeproxy" client token add sleeper)\"" >"$folder/curlrc"
    )
    if [[ -e $state/spool/certs/sleeper@$sealed_name ]]; then
        "$state/acmeproxy" renew --force "sleeper@$sealed_name"
    else
        "$state/acmeproxy" cert add "$sealed_name" --client sleeper \
            --recipient "$(age-keygen -y "$folder/key.txt")"
    fi
    CURL_CA_BUNDLE=$state/root.pem "$source_root/contrib/agent-client.sh" \
        "$(server_url)/agent/certs/$sealed_name" "$folder"
}

# The wish wakes the renewer of serve, so it takes a moment.
own_client_of_the_agent() {
    add_client pulling "$pulled_name" --mode agent
    "$state/inside/acmeproxy" cert add "$pulled_name" --source agent \
        --server "$(server_url)/agent/" --eab-kid "$(cat "$state/pulling.kid")" \
        --eab-key-file "$state/pulling.key"
}

# run-all: everything after the installation of packages, as an ordinary user.
run_all() {
    export HOME=$state/home
    stop_all # what is left of a start that was interrupted
    # The CA forgets, and the server gets other ports.
    rm -rf "$state/facts" "$state/inside" "$state/certbot"
    if [[ -n ${ACMEPROXY:-} ]]; then
        step "using $ACMEPROXY" use_installed
    else
        step 'building acmeproxy (minutes, the first time)' build
    fi
    step 'making a TLS root for the test CA' make_tls_ca
    step 'starting dnsmasq: every name is 127.0.0.1' start_dns
    step 'starting Pebble, an ACME CA' start_pebble
    step 'writing acmeproxy.conf' configure_acmeproxy
    step 'acmeproxy serve: its own certificate' start_serve
    step "acme-client: ${names[*]}" add_certificate
    step "acme-gateway: certbot gets $gateway_name" certbot_through_the_gateway
    step "acme-gateway: an acmeproxy gets $inside_name" own_client_through_the_gateway
    step "certificate-agent: curl gets $sealed_name" sealed_by_the_agent
    step "certificate-agent: an acmeproxy gets $pulled_name" own_client_of_the_agent
    : >"$state/started"
    echo
    show_certificates
    show_services
    show_commands
}

# --- what is shown --------------------------------------------------------------------------

show_certificate() { # MODE FILE
    echo "$1:"
    openssl x509 -in "$2" -noout -subject -issuer -dates -ext subjectAltName |
        sed -E '/^X509v3/d; s/^ *(DNS:|IP Address:)/names=\1/; s/^/  /'
    echo "  file=$2"
}

show_certificates() {
    show_certificate 'The own certificate of acmeproxy serve' "$(own_certificate)"
    show_certificate 'acme-client: obtained and kept here' "$(certificate)"
    echo "  hook=$(tail -n 1 "$state/hook.log")"
    show_certificate 'acme-gateway: by certbot, its key never left it' "$(certbot_certificate)"
    show_certificate 'acme-gateway: by an acmeproxy inside, with a spool of its own' \
        "$(inside_certificate)"
    echo "  Of these two, acmeproxy serve has kept nothing: look into $state/spool."
    show_certificate 'certificate-agent: its key lies there only sealed; fetched by curl, opened by age' \
        "$state/agent-client/bundle.pem"
    echo "  sealed=$state/spool/certs/sleeper@$sealed_name/live/privkey.pem.age"
    show_certificate 'certificate-agent: fetched, opened and installed by the acmeproxy inside' \
        "$(pulled_certificate)"
    echo "  sealed=$state/spool/certs/pulling@$pulled_name/live/privkey.pem.age"
}

show_services() {
    local name pid
    echo 'What runs:'
    for name in "${services[@]}"; do
        pid=$(pid_of "$name") || pid='does not run'
        case $name in
        dns) echo "  dnsmasq   $pid  127.0.0.1:$(recall dns_port)" ;;
        pebble) echo "  Pebble    $pid  $(pebble_url pebble)" ;;
        serve) echo "  serve     $pid  $(gateway_url)" ;;
        esac
    done
}

show_commands() {
    local own
    own=$(printf '%q' "$state")
    cat <<EOF
To go on:
  $own/acmeproxy status
  $own/acmeproxy cert add g.example.test
  $own/acmeproxy renew --force ${names[0]}
  $own/acmeproxy client list
  $own/inside/acmeproxy status
  tail -f $own/logs/serve.log
  $(other_source)/contrib/test-env.sh stop --state $own
EOF
}

# other_source: where the user has started this from, not the copy.
other_source() { cat "$state/started-from" 2>/dev/null || echo "$source_root"; }

all_run() {
    local name
    for name in "${services[@]}"; do is_running "$name" || return 1; done
}

status() {
    if ! is_state_folder; then
        echo "No test environment is in $state."
        return 3
    fi
    [[ ! -e $state/started ]] || show_certificates
    show_services
    if [[ ! -e $state/started ]]; then
        echo "It was not started completely: start again, or stop ($state/logs/steps.log says what failed)."
        return 1
    fi
    if ! all_run; then
        echo "Not all of it runs: start again, or stop ($state/logs says why)."
        return 1
    fi
    show_commands
}

# --- stop -----------------------------------------------------------------------------------

stop_environment() {
    if ! is_state_folder; then
        echo "No test environment is in $state."
        return
    fi
    ((EUID == 0)) || [[ -O $state ]] || fail "$state belongs to $(owner): stop it as root"
    exec 9<"$state"
    flock --nonblock 9 || fail "another start or stop of $state is at work"
    # As the owner, since root would signal whatever process the owner has written there.
    [[ ! -d $state/pids ]] || as_owner stop-services || fail 'could not end all services'
    rm -rf "$state"
    echo "Stopped; $state is gone."
}

verb=${1:-}
[[ -z $verb ]] || shift
state=${TMPDIR:-/tmp}/acmeproxy-test-env.$EUID
ask=yes
while (($#)); do
    case $1 in
    --state)
        (($# > 1)) || usage
        state=$2
        shift
        ;;
    --yes) ask=no ;;
    *) usage ;;
    esac
    shift
done
state=$(realpath --no-symlinks --canonicalize-missing "$state")
# A unix socket's path has at most 107 bytes.
((${#state} < 90)) || fail "the name of the state folder is too long: $state"
[[ $state != *[\"\'\\$'\n']* ]] || fail "no quotes in the name of the state folder, please"
HARNESS_DIR=$state

case $verb in
start) start ;;
stop) stop_environment ;;
status) status ;;
# For the script itself, as the owner of the state folder:
run-all) run_all ;;
is-running) all_run ;;
stop-services) stop_all ;;
*) usage ;;
esac
