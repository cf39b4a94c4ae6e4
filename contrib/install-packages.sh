#!/bin/bash
# SPDX-License-Identifier: MIT
#
# install-packages.sh [--yes] [--list] GROUP...: installs the packages of these groups of
# contrib/packages that are missing. Prints them and asks on a terminal, unless --yes is given;
# without a terminal it goes on. --list only prints the missing ones, one a line.
#
# Uses apt-get, by sudo when not root. No daemon is started by it, and none that it brought will
# start with the machine.
set -euo pipefail

fail() {
    echo "install-packages.sh: $*" >&2
    exit 1
}

# packages_of GROUP...: their packages, each once.
packages_of() {
    sed 's/#.*//' "${BASH_SOURCE[0]%/*}/packages" |
        awk -v wanted=" $* " 'NF && index(wanted, " " $1 " ") && !seen[$2]++ { print $2 }'
}

is_installed() {
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# has_candidate PACKAGE...: true when the package lists of the machine know all of them.
has_candidate() {
    local package
    for package in "$@"; do
        apt-cache policy "$package" | grep '^  Candidate: [^(]' >/dev/null || return 1
    done
}

as_root() { "${become_root[@]}" "$@"; }

# What apt-get asks before it starts a service: 101 means no (Debian policy, invoke-rc.d).
policy=/usr/sbin/policy-rc.d
saved_policy=$policy.before-acmeproxy

forbid_starts() {
    local answer=0
    if [[ -e $saved_policy || -L $saved_policy ]]; then # an earlier run was killed before it could restore it
        restore_policy
    fi
    [[ ! -x $policy ]] || as_root "$policy" lighttpd start >/dev/null 2>&1 || answer=$?
    ((answer != 101)) || return 0
    trap restore_policy EXIT
    if [[ -e $policy ]]; then
        as_root cp --preserve=all "$policy" "$saved_policy"
    else
        as_root ln -s /nonexistent "$saved_policy"
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

restore_policy() {
    if [[ -L $saved_policy ]]; then
        as_root rm -f "$policy" "$saved_policy"
    elif [[ -e $saved_policy ]]; then
        as_root mv -f "$saved_policy" "$policy"
    fi
}

# keep_disabled PACKAGE...: newly installed servers must not come up at the next boot either.
keep_disabled() {
    local package unit
    command -v systemctl >/dev/null || return 0
    for package in "$@"; do
        while IFS= read -r unit; do
            as_root systemctl --quiet disable "$unit" >/dev/null 2>&1 || true
        done < <(dpkg-query --listfiles "$package" 2>/dev/null |
            sed -nE 's#.*/systemd/system/([^/@]+\.(service|socket|timer))$#\1#p')
    done
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet --no-install-recommends "$@"
}

# install PACKAGE...: called where bash ignores errexit, so each step says what its failure means.
install() {
    local before after new
    forbid_starts || return 1
    before=$(dpkg-query --show --showformat='${Package}\n')
    has_candidate "$@" || as_root apt-get update --quiet || return 1
    # The lists may be older than the archive: files that are gone from it need new lists.
    apt_install "$@" || { as_root apt-get update --quiet && apt_install "$@"; } || return 1
    after=$(dpkg-query --show --showformat='${Package}\n')
    mapfile -t new < <(comm -13 <(sort <<<"$before") <(sort <<<"$after") |
        grep -E '^(apache2|caddy|certbot|dnsmasq|lighttpd|nginx)')
    keep_disabled "${new[@]}"
}

ask=yes
list=no
groups=()
for word in "$@"; do
    case $word in
    --yes) ask=no ;;
    --list) list=yes ;;
    -*) fail "usage: install-packages.sh [--yes] [--list] GROUP..." ;;
    *)
        [[ -n "$(packages_of "$word")" ]] || fail "contrib/packages has no group $word"
        groups+=("$word")
        ;;
    esac
done
((${#groups[@]})) || fail "usage: install-packages.sh [--yes] [--list] GROUP..."

missing=()
while IFS= read -r package; do
    is_installed "$package" || missing+=("$package")
done < <(packages_of "${groups[@]}")
if [[ $list == yes ]]; then
    printf '%s\n' "${missing[@]}"
    exit
fi
((${#missing[@]})) || exit 0

echo "Debian packages to install: ${missing[*]}" >&2
command -v apt-get >/dev/null || fail 'there is no apt-get here: install these by hand'
become_root=()
if ((EUID)); then
    become_root=(sudo)
    command -v sudo >/dev/null ||
        fail "not root, and there is no sudo. As root: apt-get install ${missing[*]}"
fi
if [[ $ask == yes && -t 0 ]]; then
    read -rp 'Install them? [Y/n] ' answer
    [[ ${answer,,} == @(|y|yes) ]] || fail 'nothing was installed'
fi
log=$(mktemp)
install "${missing[@]}" >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    fail "apt-get could not install them (all it said: $log)"
}
rm -f "$log"
echo "installed: ${missing[*]}" >&2
