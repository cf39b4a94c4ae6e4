# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of auth.fcgi and gateway.fcgi share, over common.bash (gateway_file.bash brings what
# every file of such tests has besides):
#
#     setup_file() { begin_gateway [PEBBLE ARGUMENT...]; start_front lighttpd; }
#     setup() { fresh_gateway; add_client web1 '**.example.test'; }
#     teardown() { end_gateway_test; }
#     teardown_file() { end; }
#
# Fronts (lighttpd, apache, nginx) serve https and http on a port each, with the configuration in
# contrib/; the programs run on unix sockets, several processes each. Names that tests ask for have
# "-zq." after their first label: nothing of it may be found when a test is over.

bats_require_minimum_version 1.5.0
load common

# --- the services of a test file ------------------------------------------------------------

# require_gateway: for setup_file.
require_gateway() {
    require_acmeproxy || return 1
    [[ -x $TEST_LIBEXEC/auth.fcgi && -x $TEST_LIBEXEC/gateway.fcgi ]] ||
        fail "auth.fcgi and gateway.fcgi are not in $TEST_LIBEXEC"
}

# begin_gateway [PEBBLE ARGUMENT...]: DNS, the challenge web server, Pebble and the fault proxy.
begin_gateway() {
    begin
    require_gateway || return 1
    mkdir -p "$HARNESS_DIR/run"
    spawn raw "$(system_python)" "$SERVICES_ROOT/tests/system/acme_client_server.py" \
        "$HARNESS_DIR/run/raw" || return 1
    start_dns && start_challenge_web static "$HARNESS_DIR/spool/challenges" &&
        start_pebble "$@" && start_fault_proxy && wait_until 10 test -p "$HARNESS_DIR/run/raw"
}

# shipped FILE: a configuration of contrib/ with the paths of this test.
shipped() {
    sed "s|/run/acmeproxy/|$HARNESS_DIR/run/|" "${TEST_CONTRIB:-$SERVICES_ROOT/contrib}/$1"
}

write_lighttpd_front() { # DIR HTTPS-PORT HTTP-PORT
    cat <<EOF
server.modules = ( "mod_openssl", "mod_accesslog" )
server.document-root = "$1/root"
server.bind = "127.0.0.1"
server.port = $3
server.upload-dirs = ( "$1/tmp" )
server.errorlog = "$1/error.log"
accesslog.filename = "$1/access.log"
\$SERVER["socket"] == "127.0.0.1:$2" {
    ssl.engine = "enable"
    ssl.pemfile = "$HARNESS_DIR/tls/localhost.pem"
    ssl.privkey = "$HARNESS_DIR/tls/localhost-key.pem"
}
$(shipped lighttpd/acmeproxy-gateway.conf)
EOF
}

write_apache_front() { # DIR HTTPS-PORT HTTP-PORT
    local module
    for module in mpm_event authz_core setenvif env alias socache_shmcb ssl proxy proxy_fcgi; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    cat <<EOF
ServerRoot "$1"
ServerName localhost
DefaultRuntimeDir "$1/tmp"
PidFile "$1/tmp/apache.pid"
Mutex file:$1/tmp default
Listen 127.0.0.1:$2 https
Listen 127.0.0.1:$3
DocumentRoot "$1/root"
ErrorLog "$1/error.log"
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
CustomLog "$1/access.log" combined env=!acme_private
$(shipped apache/acmeproxy-gateway.conf)
<VirtualHost 127.0.0.1:$2>
    SSLEngine on
    SSLCertificateFile "$HARNESS_DIR/tls/localhost.pem"
    SSLCertificateKeyFile "$HARNESS_DIR/tls/localhost-key.pem"
</VirtualHost>
EOF
}

write_nginx_front() { # DIR HTTPS-PORT HTTP-PORT
    local kind temp_paths=
    for kind in client_body proxy fastcgi uwsgi scgi; do
        temp_paths+="${kind}_temp_path $1/tmp/$kind; "
    done
    cat <<EOF
daemon off;
pid $1/tmp/nginx.pid;
error_log $1/error.log;
worker_processes 1;
events { }
http {
    $temp_paths
    access_log $1/access.log combined;
    server {
        listen 127.0.0.1:$2 ssl;
        listen 127.0.0.1:$3;
        server_name localhost;
        ssl_certificate $HARNESS_DIR/tls/localhost.pem;
        ssl_certificate_key $HARNESS_DIR/tls/localhost-key.pem;
        root $1/root;
$(shipped nginx/acmeproxy-gateway.conf)
    }
}
EOF
}

