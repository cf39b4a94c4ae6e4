#!/bin/bash
# SPDX-License-Identifier: MIT
#
# seal.sh [ACMEPROXY [RUNS]]: 16 MiB sealed and opened by acmeproxy and by age(1), in turns, to and
# from memory, and what either takes to start. Medians of RUNS (default 9), in milliseconds of CPU
# and of the clock. With SEAL_BUNDLE=BUILD/contrib/bench/seal_bundle (made by "make
# contrib/bench/seal_bundle"), what sealing a key and its chain takes, too.
set -euo pipefail

acmeproxy=$(realpath "${1:-/usr/local/sbin/acmeproxy}")
runs=${2:-9}
command -v age >/dev/null || { echo 'seal.sh: age is not installed' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$acmeproxy" keygen -o "$work/key" 2>/dev/null
"$acmeproxy" keygen -y -o "$work/key.pub" "$work/key"
head -c 16777216 /dev/urandom >"$work/data"
age -R "$work/key.pub" -o "$work/sealed" "$work/data"
age -a -R "$work/key.pub" -o "$work/armored" "$work/data"

python3 - "$acmeproxy" "$work" "$runs" <<'EOF'
import resource
import statistics
import subprocess
import sys
import time

acmeproxy, work, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])


def once(command, source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    with open(f"{work}/{source}", "rb") as file:
        subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, check=True)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, wall * 1000


rows = [
    ("start", "key.pub", ["keygen", "-y", f"{work}/key"], ["--version"]),
    ("seal", "data", ["seal", "-R", f"{work}/key.pub"], ["-R", f"{work}/key.pub"]),
    ("seal armored", "data", ["seal", "-a", "-R", f"{work}/key.pub"], ["-a", "-R", f"{work}/key.pub"]),
    ("open", "sealed", ["open", "-i", f"{work}/key"], ["-d", "-i", f"{work}/key"]),
    ("open armored", "armored", ["open", "-i", f"{work}/key"], ["-d", "-i", f"{work}/key"]),
]
print(f"{'16 MiB':14} {'acmeproxy':>18} {'age':>18}   (ms of CPU, ms of the clock)")
for name, source, ours, theirs in rows:
    results = {"ours": [], "theirs": []}
    for _ in range(runs):
        results["ours"].append(once([acmeproxy, *ours], source))
        results["theirs"].append(once(["age", *theirs], source))
    text = []
    for who in ("ours", "theirs"):
        cpu = statistics.median(r[0] for r in results[who])
        wall = statistics.median(r[1] for r in results[who])
        text.append(f"{cpu:8.1f} {wall:8.1f}")
    print(f"{name:14} {text[0]:>18} {text[1]:>18}")
EOF
[[ -z ${SEAL_BUNDLE:-} ]] || "$SEAL_BUNDLE"
