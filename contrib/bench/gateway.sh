#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gateway.sh [PREFIX [RUNS [SECONDS [REQUESTS [PART...]]]]]: what auth.fcgi, gateway.fcgi and agent.fcgi cost
# behind lighttpd with TLS, one process each. All parts, or those that are named:
#   one_certificate   by acmeproxy through them and straight at Pebble, in turn
#   rates             requests/s against the smallest libfcgi program (minimal_fcgi.c)
#   signed_requests   REQUESTS (100000) in ten rounds, with signatures made beforehand, and the memory of
#                     the program around the first and the last round
#   polling           10,000 clients of the agent ask for what they have
# Needs wrk, cc, libfcgi, age and OpenSSL.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_root=$(cd "$here/../.." && pwd)
prefix=$(realpath "${1:-/usr/local}")
runs=${2:-7}
seconds=${3:-3}
requests=${4:-100000}
parts=("${@:5}")
((${#parts[@]})) || parts=(one_certificate rates signed_requests polling)
for part in "${parts[@]}"; do
    [[ $part =~ ^(one_certificate|rates|signed_requests|polling)$ ]] ||
        { echo "gateway.sh: no part \"$part\"; see its first lines" >&2 && exit 2; }
done
round=$((requests / 10))
acmeproxy=$prefix/sbin/acmeproxy
PATH=$PATH:/usr/sbin

# shellcheck source=contrib/lib/throw_away.sh
source "$source_root/contrib/lib/throw_away.sh"

outside() { ACMEPROXY_CONFIG=$HARNESS_DIR/outside.conf "$acmeproxy" "$@"; }
inside() { ACMEPROXY_CONFIG=$HARNESS_DIR/inside.conf "$acmeproxy" "$@"; }
quietly() { "$@" >"$HARNESS_DIR/quiet.log" 2>&1 || { cat "$HARNESS_DIR/quiet.log" >&2 && return 1; }; }

write_front() { # PORT
    cat <<EOF_FRONT
server.modules = ( "mod_openssl" )
server.document-root = "$HARNESS_DIR/web-root"
server.bind = "127.0.0.1"
server.port = $1
server.upload-dirs = ( "$HARNESS_DIR" )
server.max-keep-alive-requests = 10000000
ssl.engine = "enable"
ssl.pemfile = "$HARNESS_DIR/tls/localhost.pem"
ssl.privkey = "$HARNESS_DIR/tls/localhost-key.pem"
$(sed "s|/run/acmeproxy/|$HARNESS_DIR/|; s|^ *accesslog.*||" \
        "$source_root/contrib/lighttpd/acmeproxy-gateway.conf")
$(sed "s|/run/acmeproxy/|$HARNESS_DIR/|" "$source_root/contrib/lighttpd/acmeproxy-agent.conf")
fastcgi.server += ( "/minimal" => (( "socket" => "$HARNESS_DIR/minimal.sock", "max-procs" => 1,
    "bin-path" => "$HARNESS_DIR/minimal", "check-local" => "disable",
    "bin-environment" => ( "BENCH_FILE" => "$HARNESS_DIR/minimal.txt" ) )) )
EOF_FRONT
}

set_up() {
    local name port
    cc -O2 -o "$HARNESS_DIR/minimal" "$here/minimal_fcgi.c" -lfcgi
    cc -O2 -o "$HARNESS_DIR/sign_requests" "$here/sign_requests.c" -lcrypto
    make_tls_ca
    start_dns
    start_challenge_web static "$HARNESS_DIR/outside/challenges"
    start_pebble --retry-after 0,0
    port=$(pick_port)
    base=https://localhost:$port
    write_front "$port" >"$HARNESS_DIR/front.conf"
    printf '%s\n' "spool = $HARNESS_DIR/outside" "base-url = $base" 'ca = pebble' \
        "ca-certificates = $(tls_ca)" >"$HARNESS_DIR/outside.conf"
    printf '%s\n' "spool = $HARNESS_DIR/inside" 'ca = proxy' "ca-certificates = $(tls_ca)" \
        >"$HARNESS_DIR/inside.conf"
    mkdir -p "$HARNESS_DIR/outside" "$HARNESS_DIR/inside" # root may have them, too
    quietly outside spool init
    quietly outside ca add pebble "$(pebble_url pebble)"
    for name in auth gateway agent; do
        spawn "$name" env ACMEPROXY_CONFIG="$HARNESS_DIR/outside.conf" "$(system_python)" \
            "$source_root/tests/system/fcgi_pool.py" "$HARNESS_DIR/$name.sock" 1 \
            "$prefix/libexec/acmeproxy/$name.fcgi"
        wait_until 10 test -S "$HARNESS_DIR/$name.sock"
    done
    printf '{"directory": "%s", "as": "long", "as": "ours"}' "$base" >"$HARNESS_DIR/minimal.txt"
    spawn front lighttpd -D -f "$HARNESS_DIR/front.conf"
    await_listening front "$port"
    url=https://127.0.0.1:$port # wrk does not check the certificate, nor the programs the host
    quietly outside client add bench --allow '**.example.test'
    outside client eab add --json bench >"$HARNESS_DIR/eab.json" 2>"$HARNESS_DIR/quiet.log"
    jq -r .key "$HARNESS_DIR/eab.json" >"$HARNESS_DIR/eab.key"
    quietly inside spool init
    quietly inside ca add proxy "$base/gateway/directory" --eab-kid "$(jq -r .kid "$HARNESS_DIR/eab.json")" \
        --eab-key-file "$HARNESS_DIR/eab.key"
}

process_of() { session_members "$(pid_of "$1")" | grep -vx "$(pid_of "$1")"; } # of a pool of one
cpu_of() { awk '{ ns += $1 } END { printf "%.3f\n", ns / 1e6 }' "/proc/$1"/task/*/schedstat; } # ms
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(process_of "$1")/status"; }                  # kB
memory() { # of a program: "RSS PSS", kB
    awk '/^(Rss|Pss):/ { printf "%s ", $2 }' "/proc/$(process_of "$1")/smaps_rollup"
}
less() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", a - b }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v c="$2" '{ print $c }' "$HARNESS_DIR/$1.figures" | median; }

# certificate WAY NUMBER: appends "CLIENT-CPU WALL AUTH-CPU GATEWAY-CPU" (ms) to the figures of the way.
certificate() {
    local way=$1 name=$1$2.example.test auth gateway ca=pebble TIMEFORMAT='%3U %3S %3R'
    [[ $way == outside ]] || ca=proxy
    auth=$(cpu_of "$(process_of auth)") gateway=$(cpu_of "$(process_of gateway)")
    { time "$way" cert add "$name" --ca "$ca" >"$HARNESS_DIR/$way.log" 2>&1; } 2>"$HARNESS_DIR/time" ||
        { tail -n 3 "$HARNESS_DIR/$way.log" >&2; return 1; }
    awk -v auth="$(less "$(cpu_of "$(process_of auth)")" "$auth")" \
        -v gateway="$(less "$(cpu_of "$(process_of gateway)")" "$gateway")" \
        '{ print ($1 + $2) * 1000, $3 * 1000, auth, gateway }' <(tail -n 1 "$HARNESS_DIR/time") \
        >>"$HARNESS_DIR/$way.figures"
}

one_certificate() {
    local number way
    for way in outside inside; do certificate "$way" warm; done
    rm -f "$HARNESS_DIR"/*.figures
    for ((number = 1; number <= runs; number++)); do
        for way in outside inside; do certificate "$way" "$number"; done
    done
    echo
    echo "## One certificate by acmeproxy, medians of $runs runs in turn, ms"
    echo '| way | client CPU | auth.fcgi CPU | gateway.fcgi CPU | wall |'
    echo '|---|---:|---:|---:|---:|'
    for way in outside inside; do
        echo "| $way | $(column $way 1) | $(column $way 3) | $(column $way 4) | $(column $way 2) |"
    done
    echo "outside: straight at Pebble; inside: through the gateway. Added CPU of all programs:" \
        "$(less "$(all_cpu inside)" "$(all_cpu outside)") ms," \
        "added wall time: $(less "$(column inside 2)" "$(column outside 2)") ms"
}

all_cpu() { awk '{ print $1 + $3 + $4 }' "$HARNESS_DIR/$1.figures" | median; }

rate() { # PATH -> requests a second
    wrk -t1 -c8 -d"${seconds}s" "$url$1" >"$HARNESS_DIR/wrk"
    if grep -q 'Non-2xx' "$HARNESS_DIR/wrk"; then
        say "gateway.sh: some requests of $1 failed"
        return 1
    fi
    awk '/^Requests\/sec/ { print $2 }' "$HARNESS_DIR/wrk"
}

rates() {
    local path paths=(/minimal /auth/new-nonce /gateway/directory) file
    rm -f "$HARNESS_DIR"/*.rates
    for ((number = 1; number <= runs; number++)); do
        for path in "${paths[@]}"; do rate "$path" >>"$HARNESS_DIR/${path##*/}.rates"; done
    done
    echo
    echo "## Requests/s over TLS, kept connections, medians of $runs runs in turn"
    echo '| path | requests/s | / minimal_fcgi |'
    echo '|---|---:|---:|'
    for path in "${paths[@]}"; do
        file=$HARNESS_DIR/${path##*/}.rates
        echo "| $path | $(median <"$file") | $(awk -v a="$(median <"$file")" \
            -v b="$(median <"$HARNESS_DIR/minimal.rates")" 'BEGIN { printf "%.2f", a / b }') |"
    done
}

register() { # an account of the tests' own client: its key in account.pem, its URL in $account
    local client=$source_root/tests/system/acme_client.py
    "$(system_python)" "$client" --state "$HARNESS_DIR/raw.json" --directory "$base/gateway/directory" \
        --ca "$(tls_ca)" register --kid "$(jq -r .kid "$HARNESS_DIR/eab.json")" \
        --key="$(jq -r .key "$HARNESS_DIR/eab.json")" >/dev/null
    PYTHONPATH=$source_root/tests/system "$(system_python)" -c '
import sys
from acme_session import Session
print(Session(sys.argv[1]).key().pem(), end="")' "$HARNESS_DIR/raw.json" >"$HARNESS_DIR/account.pem"
    account=$(jq -r .kid "$HARNESS_DIR/raw.json")
}

# signed PROGRAM URL: one round of signed requests, all with nonces of their own. Appends
# "REQUESTS/S CPU-MICROSECONDS-A-REQUEST" to the figures of the program.
signed() {
    local before after
    wrk -t1 -c8 -d600s -s "$here/fire.lua" "$url/auth/new-nonce" -- number $((round + 16)) \
        "$HARNESS_DIR/nonces" >/dev/null
    head -n $((round + 16)) "$HARNESS_DIR/nonces" |
        "$HARNESS_DIR/sign_requests" "$HARNESS_DIR/account.pem" "$account" "$2" >"$HARNESS_DIR/bodies"
    before=$(cpu_of "$(process_of "$1")")
    wrk -t1 -c8 -d600s -s "$here/fire.lua" "${2/$base/$url}" -- bodies "$HARNESS_DIR/bodies" \
        >"$HARNESS_DIR/fired"
    after=$(cpu_of "$(process_of "$1")")
    awk -v n="$round" -v cpu="$(less "$after" "$before")" '$2 != 0 { exit 1 }
        { printf "%.0f %.1f\n", n / $1, cpu * 1000 / n }' <(tail -n 1 "$HARNESS_DIR/fired") \
        >>"$HARNESS_DIR/$1.signed.figures" || { say "gateway.sh: signed requests failed" && return 1; }
}

signed_requests() {
    local number program
    register
    echo
    echo "## $requests signed requests (ES256), ten rounds; auth.fcgi: account fetch, gateway.fcgi: directory"
    echo "RSS and PSS in kB: at first, after the first $round requests, before and after the last $round"
    echo '| program | requests/s | CPU microseconds | at first | after the first | before the last | after the last |'
    echo '|---|---:|---:|---:|---:|---:|---:|'
    for program in auth gateway; do
        local seen=() target=$account
        [[ $program == auth ]] || target=$base/gateway/directory
        seen+=("$(memory "$program")")
        for ((number = 1; number <= 10; number++)); do
            signed "$program" "$target"
            ((number > 1 && number < 9)) || seen+=("$(memory "$program")")
        done
        echo "| $program.fcgi | $(column "$program.signed" 1) | $(column "$program.signed" 2) |" \
            "$(printf '%s| ' "${seen[@]}")"
    done
}

# clone_clients COUNT ETAG: of the one that is there, each with a certificate and a token; prints a line for
# each, "Basic CREDENTIALS ETAG".
clone_clients() {
    python3 - "$HARNESS_DIR/outside" "$1" "$2" <<'EOF'
import base64
import hashlib
import os
import secrets
import shutil
import sys

spool, count, etag = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for number in range(count):
    client = f"p{number}"
    shutil.copytree(f"{spool}/clients/poll", f"{spool}/clients/{client}")
    tokens = f"{spool}/clients/{client}/tokens"
    (old,) = os.listdir(tokens)
    token = f"{client}.{secrets.token_urlsafe(16)}"
    os.rename(f"{tokens}/{old}", f"{tokens}/{hashlib.sha256(token.encode()).hexdigest()}")
    lineage = f"{spool}/certs/{client}@poll.example.test"
    shutil.copytree(f"{spool}/certs/poll@poll.example.test", lineage, symlinks=True)
    with open(f"{lineage}/cert.json", encoding="utf-8") as file:
        text = file.read().replace('"poll"', f'"{client}"')
    with open(f"{lineage}/cert.json", "w", encoding="utf-8") as file:
        file.write(text)
    print("Basic " + base64.b64encode(f"{client}:{token}".encode()).decode(), etag)
EOF
}

polling() {
    local clients=10000 first half path=/agent/certs/poll.example.test/latest/bundle.pem.age etag
    age-keygen -o "$HARNESS_DIR/age.key" 2>/dev/null
    quietly outside client add poll --allow '**.example.test' --mode agent
    quietly outside cert add poll.example.test --client poll --ca pebble \
        --recipient "$(age-keygen -y "$HARNESS_DIR/age.key")"
    outside client token add poll >"$HARNESS_DIR/token" 2>/dev/null
    etag=$(curl --silent --fail --insecure --user "poll:$(cat "$HARNESS_DIR/token")" --dump-header - \
        --output /dev/null --location "$url$path" | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
    clone_clients "$clients" "$etag" >"$HARNESS_DIR/polls"
    cat >"$HARNESS_DIR/poll.lua" <<EOF
local headers, at, others = {}, 0, 0
function init()
    for line in io.lines("$HARNESS_DIR/polls") do
        local credentials, tag = line:match("^(Basic %S+) (.+)\$")
        headers[#headers + 1] = { Authorization = credentials, ["If-None-Match"] = tag }
    end
end
function request()
    at = at % #headers + 1
    return wrk.format("GET", nil, headers[at])
end
function response(status)
    if status ~= 304 and others < 3 then
        others = others + 1
        io.stderr:write("status " .. status .. "\n")
    end
end
EOF
    echo
    echo "## $clients clients of the agent with what they have (If-None-Match: 304), $((10 * seconds)) s"
    first=$(resident agent)
    for half in first second; do
        wrk -t1 -c16 -d"$((5 * seconds))s" -s "$HARNESS_DIR/poll.lua" "$url$path" >"$HARNESS_DIR/wrk"
        awk -v half="$half" -v kb="$(resident agent)" '/^Requests\/sec/ {
            printf "%s half: %.0f requests/s, agent.fcgi %d kB\n", half, $2, kb }' "$HARNESS_DIR/wrk"
    done
    echo "agent.fcgi before: $first kB"
}

set_up
for part in "${parts[@]}"; do "$part"; done
