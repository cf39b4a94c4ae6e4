# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The services that acmeproxy is tried against, on loopback, unprivileged, on free high ports:
# a DNS server that knows every name (dnsmasq), an ACME CA (Pebble), the web server that answers
# the CA's challenges (lighttpd), and a proxy before the CA that injects faults.
# Used by contrib/test-env.sh and by the system tests; needs process.sh and HARNESS_DIR.
#
#     make_tls_ca && start_dns && start_challenge_web static "$SPOOL/challenges" && start_pebble
#     acmeproxy --acme-directory-url "$(pebble_url)" --ca-certificates "$(tls_ca)" ...

SERVICES_ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd) # the root of the sources
PATH=$PATH:/usr/sbin:/sbin                             # where Debian keeps dnsmasq and lighttpd

# remember NAME VALUE / recall NAME: facts (ports; one line each) that later shells of this environment need.
remember() {
    mkdir -p "$HARNESS_DIR/facts"
    printf '%s\n' "$2" >"$HARNESS_DIR/facts/$1"
}
recall() {
    local value
    { IFS= read -r value <"$HARNESS_DIR/facts/$1"; } 2>/dev/null && echo "$value"
}

# system_python: the interpreter of the distribution where there is one. A version manager's
# wrapper before it in PATH may lie where the user of the tests cannot read.
system_python() {
    if [[ -x /usr/bin/python3 ]]; then echo /usr/bin/python3; else command -v python3; fi
}

# --- TLS ------------------------------------------------------------------------------------

# tls_ca: the file with the root that signed the CA's and the fault proxy's own certificates.
tls_ca() { echo "$HARNESS_DIR/tls/ca.pem"; }

# make_tls_ca: a throw-away root and a certificate for localhost, 127.0.0.1 and ::1.
make_tls_ca() {
    local dir=$HARNESS_DIR/tls key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    [[ ! -e $dir/localhost.pem ]] || return 0
    mkdir -p "$dir"
    openssl req -x509 "${key[@]}" -days 3650 -subj '/CN=acmeproxy test TLS root' \
        -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$dir/ca-key.pem" -out "$dir/ca.pem" 2>"$dir/openssl.log" &&
        openssl req -x509 "${key[@]}" -days 3650 -subj '/CN=localhost' \
            -CA "$dir/ca.pem" -CAkey "$dir/ca-key.pem" \
            -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 \
            -keyout "$dir/localhost-key.pem" -out "$dir/localhost.pem" 2>>"$dir/openssl.log" &&
        return
    say 'openssl could not make the TLS certificates:' && cat "$dir/openssl.log" >&2
    return 1
}

# start_on_free_port NAME PORT-NAME COMMAND...: starts COMMAND with each @PORT@ in its words
# replaced by a free port, waits until it listens there and remembers it as PORT-NAME.
start_on_free_port() {
    local name=$1 fact=$2 port tries
    shift 2
    for tries in 1 2 3; do
        port=$(pick_port)
        spawn "$name" "${@//@PORT@/$port}" || return 1
        if await_listening "$name" "$port"; then
            remember "$fact" "$port"
            return
        fi
        stop "$name"
    done
    say "$name did not start ($tries tries)"
    show_log "$name"
    return 1
}

# --- DNS ------------------------------------------------------------------------------------

# start_dns: every name is 127.0.0.1 and has no other record; names under unresolved.test do not
# exist; names under unreachable.test are 127.0.0.2, where nobody listens.
start_dns() {
    # --local=/#/ makes AAAA and CAA an empty answer; without it they would be REFUSED.
    # Started as root, dnsmasq would become user "dnsmasq", which need not exist.
    start_on_free_port dns dns_port dnsmasq --keep-in-foreground --conf-file=/dev/null \
        --port=@PORT@ --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts \
        --no-poll --cache-size=0 --pid-file= --user="$(id -un)" --group="$(id -gn)" \
        --log-facility=- --log-queries --local=/#/ --address=/#/127.0.0.1 \
        --address=/unresolved.test/ --address=/unreachable.test/127.0.0.2
}

# --- the web server of the challenges -------------------------------------------------------

# http_port: where the CA looks for challenges. Chosen once, the same after every restart.
http_port() { recall http_port || { remember http_port "$(pick_port)" && recall http_port; }; }