# start_front lighttpd|apache|nginx: a web server of that kind. Its ports: front_url, plain_url.
start_front() {
    local kind=$1 dir=$HARNESS_DIR/front/$1 tries port command
    mkdir -p "$dir/root" "$dir/tmp"
    case $kind in
    lighttpd) command=(lighttpd -D -f "$dir/conf") ;;
    apache) command=(apache2 -f "$dir/conf" -DFOREGROUND) ;;
    nginx) command=(nginx -e "$dir/error.log" -p "$dir" -c "$dir/conf") ;;
    esac
    command -v "${command[0]}" >/dev/null || skip "${command[0]} is not installed"
    for tries in 1 2 3; do
        port=$(pick_port)
        remember "${kind}_plain_port" "$(pick_port)"
        "write_${kind}_front" "$dir" "$port" "$(recall "${kind}_plain_port")" >"$dir/conf"
        spawn "$kind" "${command[@]}" || return 1
        if await_listening "$kind" "$port"; then
            remember "${kind}_port" "$port"
            return
        fi
        stop "$kind"
    done
    say "$kind did not start ($tries tries)"
    show_log "$kind"
    cat "$dir/error.log" >&2
    return 1
}

# shellcheck disable=SC2119,SC2120  # mostly it is the front of the test
front_url() { echo "https://localhost:$(recall "${1:-$FRONT}_port")"; }
plain_url() { echo "http://localhost:$(recall "${1:-$FRONT}_plain_port")"; }
gateway_directory() { echo "$(front_url)/gateway/directory"; }

# --- the programs of a test -----------------------------------------------------------------

# fresh_gateway [FRONT [SETTING...]]: a new spool with the CA "pebble", and the programs, as clients
# see them through FRONT (default: lighttpd). A SETTING is a line of acmeproxy.conf.
fresh_gateway() {
    FRONT=${1:-lighttpd}
    shift || true
    new_spool
    chmod 751 "$SPOOL"
    no_faults
    forget_requests
    forget_logs
    printf '%s\n' "spool = $SPOOL" "base-url = $(front_url)" 'ca = pebble' \
        "ca-certificates = $(tls_ca)" "$@" >"$BATS_TEST_TMPDIR/acmeproxy.conf"
    export ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/acmeproxy.conf
    acmeproxy spool init >/dev/null && acmeproxy ca add pebble "$(proxy_url)" >/dev/null &&
        start_programs "${PROCESSES:-1}" && wait_until 5 fronts_answer
}

# lighttpd leaves a program alone for a second that it found gone, between two tests.
fronts_answer() {
    local kind program asked=()
    for kind in lighttpd apache nginx; do
        is_running "$kind" || continue
        for program in "${programs[@]}"; do
            asked+=(--output /dev/null "$(front_url "$kind")/$program/none")
        done
    done
    ! curl --silent --insecure --write-out '%{http_code}\n' "${asked[@]}" | grep -q 503
}

# start_programs N: N processes of each program.
programs=(auth gateway)
start_programs() {
    local name
    for name in "${programs[@]}"; do
        rm -f "$HARNESS_DIR/run/$name.sock" # of programs that are gone
        spawn "$name" "$(system_python)" "$SERVICES_ROOT/tests/system/fcgi_pool.py" \
            "$HARNESS_DIR/run/$name.sock" "$1" "$TEST_LIBEXEC/$name.fcgi" || return 1
        wait_until 10 test -S "$HARNESS_DIR/run/$name.sock" || return 1
    done
}

stop_programs() {
    local name
    for name in "${programs[@]}"; do stop "$name"; done
}

# processes_of auth|gateway: their pids.
processes_of() {
    local pool
    pool=$(pid_of "$1") || return 1
    session_members "$pool" | grep -vx "$pool"
}

# kill_program NAME: SIGKILL to all its processes; others take their place at once.
kill_program() {
    local pid
    for pid in $(processes_of "$1"); do
        kill -s KILL "$pid" 2>/dev/null || true
    done
}

kill_all() {
    kill_program auth
    kill_program gateway
}

# --- clients --------------------------------------------------------------------------------

