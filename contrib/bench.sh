#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench.sh [PREFIX]: the figures of doc/performance.md, measured with the acmeproxy that is installed
# below PREFIX (default /usr/local) on this machine, side by side with other clients in the same run.
# Takes some minutes; wants a machine that does nothing else. Needs root for the comparison with
# uacme only (it trusts a CA through the system's bundle alone, which is replaced for its process).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-/usr/local}

echo "Machine: $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo "Load before: $(cut -d' ' -f1-3 /proc/loadavg)"
"$here/bench/renew.sh" "$prefix"
"$here/bench/idle.sh" "$prefix/sbin/acmeproxy"
"$here/bench/challenge.sh" "$prefix/libexec/acmeproxy/challenge.fcgi"
"$here/bench/gateway.sh" "$prefix"
"$here/bench/serve.sh" "$prefix"
"$here/bench/seal.sh" "$prefix/sbin/acmeproxy"
