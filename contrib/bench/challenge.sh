#!/bin/bash
# SPDX-License-Identifier: MIT
# How fast challenge.fcgi answers behind lighttpd, as a ratio to the smallest libfcgi program that
# reads one file (minimal_fcgi.c), and its resident memory. Runs alternate, so that what else the
# machine does hits both; the ratio is that of the medians.
#
#   contrib/bench/challenge.sh [PROGRAM [RUNS [SECONDS]]]
#
# Needs lighttpd, wrk, cc and libfcgi's headers. Leaves nothing behind.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:-/usr/local/libexec/acmeproxy/challenge.fcgi}")
runs=${2:-5}
seconds=${3:-3}
token=evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA
path=/.well-known/acme-challenge/$token
PATH=$PATH:/usr/sbin

for tool in lighttpd wrk cc; do
    command -v "$tool" >/dev/null || { echo "challenge.sh: $tool is not installed" >&2; exit 2; }
done

work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT

free_ports() { # COUNT -> that many ports, all different
    python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))' "$1"
}

make_spool() {
    mkdir -p "$work/spool/challenges"
    printf '%s.%s' "$token" 9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI \
        >"$work/spool/challenges/$token"
}

write_config() { # one lighttpd, a port for each program, the same URL
    cat >"$work/lighttpd.conf" <<CONF
server.modules = ("mod_fastcgi")
server.document-root = "$work"
server.bind = "127.0.0.1"
server.port = $port_ours
server.max-keep-alive-requests = 1000000
fastcgi.server = ("/.well-known/acme-challenge/" => ((
    "socket" => "$work/ours.sock", "bin-path" => "$program", "max-procs" => 1,
    "bin-environment" => ("ACMEPROXY_SPOOL" => "$work/spool"), "check-local" => "disable")))
\$SERVER["socket"] == "127.0.0.1:$port_minimal" {
    fastcgi.server = ("/.well-known/acme-challenge/" => ((
        "socket" => "$work/minimal.sock", "bin-path" => "$work/minimal", "max-procs" => 1,
        "bin-environment" => ("BENCH_FILE" => "$work/spool/challenges/$token"),
        "check-local" => "disable")))
}
CONF
}

wait_for() { # URL
    for _ in $(seq 100); do
        curl -sf -o "$work/answer" "$1" && return
        sleep 0.05
    done
    echo "challenge.sh: $1 does not answer" >&2
    exit 1
}

rate() { # PORT [wrk options] -> requests a second
    local port=$1
    shift
    wrk -t1 -c8 -d"${seconds}s" "$@" "http://127.0.0.1:$port$path" >"$work/wrk"
    if grep -q 'Non-2xx' "$work/wrk"; then
        echo "challenge.sh: some requests failed" >&2
        exit 1
    fi
    awk '/^Requests\/sec/ { print $2 }' "$work/wrk"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

compare() { # LABEL [wrk options]
    local label=$1 ours minimal
    shift
    : >"$work/ours"
    : >"$work/minimal.rates"
    for _ in $(seq "$runs"); do
        rate "$port_ours" "$@" >>"$work/ours"
        rate "$port_minimal" "$@" >>"$work/minimal.rates"
    done
    ours=$(median <"$work/ours")
    minimal=$(median <"$work/minimal.rates")
    row .0f "$label" "$ours" "$minimal"
}

process_of() { # PROGRAM -> the id of the one that lighttpd runs
    local pid
    for pid in $(pgrep -P "$server"); do
        if [ "$(readlink "/proc/$pid/exe")" = "$1" ]; then
            echo "$pid"
        fi
    done
}

resident() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; } # PID -> kB, the most it ever had

cpu_per_request() { # PORT PID -> microseconds; says more than the rate on a busy machine
    local before after
    before=$(cut -d' ' -f1 "/proc/$2/schedstat")
    rate "$1" >/dev/null
    after=$(cut -d' ' -f1 "/proc/$2/schedstat")
    awk -v ns=$((after - before)) '/ requests in / { print ns / 1000 / $1 }' "$work/wrk"
}

row() { # FORMAT LABEL OURS MINIMAL
    awk -v f="$1" -v l="$2" -v a="$3" -v b="$4" \
        'BEGIN { printf "| %-29s | %14" f " | %12" f " | %5.2f |\n", l, a, b, a / b }'
}

cc -O2 -o "$work/minimal" "$here/minimal_fcgi.c" -lfcgi
make_spool
read -r port_ours port_minimal < <(free_ports 2)
write_config
lighttpd -D -f "$work/lighttpd.conf" 2>"$work/lighttpd.log" &
server=$!
wait_for "http://127.0.0.1:$port_ours$path"
cmp "$work/answer" "$work/spool/challenges/$token"
wait_for "http://127.0.0.1:$port_minimal$path"
cmp "$work/answer" "$work/spool/challenges/$token"

echo "| behind lighttpd, median of $(printf %2d "$runs") | challenge.fcgi | minimal_fcgi | ratio |"
echo "|---|---:|---:|---:|"
compare 'requests/s, kept connections'
compare 'requests/s, a new one each' -H 'Connection: close'
ours=$(process_of "$program")
minimal=$(process_of "$work/minimal")
row .1f 'CPU microseconds a request' \
    "$(cpu_per_request "$port_ours" "$ours")" "$(cpu_per_request "$port_minimal" "$minimal")"
row .0f 'resident, kB' "$(resident "$ours")" "$(resident "$minimal")"