# add_client ID PATTERN... [-- OPTION...]: with an EAB key, see eab_kid and eab_key.
add_client() {
    local id=$1 patterns=()
    shift
    while (($#)) && [[ $1 != -- ]]; do
        patterns+=(--allow "$1")
        shift
    done
    acmeproxy client add "$id" "${patterns[@]}" "${@:2}" >/dev/null 2>&1 && add_eab "$id"
}

# add_eab ID [OPTION...]: another key for it.
add_eab() {
    local file=$BATS_TEST_TMPDIR/eab-$1
    acmeproxy client eab add "$@" >"$file" || return 1
    sed -nE 's/^ *kid:? +([^ ]+)$/\1/p' "$file" >"$file.kid"
    sed -nE 's/^ *key:? +([^ ]+)$/\1/p' "$file" >"$file.key"
    [[ -s $file.kid && -s $file.key ]] || fail "no kid and key in:" "$(cat "$file")"
}
eab_kid() { cat "$BATS_TEST_TMPDIR/eab-$1.kid"; }
eab_key() { cat "$BATS_TEST_TMPDIR/eab-$1.key"; }

# raw ID COMMAND...: the tests' own ACME client (acme_client.py) with the state of this ID. A server
# forks it, which costs a tenth of starting Python.
raw() {
    local state=$BATS_TEST_TMPDIR/raw-$1.json call=$BATS_TEST_TMPDIR/call-$BASHPID-$SRANDOM code
    shift
    is_running raw || fail 'acme_client_server.py does not run' || return 1
    mkdir "$call" && mkfifo "$call/reply"
    printf '%s\0' --state "$state" --directory "$(gateway_directory)" --ca "$(tls_ca)" "$@" \
        >"$call/args"
    echo "$call" >"$HARNESS_DIR/run/raw"
    read -r code <"$call/reply"
    printf '%s\n' "$(<"$call/out")"
    return "$code"
}
raw_state() { jq -r "$2" "$BATS_TEST_TMPDIR/raw-$1.json"; }

# registered ID: has an account afterwards.
registered() { raw "$1" register --kid "$(eab_kid "$1")" --key="$(eab_key "$1")" >/dev/null; }

# certificate_file ID / key_file ID: what `issue` has got.
certificate_file() { echo "$BATS_TEST_TMPDIR/$1-chain.pem"; }
key_file() { echo "$BATS_TEST_TMPDIR/$1-key.pem"; }

# issue ID [sh|uacme] NAME...: the raw client's whole way from an order to the certificate.
issue() {
    local id=$1 how=sh
    shift
    case $1 in sh | uacme) how=$1 && shift ;; esac
    raw "$id" "$how" "$@" --key-out "$(key_file "$id")" --out "$(certificate_file "$id")"
}

# assert_issued_to ID NAME...: a sound certificate for exactly these names.
assert_issued_to() {
    local id=$1
    shift
    assert_names "$(certificate_file "$id")" "$@" &&
        assert_pair "$(certificate_file "$id")" "$(key_file "$id")" &&
        assert_chain "$(certificate_file "$id")"
}

# revocation ID [REASON]: the payload that revokes its certificate.
revocation() {
    jq -nc --argjson reason "${2:-0}" --arg certificate "$(openssl x509 -outform DER \
        -in "$(certificate_file "$1")" | base64url)" '{certificate: $certificate, reason: $reason}'
}
base64url() { base64 --wrap=0 | tr '+/' '-_' | tr -d =; }

# ari_id ID: the number of its certificate for renewal information (RFC 9773, section 4.1).
ari_id() {
    local key number file
    file=$(certificate_file "$1")
    key=$(openssl x509 -noout -ext authorityKeyIdentifier -in "$file" | tail -n 1 | tr -d ' :')
    number=$(openssl x509 -noout -serial -in "$file")
    number=${number#*=}
    [[ $number != [89A-F]* ]] || number=00$number
    echo "$(of_hex "${key#keyid}" | base64url).$(of_hex "$number" | base64url)"
}
of_hex() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }

# --- assertions about the raw client's last answer ------------------------------------------

# answer JQ: of the output of the last `run raw ...`.
# shellcheck disable=SC2154  # bats' run sets the output
answer() { jq -r "$1" <<<"$output"; }

# assert_answer STATUS [PROBLEM-TYPE [REGEX-FOR-DETAIL]]
assert_answer() {
    assert_equal "$(answer .status)" "$1" "the status of $output" || return 1
    if (($# > 1)); then
        assert_equal "$(answer .body.type)" "urn:ietf:params:acme:error:$2" 'the type' || return 1
        assert_equal "$(answer '.headers."content-type"[0]')" application/problem+json \
            'the content type' || return 1
    fi
    (($# < 3)) || [[ $(answer .body.detail) =~ $3 ]] || fail "no /$3/ in the detail of $output"
}

# expect STATUS TYPE|- REGEX RAW-ARGUMENT...: runs the raw client, whose answer must be such.
expect() {
    local wanted=$1 type=$2 detail=$3
    shift 3
    run raw "$@"
    if [[ $type == - ]]; then assert_answer "$wanted"; else
        assert_answer "$wanted" "$type" "$detail"
    fi
}

# assert_header NAME REGEX
assert_header() {
    [[ $(answer ".headers.\"$1\" | join(\" | \")") =~ $2 ]] || fail "no $1: $2 in $output"
}

# --- the end of a test ----------------------------------------------------------------------

# forget_logs: what find_leaks has to look at is of this test alone.
forget_logs() {
    local file
    while read -r file; do
        : >"$file"
    done < <(program_logs 2>/dev/null)
    remember serials_before "$(grep -c . "$HARNESS_DIR/logs/pebble.log")"
}

program_logs() {
    (cd "$HARNESS_DIR/logs" && ls "${programs[@]/%/.log}") | sed "s|^|$HARNESS_DIR/logs/|"
    ls "$HARNESS_DIR"/front/*/*.log
}

# find_leaks: searches the spool and all logs of ours, and prints what is there and should not be.
find_leaks() {
    local words=(--text=-zq.) serial file paths
    mapfile -t paths < <(program_logs 2>/dev/null)
    while read -r serial; do
        words+=(--serial "$serial")
    done < <(tail -n "+$(recall serials_before)" "$HARNESS_DIR/logs/pebble.log" |
        sed -nE 's/.*Issued certificate serial ([0-9a-f]+) .*/\1/p')
    for file in "$BATS_TEST_TMPDIR"/*-chain.pem; do
        [[ ! -e $file ]] || words+=(--certificate "$file")
    done
    "$(system_python)" "$SERVICES_ROOT/tests/system/leak_search.py" "${words[@]}" "$SPOOL" \
        "${paths[@]}"
}

# find_gateway_secrets: prints which of our logs hold an EAB key or a part of the CA account's key.
find_gateway_secrets() {
    {
        cat "$BATS_TEST_TMPDIR"/eab-*.key 2>/dev/null || true
        sed -n 2p "$SPOOL/cas/pebble/accounts/default/key.pem" 2>/dev/null | cut -c 40- || true
    } | grep . >"$BATS_TEST_TMPDIR/secrets" || return 1
    # shellcheck disable=SC2046  # file names of ours
    grep -lF -f "$BATS_TEST_TMPDIR/secrets" $(program_logs 2>/dev/null)
}

# assert_clean_spool: no challenge is left over, nothing is half done, and fsck agrees.
assert_clean_spool() {
    assert_equal "$(ls "$SPOOL/challenges")" '' 'what is left in challenges/' &&
        assert_equal "$(ls "$SPOOL/tmp")" '' 'what is left in tmp/' || return 1
    run acmeproxy spool check
    assert_status 0
}

# assert_swept: what a killed program has left goes away with time: challenges by the gateway itself, a
# file half written by the next pass. Needs web1 with an account of the raw client.
assert_swept() {
    if [[ -n $(ls "$SPOOL/tmp") ]]; then
        touch -d '2 days ago' "$SPOOL"/tmp/*
        acmeproxy renew
    fi
    if [[ -n $(ls "$SPOOL/challenges") ]]; then
        touch -d '2 days ago' "$SPOOL"/challenges/*
        stop_programs && start_programs 1
        raw web1 order z-zq.example.test >/dev/null
    fi
    assert_clean_spool
}

end_gateway_test() {
    end_test
    if [[ -z ${BATS_TEST_COMPLETED:-} ]]; then
        tail -n 20 "$HARNESS_DIR"/front/*/error.log >&2
    fi
    stop_programs
    [[ -n ${BATS_TEST_COMPLETED:-} && -z ${BATS_TEST_SKIPPED:-} ]] || return 0
    if find_gateway_secrets >&2; then
        say 'these logs have a secret in them'
        return 1
    fi
    [[ -n ${LEAKS_WANTED:-} ]] || find_leaks >&2
}
