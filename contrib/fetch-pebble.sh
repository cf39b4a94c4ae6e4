#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fetch-pebble.sh CACHE-FOLDER: prints the path of the newest Pebble that Debian has.
#
# Debian 12's Pebble (2.4) knows neither renewal information (ARI) nor profiles; Debian unstable's
# does. This takes the package from the mirror that this machine uses already, with the keyring
# that it uses already, and unpacks it in CACHE-FOLDER. Nothing is installed, the package lists
# and sources of the system are not touched, and no right of root is needed. A second call finds
# the unpacked binary. Ends with 1 and one line where the package cannot be had.
set -euo pipefail

fail() {
    echo "fetch-pebble.sh: $*" >&2
    exit 1
}

(($# == 1)) || fail 'usage: fetch-pebble.sh CACHE-FOLDER'
command -v apt-get >/dev/null || fail 'there is no apt-get here'
mkdir -p "$1"
cache=$(cd "$1" && pwd)
binary=$cache/root/usr/bin/pebble
if [[ -x $binary ]]; then
    echo "$binary"
    exit
fi

# The archive of this machine's own release, as apt understands its sources of either format.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
# shellcheck disable=SC2016  # apt's own placeholders, not the shell's
target=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(SOURCESENTRY)' \
    'Created-By: Packages' | awk -v codename="$codename" \
    '$1 == codename || $1 ~ /^(stable|testing|unstable|sid)$/ { print; exit }')
read -r _ uri entry <<<"$target"
[[ -n ${uri:-} ]] || fail "found no Debian archive for $codename in the package sources of apt"
keyring=$(sed -nE 's/^[Ss]igned-[Bb]y: *(\/[^ ]+).*/\1/p; s/.*\[.*signed-by=([^] ]+).*/\1/p' \
    "${entry%:*}" | head -n 1)
keyring=${keyring:-/usr/share/keyrings/debian-archive-keyring.gpg}
[[ -r $keyring ]] || fail "cannot read the keyring $keyring of the package sources"

# Lists and caches of our own; the system's settings (a proxy, say) stay in force.
apt=$cache/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/sources.d" "$apt/preferences.d"
printf 'deb [signed-by=%s] %s unstable main\n' "$keyring" "$uri" >"$apt/sources.list"
: >"$apt/status"
options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/sources.d"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$apt/preferences.d"
    -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status"
    -o Dir::Cache="$apt" -o Dir::Cache::Archives="$apt/archives" -o Acquire::Languages=none
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2 -o APT::Get::List-Cleanup=false)
{
    apt-get "${options[@]}" --error-on=any update &&
        cd "$cache" && apt-get "${options[@]}" download pebble
} >"$cache/log" 2>&1 || fail "could not fetch the package pebble of Debian unstable:" \
    "$(grep -E '^(E|W|Err):' "$cache/log" | head -n 1) (all of it: $cache/log)"

packages=("$cache"/pebble_*.deb)
[[ -f ${packages[0]} ]] || fail "apt-get has left no package in $cache"
rm -rf "$cache/root" "$cache/root.new"
dpkg-deb -x "${packages[-1]}" "$cache/root.new" || fail "cannot unpack ${packages[-1]}"
"$cache/root.new/usr/bin/pebble" -version >/dev/null 2>&1 ||
    "$cache/root.new/usr/bin/pebble" -help 2>&1 | grep -q dnsserver ||
    fail "Debian unstable's pebble does not run on this machine"
mv "$cache/root.new" "$cache/root"
rm -rf "$apt" "${packages[@]}" "$cache/log"
echo "$binary"
