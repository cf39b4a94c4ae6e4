#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test-env.sh start|stop|status [--state FOLDER] [--yes]: acmeproxy with all that it needs around
# it, on this machine, apart from everything else:
#
#   start   installs the Debian packages that are missing (asks on a terminal, unless --yes),
#           builds acmeproxy, installs it into a prefix of its own, starts a DNS server that knows
#           every name (dnsmasq), an ACME CA (Pebble) and a web server that answers the CA's
#           challenges (lighttpd with challenge.fcgi), adds a certificate for two names with a
#           hook, and shows it and the commands to go on
#   status  shows what runs and where; exit status 0 when all runs, 3 when nothing does, else 1
#   stop    ends it and removes the state folder
#
# Everything listens on loopback, on free high ports, and lies in the state folder (by default
# acmeproxy-test-env.UID in the folder for temporary files), so several can run at once. Started
# as root, it builds and runs as a throw-away user (contrib/as-test-user.sh).
set -euo pipefail

source_root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/lib/process.sh
source "$source_root/contrib/lib/process.sh"
# shellcheck source=contrib/lib/services.sh
source "$source_root/contrib/lib/services.sh"

services=(dns web pebble)
names=(a.example.test b.example.test)

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
        fail "$text: failed (all of the log: $log)"
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
    "$source_root/contrib/install-packages.sh" "${options[@]}" build env
    step 'copying the sources' copy_sources
    echo "$source_root" >"$state/started-from"
    if ((EUID == 0)); then
        chown --recursive --no-dereference "$("$source_root/contrib/as-test-user.sh" --name):" "$state"
        "$source_root/contrib/as-test-user.sh" test -r "$state/source/contrib/test-env.sh" ||
            fail "the user of the tests cannot read $state: choose another --state"
    fi
    as_owner run-all
}

build() {
    [[ -x $state/source/configure ]] || (cd "$state/source" && autoreconf -i)
    mkdir -p "$state/build"
    cd "$state/build"
    if [[ ! -x config.status ]]; then
        ../source/configure --quiet --prefix="$state/prefix" --with-user="$(id -un)" \
            --with-systemdsystemunitdir=no --with-spooldir="$state/spool" \
            --with-confdir="$state/etc" --with-rundir="$state/run"
    fi
    make --silent -j"$(nproc)"
    make --silent install
}

# configure_acmeproxy: the file that makes the commands short, and a start script that runs the
# program as the owner of the spool, free of proxies that are meant for the rest of the machine.
configure_acmeproxy() {
    mkdir -p "$state/etc" "$state/home"
    cat >"$state/etc/acmeproxy.conf" <<EOF
# The throw-away CA of this test environment
acme-directory-url = $(pebble_url pebble)
ca-certificates = $(tls_ca)
EOF
    cat >"$state/acmeproxy" <<EOF
#!/bin/bash
unset http_proxy https_proxy all_proxy
run=()
((EUID)) || run=(env TEST_USER=$(id -un) '$state/source/contrib/as-test-user.sh')
exec "\${run[@]}" '$state/prefix/sbin/acmeproxy' "\$@"
EOF
    cat >"$state/hook" <<'EOF'
#!/bin/sh
# Runs whenever a certificate was obtained.
echo "$(date -u +%FT%TZ) $RENEWED_DOMAINS: $RENEWED_LINEAGE" >>"${0%/*}/hook.log"
EOF
    chmod 755 "$state/acmeproxy" "$state/hook"
    "$state/acmeproxy" spool init
}

add_certificate() {
    if [[ -e $(certificate) ]]; then # from a start before: Pebble has forgotten it
        "$state/acmeproxy" renew --force "${names[0]}"
    else
        "$state/acmeproxy" cert add "${names[@]}" --hook "$state/hook"
    fi
    [[ -s $state/hook.log ]] || fail 'the hook did not run'
}

certificate() { echo "$state/spool/certs/${names[0]}/live/fullchain.pem"; }

# run-all: everything after the installation of packages, as an ordinary user.
run_all() {
    export HOME=$state/home
    stop_all # what is left of a start that was interrupted
    rm -rf "$state/facts"
    step 'building acmeproxy and installing it apart' build
    step 'making a TLS root for the test CA' make_tls_ca
    step 'starting dnsmasq: every name is 127.0.0.1' start_dns
    step 'starting lighttpd with challenge.fcgi' start_challenge_web fcgi "$state/spool" \
        "$state/prefix/libexec/acmeproxy/challenge.fcgi"
    step 'starting Pebble, an ACME CA' start_pebble
    step 'making the spool' configure_acmeproxy
    step "adding a certificate: ${names[*]}" add_certificate
    : >"$state/started"
    echo
    show_certificate
    show_services
    show_commands
}

# --- what is shown --------------------------------------------------------------------------

show_certificate() {
    echo 'The certificate:'
    openssl x509 -in "$(certificate)" -noout -subject -issuer -dates -ext subjectAltName |
        sed -E '/^X509v3/d; s/^ *(DNS:)/names=\1/; s/^/  /'
    echo "  file=$(certificate)"
    echo "  hook=$(tail -n 1 "$state/hook.log")"
}

show_services() {
    local name pid
    echo 'What runs:'
    for name in "${services[@]}"; do
        pid=$(pid_of "$name") || pid='does not run'
        case $name in
        dns) echo "  dnsmasq   $pid  127.0.0.1:$(recall dns_port)" ;;
        web) echo "  lighttpd  $pid  http://127.0.0.1:$(recall http_port)" ;;
        pebble) echo "  Pebble    $pid  $(pebble_url pebble)" ;;
        esac
    done
}

show_commands() {
    local own
    own=$(printf '%q' "$state")
    cat <<EOF
To go on:
  $own/acmeproxy status
  $own/acmeproxy cert add c.example.test
  $own/acmeproxy renew --force ${names[0]}
  tail -f $own/logs/pebble.log
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
    [[ ! -e $(certificate) ]] || show_certificate
    show_services
    if [[ ! -e $state/started ]]; then
        echo 'It was not started completely.'
        return 1
    fi
    all_run || return 1
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