# write_web_conf static CHALLENGES-DIR | fcgi SPOOL PROGRAM: the configuration of lighttpd.
write_web_conf() {
    local kind=$1 dir=$2 program=${3:-} conf=$HARNESS_DIR/web.conf
    mkdir -p "$HARNESS_DIR/web-root" "$HARNESS_DIR/logs"
    cat >"$conf" <<EOF
server.bind = "127.0.0.1"
server.port = $(http_port)
server.document-root = "$HARNESS_DIR/web-root"
server.modules = ( "mod_accesslog", "mod_alias", "mod_fastcgi" )
server.errorlog = "$HARNESS_DIR/logs/web-error.log"
accesslog.filename = "$HARNESS_DIR/logs/web-access.log"
accesslog.format = "%V %m %U %s"
EOF
    if [[ $kind == static ]]; then
        printf 'alias.url = ( "/.well-known/acme-challenge/" => "%s/" )\n' "${dir%/}" >>"$conf"
        return
    fi
    cat >>"$conf" <<EOF
fastcgi.server = ( "/.well-known/acme-challenge/" => (( "check-local" => "disable",
    "bin-path" => "$program", "socket" => "$HARNESS_DIR/challenge.sock", "max-procs" => 1,
    "bin-environment" => ( "ACMEPROXY_SPOOL" => "$dir" ) )) )
EOF
}

# start_challenge_web static CHALLENGES-DIR | fcgi SPOOL PROGRAM: lighttpd on http_port.
start_challenge_web() {
    local tries
    for tries in 1 2 3; do
        write_web_conf "$@"
        spawn web lighttpd -D -f "$HARNESS_DIR/web.conf" || return 1
        ! await_listening web "$(http_port)" || return 0
        stop web
        # The CA has been told this port already: it cannot be changed any more.
        [[ ! -e $HARNESS_DIR/facts/pebble_port ]] || break
        rm -f "$HARNESS_DIR/facts/http_port"
    done
    say "lighttpd did not start ($tries tries)"
    show_log web
    show_log web-error
    return 1
}

# web_requests: how many challenge requests the web server has answered. lighttpd keeps lines of
# its access log back for seconds, but writes them when it is told to open the file anew.
web_requests() {
    kill -s HUP "$(pid_of web)" 2>/dev/null && sleep 0.2
    grep -c . "$HARNESS_DIR/logs/web-access.log" 2>/dev/null || true
}

# --- Pebble ---------------------------------------------------------------------------------

# Chaos of the CA, for start_pebble "${PEBBLE_CHAOS[@]}": rejected nonces, slept validations,
# reused authorizations, alternate roots, longer chains.
# shellcheck disable=SC2034  # used by those who source this file
PEBBLE_CHAOS=(PEBBLE_WFE_NONCEREJECT=20 PEBBLE_VA_NOSLEEP=0 PEBBLE_VA_SLEEPTIME=3
    PEBBLE_AUTHZREUSE=50 PEBBLE_ALTERNATE_ROOTS=2 PEBBLE_CHAIN_LENGTH=2)

# The external account binding keys (kid, base64url key) that start_pebble --eab accepts.
PEBBLE_EAB_KID=test-kid-1
PEBBLE_EAB_KEY=dGhpcyBpcyBhIHRlc3Qga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXM

# write_pebble_conf NAME PORT: from the facts that start_pebble has remembered. Pebble ignores
# members that it does not know, so the same file serves old and new ones.
write_pebble_conf() {
    local retry
    IFS=, read -ra retry < <(recall "$1_retry_after")
    cat >"$HARNESS_DIR/$1.json" <<EOF
{ "pebble": {
    "listenAddress": "127.0.0.1:$2",
    "managementListenAddress": "127.0.0.1:$(recall "$1_management_port")",
    "certificate": "$HARNESS_DIR/tls/localhost.pem",
    "privateKey": "$HARNESS_DIR/tls/localhost-key.pem",
    "httpPort": $(http_port),
    "tlsPort": $(recall "$1_tls_port"),
    "ocspResponderURL": "",
    "certificateValidityPeriod": $(recall "$1_validity"),
    "externalAccountBindingRequired": $(recall "$1_eab"),
    "externalAccountMACKeys": { "$PEBBLE_EAB_KID": "$PEBBLE_EAB_KEY" },
    "domainBlocklist": ["blocked.test"],
    "retryAfter": { "authz": ${retry[0]}, "order": ${retry[1]} },
    "profiles": {
        "classic": { "description": "the usual one",
            "validityPeriod": $(recall "$1_validity") },
        "shortlived": { "description": "160 hours", "validityPeriod": 576000 } }
} }
EOF
}

