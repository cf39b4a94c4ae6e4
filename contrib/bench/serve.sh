#!/bin/bash
# SPDX-License-Identifier: MIT
#
# serve.sh [PREFIX [RUNS [SECONDS]]]: `acmeproxy serve` beside Pebble. The time from its start, with an empty
# spool, to the first challenge that it answers; its memory (PSS) with all that it has started; about 1,000
# challenges/s for SECONDS (300) while a certificate is renewed again and again. Needs wrk. Run by root, it becomes the user of the tests.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_root=$(cd "$here/../.." && pwd)
# As root, serve would become another user.
((EUID)) || exec "$source_root/contrib/as-test-user.sh" "$here/serve.sh" "$@"
prefix=$(realpath "${1:-/usr/local}")
runs=${2:-5}
seconds=${3:-300}
acmeproxy=$prefix/sbin/acmeproxy
PATH=$PATH:/usr/sbin

# shellcheck source=contrib/lib/throw_away.sh
source "$source_root/contrib/lib/throw_away.sh"

token=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG

set_up() {
    make_tls_ca
    start_dns
    start_pebble --retry-after 0,0
    export ACMEPROXY_CA_CERTIFICATES
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    : >"$HARNESS_DIR/acmeproxy.conf"
    export ACMEPROXY_CONFIG=$HARNESS_DIR/acmeproxy.conf ACMEPROXY_PROGRAMS_DIR=$prefix/libexec/acmeproxy
    export ACMEPROXY_SPOOL=$HARNESS_DIR/spool ACMEPROXY_RUN_DIR=$HARNESS_DIR/serve
    export ACMEPROXY_SERVER_NAME=proxy.example.test ACMEPROXY_HTTPS_ADDR ACMEPROXY_HTTP_API_ADDR
    ACMEPROXY_ACME_DIRECTORY_URL=$(pebble_url pebble)
    export ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_HTTPS_ADDR=127.0.0.1:$(pick_port)
    ACMEPROXY_HTTP_API_ADDR=127.0.0.1:$(http_port)
    url=http://$ACMEPROXY_HTTP_API_ADDR/.well-known/acme-challenge/
}

start_times() {
    local number
    for ((number = 0; number < runs; number++)); do
        rm -rf "$ACMEPROXY_SPOOL" "$ACMEPROXY_RUN_DIR"
        "$acmeproxy" spool init >/dev/null
        printf '%s.thumbprint' "$token" >"$ACMEPROXY_SPOOL/challenges/$token"
        "$here/first_answer.py" "$url$token" "$acmeproxy" serve >>"$HARNESS_DIR/first"
    done
    echo
    echo "## acmeproxy serve: from its start, with an empty spool, to the first challenge that it answers"
    sort -n "$HARNESS_DIR/first" | awk '{ v[NR] = $1 }
        END { printf "median %.2f s, slowest %.2f s, of %d runs\n", v[int((NR + 1) / 2)], v[NR], NR }'
}

descendants() { # PID
    local child
    echo "$1"
    for child in $(cat /proc/"$1"/task/*/children); do descendants "$child"; done
}

memory() {
    local pid total=0 pss
    for pid in $(descendants "$(pid_of serve)"); do
        pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
        total=$((total + pss))
    done
    awk -v k="$total" 'BEGIN { printf "memory of all processes together (PSS): %.1f MB\n", k / 1024 }'
}

renewals() {
    while :; do
        "$acmeproxy" renew --force busy.example.test >>"$HARNESS_DIR/renewals.log" 2>&1 || true
        sleep 1
    done
}

under_load() {
    rm -rf "$ACMEPROXY_SPOOL" "$ACMEPROXY_RUN_DIR"
    spawn serve "$acmeproxy" serve
    wait_until 60 grep -q 'serving on ' "$HARNESS_DIR/logs/serve.log"
    # Its own certificate means another lighttpd, and the first one closes what it has kept open.
    wait_until 60 grep -q 'is live: proxy' "$HARNESS_DIR/logs/serve.log"
    sleep 10
    "$acmeproxy" cert add busy.example.test >/dev/null 2>&1
    printf '%s.thumbprint' "$token" >"$ACMEPROXY_SPOOL/challenges/$token"
    export -f renewals
    export acmeproxy HARNESS_DIR
    spawn renewals bash -c renewals
    echo 'function delay() return 19 end' >"$HARNESS_DIR/paced.lua"
    echo
    echo "## acmeproxy serve: challenges for $seconds s while a certificate is renewed again and again"
    memory
    wrk -t1 -c20 -d"${seconds}s" -s "$HARNESS_DIR/paced.lua" --latency "$url$token" >"$HARNESS_DIR/wrk"
    stop renewals
    memory
    grep -E 'requests in|Requests/sec|99%|Non-2xx|Socket errors' "$HARNESS_DIR/wrk"
    grep -qE 'Non-2xx|Socket errors' "$HARNESS_DIR/wrk" || echo 'no error'
    echo "renewals meanwhile: $(grep -c 'is live' "$HARNESS_DIR/renewals.log")"
}

set_up
start_times
under_load
