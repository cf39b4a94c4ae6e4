#!/bin/bash
# SPDX-License-Identifier: MIT
#
# renew.sh [PREFIX [RUNS]]: what certificates cost acmeproxy, lego and uacme, each with an account that is
# there, of one Pebble, in turn. Then 200 certificates in one pass. Requests and connections are counted by
# a proxy in runs of their own, since it costs time. Beside them runs what a program with libcurl cannot do
# without (nine_requests.c). The figures depend on the file system that TMPDIR is on.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_root=$(cd "$here/../.." && pwd)
prefix=$(realpath "${1:-/usr/local}")
runs=${2:-7}
acmeproxy=$prefix/sbin/acmeproxy

# shellcheck source=contrib/lib/throw_away.sh
source "$source_root/contrib/lib/throw_away.sh"

spool=$HARNESS_DIR/spool
bundle=$HARNESS_DIR/bundle.pem
export ACMEPROXY_SPOOL=$spool LEGO_CA_CERTIFICATES

set_up() {
    make_tls_ca
    start_dns
    mkdir -p "$spool" # root may have it, too
    "$acmeproxy" spool init >/dev/null
    start_challenge_web static "$spool/challenges"
    # Pebble 2.4 has no retryAfter; a newer one is told to send none worth waiting for.
    start_pebble --retry-after 0,0
    start_fault_proxy pebble
    LEGO_CA_CERTIFICATES=$(tls_ca)
    export ACMEPROXY_CA_CERTIFICATES=$LEGO_CA_CERTIFICATES
    cat /etc/ssl/certs/ca-certificates.crt "$(tls_ca)" >"$bundle"
    cat >"$HARNESS_DIR/uacme-hook" <<EOF
#!/bin/sh
case \$1.\$2 in
begin.http-01) printf %s "\$5" >"$spool/challenges/\$4" ;;
begin.*) exit 1 ;;
*) rm -f "$spool/challenges/\$4" ;;
esac
EOF
    chmod +x "$HARNESS_DIR/uacme-hook"
}

# measured NAME COMMAND...: appends "CPU WALL PEAK" (s, s, kB) to NAME's figures.
measured() {
    local name=$1
    shift
    "$here/measure.py" "$HARNESS_DIR/$name.figures" "$@" >>"$HARNESS_DIR/$name.log" 2>&1 ||
        { tail -n 5 "$HARNESS_DIR/$name.log" >&2; return 1; }
}

by_acmeproxy() { # NUMBER URL
    measured acmeproxy "$acmeproxy" --acme-directory-url "$2" cert add "p$1.example.test"
}

by_lego() { # NUMBER URL
    measured lego lego --server "$2" --accept-tos --email a@example.test --path "$HARNESS_DIR/lego" \
        --http --http.webroot "$HARNESS_DIR/lego-root" --key-type ec256 \
        --domains "l$1.example.test" run
}

by_nine_requests() { # NUMBER URL
    measured nine_requests "$HARNESS_DIR/nine_requests" "$2" "$(tls_ca)"
}

by_uacme() { # NUMBER URL
    # shellcheck disable=SC2016 # for the inner shell
    measured uacme unshare -m sh -c '
        mount --bind "$1" /etc/ssl/certs/ca-certificates.crt
        exec uacme -y -c "$2/uacme" -a "$3" -h "$2/uacme-hook" -t EC issue "$4"' \
        sh "$bundle" "$HARNESS_DIR" "$2" "u$1.example.test"
}

new_uacme_account() {
    # shellcheck disable=SC2016
    unshare -m sh -c '
        mount --bind "$1" /etc/ssl/certs/ca-certificates.crt
        exec uacme -y -c "$2/uacme" -a "$3" -t EC new' \
        sh "$bundle" "$HARNESS_DIR" "$(pebble_url pebble)" >"$HARNESS_DIR/uacme.log" 2>&1
}