# start_pebble [--name NAME] [--strict] [--eab] [--validity SECONDS] [--retry-after AUTHZ,ORDER]
#     [VARIABLE=VALUE...]
# A CA that asks start_dns' server, and fetches challenges from http_port. Its binary is $PEBBLE.
# Without VARIABLEs it is quick and predictable: no sleeps, no rejected nonces, no reused
# authorizations. NAME (default: pebble) tells several CAs apart. --retry-after: Pebble 2.10 only.
start_pebble() {
    local name=pebble eab=false validity=7776000 retry_after=0,0 arguments=() variables=()
    while (($#)); do
        case $1 in
        --name) name=$2 && shift ;;
        --validity) validity=$2 && shift ;;
        --retry-after) retry_after=$2 && shift ;;
        --eab) eab=true ;;
        --strict) arguments+=(-strict) ;;
        *=*) variables+=("$1") ;;
        *) say "start_pebble: unknown argument $1" && return 1 ;;
        esac
        shift
    done
    remember "${name}_arguments" "${arguments[*]}"
    remember "${name}_eab" "$eab"
    remember "${name}_validity" "$validity"
    remember "${name}_retry_after" "$retry_after"
    restart_pebble "$name" "${variables[@]}"
}

# restart_pebble [NAME] [VARIABLE=VALUE...]: the same CA, on the same ports, which has lost all:
# accounts, orders, certificates, even its roots. Starts it, too, when it is stopped.
restart_pebble() {
    local name=pebble port tries arguments
    if (($#)) && [[ $1 != *=* ]]; then
        name=$1
        shift
    fi
    stop "$name"
    read -ra arguments < <(recall "${name}_arguments")
    for tries in 1 2 3; do
        port=$(recall "${name}_port" || pick_port)
        recall "${name}_tls_port" >/dev/null || remember "${name}_tls_port" "$(pick_port)"
        recall "${name}_management_port" >/dev/null ||
            remember "${name}_management_port" "$(pick_port)"
        write_pebble_conf "$name" "$port"
        spawn "$name" env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 "$@" \
            "${PEBBLE:-pebble}" -config "$HARNESS_DIR/$name.json" \
            -dnsserver "127.0.0.1:$(recall dns_port)" "${arguments[@]}" || return 1
        if await_listening "$name" "$port" &&
            await_listening "$name" "$(recall "${name}_management_port")"; then
            remember "${name}_port" "$port"
            return
        fi
        stop "$name"
        [[ ! -e $HARNESS_DIR/facts/${name}_port ]] || break
        rm -f "$HARNESS_DIR/facts/${name}_management_port"
    done
    say "$name did not start ($tries tries)"
    show_log "$name"
    return 1
}

# stop_pebble [NAME]: the CA is down, until restart_pebble.
stop_pebble() { stop "${1:-pebble}"; }

# pebble_url [NAME]: the CA's directory URL.
pebble_url() { echo "https://localhost:$(recall "${1:-pebble}_port")/dir"; }

# pebble_get PATH [NAME]: asks the management interface: roots/0, intermediates/0,
# cert-status-by-serial/SERIAL (hexadecimal, lower case, as pebble_serial prints it).
pebble_get() {
    curl --silent --show-error --fail --cacert "$(tls_ca)" \
        "https://localhost:$(recall "${2:-pebble}_management_port")/$1"
}

# pebble_set_renewal_info CERTIFICATE START END [NAME]: the ARI window of a certificate from now
# on, as two RFC 3339 times (Pebble 2.10).
pebble_set_renewal_info() {
    local window
    window=$(jq -nc --arg from "$2" --arg to "$3" \
        '{suggestedWindow: {start: $from, end: $to}}')
    jq -n --rawfile certificate "$1" --arg answer "$window" \
        '{Certificate: $certificate, ARIResponse: $answer}' |
        curl --silent --show-error --fail --cacert "$(tls_ca)" --data-binary @- \
            "https://localhost:$(recall "${4:-pebble}_management_port")/set-renewal-info/"
}

# pebble_serial FILE: the serial number of a certificate as Pebble writes it.
pebble_serial() {
    local serial
    serial=$(openssl x509 -noout -serial -in "$1") || return 1
    serial=${serial#*=}
    serial=${serial#"${serial%%[!0]*}"} # without leading zeros
    echo "${serial,,}"
}

# log_lines NAME REGEX: how many lines of a log match. Logs go on over restarts.
log_lines() { grep -cE -- "$2" "$HARNESS_DIR/logs/$1.log" 2>/dev/null || true; }

# What the CA has done since the environment was started: pebble_orders counts new orders,
# pebble_certificates issued certificates, pebble_validations validated authorizations.
pebble_orders() { log_lines "${1:-pebble}" 'Added order '; }
pebble_certificates() { log_lines "${1:-pebble}" 'Issued certificate serial '; }
pebble_validations() { log_lines "${1:-pebble}" 'authz .* set VALID by '; }

# --- the proxy that injects faults ----------------------------------------------------------

# start_fault_proxy [NAME]: a proxy before the CA NAME. tests/system/fault_proxy.py tells all.
start_fault_proxy() {
    local upstream=${1:-pebble} tls=$HARNESS_DIR/tls
    start_on_free_port proxy proxy_port "$(system_python)" \
        "$SERVICES_ROOT/tests/system/fault_proxy.py" --listen @PORT@ \
        --upstream "localhost:$(recall "${upstream}_port")" --ca "$tls/ca.pem" \
        --certificate "$tls/localhost.pem" --key "$tls/localhost-key.pem" \
        --control "$HARNESS_DIR/faults" --log "$HARNESS_DIR/logs/requests.log"
}

# proxy_url: the directory URL of the CA behind the proxy.
proxy_url() { echo "https://localhost:$(recall proxy_port)/dir"; }

# inject WORD...: adds one rule, for instance
#     inject path=^/order-plz times=1 status=503 retry-after-date=3 body=html
inject() { printf '%q ' "$@" >>"$HARNESS_DIR/faults" && echo >>"$HARNESS_DIR/faults"; }

# no_faults: from now on the proxy only watches.
no_faults() { rm -f "$HARNESS_DIR/faults"; }

# What went through the proxy: proxy_requests [REGEX] counts requests ("METHOD PATH"),
# proxy_connections connections, proxy_faults answers that a rule has changed;
# forget_requests starts all counts at zero.
proxy_requests() { log_lines requests "^[0-9]+ > .*${1:-}"; }
proxy_connections() { log_lines requests '^open '; }
proxy_faults() { log_lines requests '^[0-9]+ < [A-Z]+ [^ ]+ [0-9-]+ .'; }
forget_requests() { : >"$HARNESS_DIR/logs/requests.log"; }

# await_request REGEX [SECONDS]: waits until such a request ("METHOD PATH") has arrived.
await_request() { wait_until "${2:-20}" request_seen "$1"; }
request_seen() { (($(proxy_requests "$1") > 0)); }

# await_held REGEX [SECONDS]: waits until a rule holds the answer to such a request ("METHOD PATH").
await_held() { wait_until "${2:-20}" held_seen "$1"; }
held_seen() { (($(log_lines requests "^[0-9]+ = .*$1") > 0)); }

# --- the CA that answers what no CA would ---------------------------------------------------

# start_hostile_ca: tests/system/hostile_ca.py; its scenarios are named there.
start_hostile_ca() {
    local tls=$HARNESS_DIR/tls
    start_on_free_port hostile hostile_port "$(system_python)" \
        "$SERVICES_ROOT/tests/system/hostile_ca.py" --listen @PORT@ \
        --certificate "$tls/localhost.pem" --key "$tls/localhost-key.pem" \
        --log "$HARNESS_DIR/logs/hostile-requests.log"
}

# hostile_url SCENARIO: the directory URL of that scenario.
hostile_url() { echo "https://localhost:$(recall hostile_port)/$1/dir"; }

# hostile_requests [REGEX]: counts the requests ("METHOD /SCENARIO/STEP") to it.
hostile_requests() { log_lines hostile-requests "${1:-.}"; }
