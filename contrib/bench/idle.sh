#!/bin/bash
# SPDX-License-Identifier: MIT
#
# idle.sh [ACMEPROXY]: a pass over 1,000, 10,000 and 100,000 lineages with nothing due, beside a bare scan of
# the same files by find(1). Medians of 5 runs.
set -euo pipefail

acmeproxy=$(realpath "${1:-/usr/local/sbin/acmeproxy}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ACMEPROXY_SPOOL=$work/spool

mkdir "$ACMEPROXY_SPOOL" # root may have it, too
"$acmeproxy" spool init >/dev/null

fill() { # COUNT: lineages that are not due, made as the program makes them, by hard work of Python
    python3 - "$ACMEPROXY_SPOOL/certs" "$1" <<'EOF'
import os
import sys
import time

certs, count = sys.argv[1], int(sys.argv[2])
due = time.time() + 20 * 3600
for number in range(count):
    name = f"h{number}.example.test"
    folder = f"{certs}/{name}"
    if os.path.isdir(folder):
        continue
    os.mkdir(folder, 0o700)
    os.mkdir(f"{folder}/gen", 0o700)
    with open(f"{folder}/cert.json", "w") as file:
        file.write('{"format": 1, "identifiers": [{"type": "dns", "value": "%s"}]}\n' % name)
    os.close(os.open(f"{folder}/due", os.O_CREAT | os.O_WRONLY, 0o600))
    os.utime(f"{folder}/due", (due, due))
EOF
}

median_of() { # COMMAND...: "WALL PEAK" medians
    local run
    : >"$work/figures"
    for run in 0 1 2 3 4 5; do
        command time -f '%e %M' -o "$work/time" "$@" >/dev/null 2>&1
        ((run == 0)) || tail -n 1 "$work/time" >>"$work/figures" # the first warms the cache
    done
    sort -n "$work/figures" | sed -n 3p
}

echo
echo '## A pass with nothing due, medians of 5 runs'
echo '| lineages | acmeproxy renew: wall s | peak MB | find: wall s |'
echo '|---|---|---|---|'
for count in 1000 10000 100000; do
    fill "$count"
    read -r wall peak <<<"$(median_of "$acmeproxy" renew)"
    read -r bare _ <<<"$(median_of find "$ACMEPROXY_SPOOL/certs" -name due -mmin +0)"
    printf '| %d | %s | %s | %s |\n' "$count" "$wall" "$(awk -v k="$peak" 'BEGIN { printf "%.1f", k / 1024 }')" "$bare"
done