median() { # NAME COLUMN
    awk -v c="$2" '{ print $c }' "$HARNESS_DIR/$1.figures" | sort -n |
        awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

counted() { # COMMAND...: "REQUESTS on CONNECTIONS" through the proxy
    forget_requests
    "$@"
    echo "$(proxy_requests) on $(proxy_connections)"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

one_certificate() {
    local clients=(acmeproxy lego nine_requests) client number counts
    cc -O2 -o "$HARNESS_DIR/nine_requests" "$here/nine_requests.c" -lcurl
    mkdir -p "$HARNESS_DIR/lego-root/.well-known"
    ln -s "$spool/challenges" "$HARNESS_DIR/lego-root/.well-known/acme-challenge"
    if ((EUID == 0)) && command -v uacme >/dev/null && new_uacme_account; then
        clients+=(uacme)
    else
        echo 'uacme is left out: it needs root here, and the package uacme' >&2
    fi
    for client in "${clients[@]}"; do "by_$client" 0 "$(pebble_url pebble)"; done # accounts
    rm -f "$HARNESS_DIR"/*.figures
    for ((number = 1; number <= runs; number++)); do
        for client in "${clients[@]}"; do "by_$client" "$number" "$(pebble_url pebble)"; done
    done
    echo
    echo "## One certificate (P-256, one name, existing account), medians of $runs runs in turn"
    echo '| client | requests on connections | CPU s | wall s | peak MB | acmeproxy CPU / its | wall / its |'
    echo '|---|---|---|---|---|---|---|'
    for client in "${clients[@]}"; do
        cp "$HARNESS_DIR/$client.figures" "$HARNESS_DIR/$client.kept"
        counts=-
        # Through the proxy the CA has another URL; only acmeproxy's default CA keeps its account.
        if [[ $client == acmeproxy ]]; then
            by_acmeproxy warm "$(proxy_url)"
            counts=$(counted by_acmeproxy counted "$(proxy_url)")
        elif [[ $client == lego ]]; then
            by_lego warm "$(proxy_url)"
            counts=$(counted by_lego counted "$(proxy_url)")
        fi
        cp "$HARNESS_DIR/$client.kept" "$HARNESS_DIR/$client.figures"
        printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$client" "$counts" "$(median "$client" 1 | awk '{ printf "%.3f", $1 }')" \
            "$(median "$client" 2)" "$(median "$client" 3 | awk '{ printf "%.1f", $1 / 1024 }')" \
            "$(ratio "$(median acmeproxy 1)" "$(median "$client" 1)")" \
            "$(ratio "$(median acmeproxy 2)" "$(median "$client" 2)")"
    done
}

cpu_of() { # PID: seconds of user and system time
    awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"
}

add_many() { # LETTER COUNT
    local number
    for ((number = 1; number <= $2; number++)); do
        "$acmeproxy" cert add --later "$1$number.example.test" >/dev/null 2>&1
    done
}

# Requests of each certificate: a worker has a connection of its own and orders one after the other.
requests_of_each() {
    awk '$2 != ">" { next }
        $4 ~ /^\/order-plz/ { if (ordered[$1]) print n[$1]; ordered[$1] = 1; n[$1] = 0 }
        { ++n[$1] }
        END { for (c in n) if (ordered[c]) print n[c] }' "$HARNESS_DIR/logs/requests.log"
}

many_certificates() {
    local count=200 before after
    add_many m "$count"
    before=$(cpu_of "$(pid_of pebble)")
    measured many "$acmeproxy" --acme-directory-url "$(pebble_url pebble)" renew
    after=$(cpu_of "$(pid_of pebble)")
    echo
    echo "## $count certificates in one pass of 8 workers"
    awk -v pebble="$(ratio "$after" 1)" -v before="$before" -v n="$count" '
        { cpu = $1; p = pebble - before
          printf "CPU %.2f s (Pebble: %.2f s, ratio %.2f), wall %.1f s, peak %.1f MB\n", \
                 cpu, p, cpu / p, $2, $3 / 1024 }' "$HARNESS_DIR/many.figures"
    grep -c 'is live' "$HARNESS_DIR/many.log" | sed 's/$/ obtained/'
    add_many q "$count"
    forget_requests
    "$acmeproxy" --acme-directory-url "$(proxy_url)" renew >"$HARNESS_DIR/many.log" 2>&1 ||
        tail -n 3 "$HARNESS_DIR/many.log"
    awk -v r="$(proxy_requests)" -v c="$(proxy_connections)" -v n="$count" \
        -v median="$(requests_of_each | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" 'BEGIN {
        printf "%d requests (%.2f a certificate, median %d) on %d connections; Pebble: retryAfter 0\n", \
               r, r / n, median, c }'
}

set_up
echo "Spool on $(findmnt --noheadings --first-only --output FSTYPE,OPTIONS --target "$HARNESS_DIR")"
one_certificate
many_certificates
