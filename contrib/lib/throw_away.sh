# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# services.sh in a folder of its own, HARNESS_DIR, which goes with all its processes when the script
# ends. Sourced by scripts of contrib/bench, which have set source_root.

HARNESS_DIR=$(mktemp -d)
export HARNESS_DIR
# shellcheck source=contrib/lib/process.sh
source "${source_root:?}/contrib/lib/process.sh"
# shellcheck source=contrib/lib/services.sh
source "$source_root/contrib/lib/services.sh"
# A trust store in the environment is read by OpenSSL at each start: 20 ms that are not the program's.
unset http_proxy https_proxy all_proxy SSL_CERT_FILE SSL_CERT_DIR
trap 'stop_all; rm -rf "$HARNESS_DIR"' EXIT
chmod 755 "$HARNESS_DIR"
