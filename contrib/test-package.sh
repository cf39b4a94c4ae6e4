#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test-package.sh SOURCE WORK: builds the Debian package of the source tree SOURCE in the folder WORK,
# has lintian look at it, and installs, upgrades, removes and purges it on a copy of this system that
# vanishes afterwards: an overlay over / in a mount namespace of its own. Prints TAP. Without root
# the part that installs is skipped.
#
# The build is not optimized, and runs no unit tests: those are a step of their own.
set -euo pipefail

source_tree=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
# Where the copy of the system has it, too.
[[ $0 -ef $work/test-package.sh ]] || cp "$0" "$work/test-package.sh"
jobs=${JOBS:-2}
count=0

# verdict NAME COMMAND...: a test. What the command says is shown when it fails.
verdict() {
    local name=$1 log=$work/verdict.log status=0
    shift
    count=$((count + 1))
    set +e # as a condition it would go on after a failure
    (set -e && "$@") >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if ((status == 0)); then
        echo "ok $count $name"
    else
        echo "not ok $count $name"
        tail -n 60 "$log" | sed 's/^/# /'
        failed=yes
    fi
}
failed=no

# --- building -------------------------------------------------------------------------------

build_package() {
    rm -rf "$work/acmeproxy"
    mkdir "$work/acmeproxy"
    cp -a "$source_tree/." "$work/acmeproxy"
    cd "$work/acmeproxy"
    cp -a contrib/debian debian
    # The folder has another name each time; without it in the flags, ccache knows the files.
    export DEB_CXXFLAGS_STRIP="-g -ffile-prefix-map=$PWD=."
    ! command -v ccache >/dev/null || export CXX="ccache g++" CCACHE_NOHASHDIR=1
    DEB_BUILD_OPTIONS="nocheck noopt noautodbgsym parallel=$jobs" \
        dpkg-buildpackage --unsigned-changes --build=binary --no-pre-clean
}

package() { echo "$work"/acmeproxy_*.deb; }

has_no_errors() {
    local user=()
    ((EUID)) || user=(--allow-root)
    lintian "${user[@]}" --fail-on error,warning --tag-display-limit 0 "$work"/acmeproxy_*.changes
}

# What a user of Debian looks for.
holds_all_parts() {
    local list part
    list=$(dpkg-deb --fsys-tarfile "$(package)" | tar --list)
    for part in usr/sbin/acmeproxy usr/libexec/acmeproxy/{challenge,auth,gateway,agent}.fcgi \
        lib/systemd/system/acmeproxy{.service,-renew.timer,-challenge.socket} \
        usr/lib/sysusers.d/acmeproxy.conf usr/lib/tmpfiles.d/acmeproxy.conf \
        usr/share/bash-completion/completions/acmeproxy usr/share/zsh/vendor-completions/_acmeproxy \
        usr/share/doc/acmeproxy/{copyright,changelog.gz,README.md.gz,spool.md.gz} \
        usr/share/doc/acmeproxy/examples/{acmeproxy.cron,hooks/reload-nginx,nginx/acmeproxy-gateway.conf}; do
        grep -qxF "./$part" <<<"$list" || { echo "there is no $part in:" "$list" && return 1; }
    done
    for part in "$work"/acmeproxy/man/*.[1-8]; do
        part=${part##*/}
        grep -qxF "./usr/share/man/man${part##*.}/$part.gz" <<<"$list" ||
            { echo "there is no page $part" && return 1; }
    done
}

has_the_version() {
    [[ "$(dpkg-deb --field "$(package)" Version)" == \
        "$(sed -nE 's/^AC_INIT\(\[acmeproxy\], \[(.*)\]\)$/\1/p' "$source_tree/configure.ac")" ]]
}

# --- installing -----------------------------------------------------------------------------

# The rest of this file runs in the copy of the system: "test-package.sh --inside PACKAGE NEWER".
state() { stat --format '%a %U %G %F' "$1"; }

# assert_state PATH MODE OWNER GROUP
assert_state() {
    local is wanted="$2 $3 $4"
    is=$(state "$1")
    [[ $is == "$wanted "* ]] || { echo "$1 is '$is', not '$wanted'" && return 1; }
}

# named_files: what has the name of the package, wherever a package may put something.
named_files() {
    find /bin /etc /lib /run /sbin /usr /var -name '*acmeproxy*' -not -path '/var/cache/*' -not -path '/var/log/*' | sort
}

installs() {
    local user
    # Whatever this machine has of it.
    ! dpkg-query --show acmeproxy >/dev/null 2>&1 || dpkg --purge acmeproxy
    for user in acmeproxy acmeproxy-agent; do
        ! getent passwd "$user" >/dev/null || userdel "$user"
    done
    ! getent group acmeproxy-challenge >/dev/null || groupdel acmeproxy-challenge
    rm -rf /var/spool/acmeproxy /etc/acmeproxy /run/acmeproxy
    named_files >/present # images of containers, say, and what somebody installed by hand
    dpkg --install "$package"
    acmeproxy version | grep '^acmeproxy [0-9]'
}

has_users_and_folders() {
    getent passwd acmeproxy | grep ':/var/spool/acmeproxy:.*nologin$'
    getent passwd acmeproxy-agent | grep 'nologin$'
    getent group acmeproxy-challenge
    assert_state /var/spool/acmeproxy 751 acmeproxy acmeproxy
    assert_state /var/spool/acmeproxy/challenges 755 acmeproxy acmeproxy
    assert_state /etc/acmeproxy 755 root root
    assert_state /etc/acmeproxy/hooks 755 root root
    assert_state /run/acmeproxy 755 root root
}

starts_nothing() {
    local found
    found=$(find /etc/systemd/system /etc/cron* /etc/rc?.d -name '*acmeproxy*')
    [[ -z $found ]] || { echo "enabled: $found" && return 1; }
    found=$(for folder in /proc/[0-9]*; do
        readlink "$folder/exe" || true
    done | grep -E '/acmeproxy|/[a-z]+\.fcgi' || true)
    [[ -z $found ]] || { echo "started: $found" && return 1; }
}

can_be_enabled() {
    local units=(acmeproxy.service acmeproxy-renew.timer)
    units+=(acmeproxy-{challenge,auth,gateway,agent}.socket)
    systemctl enable "${units[@]}"
    [[ -L /etc/systemd/system/multi-user.target.wants/acmeproxy.service ]]
    systemctl disable "${units[@]}"
    starts_nothing
}

has_sound_units() {
    systemd-analyze verify --recursive-errors=no /lib/systemd/system/acmeproxy*
}

# With the rights that the package gives: root becomes the spool's owner.
works() {
    acmeproxy spool init
    acmeproxy spool check
    assert_state /var/spool/acmeproxy/secrets 750 acmeproxy acmeproxy
    acmeproxy cert add a.example.org --later
    assert_state /var/spool/acmeproxy/certs/a.example.org/cert.json 640 acmeproxy acmeproxy
    acmeproxy status | grep a.example.org
    printf abc.def >/var/spool/acmeproxy/challenges/abc
    # As a web server's CGI: the folder that it was built with.
    setpriv --reuid=nobody --regid=nogroup --groups=acmeproxy-challenge -- \
        env GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET SCRIPT_NAME=/.well-known/acme-challenge \
        PATH_INFO=/abc REQUEST_URI=/.well-known/acme-challenge/abc \
        /usr/libexec/acmeproxy/challenge.fcgi </dev/null | grep abc.def
    rm /var/spool/acmeproxy/challenges/abc
}

# free_port: one that nothing listens on.
free_port() {
    local port
    while port=$((20000 + RANDOM)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# What README says after "make install": one command, and nothing configured. Only the ports are others,
# and no CA can be reached, which serve must outlive.
serves() {
    local port pid i
    port=$(free_port)
    rm -rf /var/spool/acmeproxy/*
    : >/served
    acmeproxy serve --server-name proxy.example.org --http-api-addr "127.0.0.1:$port" \
        --https-addr "127.0.0.1:$(free_port)" --acme-directory-url https://127.0.0.1:9/dir 2>>/served &
    pid=$!
    for ((i = 0; i < 100; ++i)); do
        ! grep -q 'serving on ' /served || break
        sleep 0.1
    done
    cat /served
    [[ $(stat --format=%U "/proc/$pid") == acmeproxy ]]
    printf abc.def >/var/spool/acmeproxy/challenges/abc
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /.well-known/acme-challenge/abc HTTP/1.0\r\n\r\n' >&3
    grep abc.def <&3
    exec 3>&-
    rm /var/spool/acmeproxy/challenges/abc
    kill "$pid"
    wait "$pid"
    tail -n 1 /served | grep 'stopped$'
    starts_nothing # all that it had started is gone
    [[ -z $(find /run/acmeproxy -type s) ]]
    acmeproxy spool check
    assert_state /var/spool/acmeproxy/certs/proxy.example.org 750 acmeproxy acmeproxy
    acmeproxy cert remove proxy.example.org
}

# recorded SCRIPT-STEP...: what is asked of a systemd that runs, while this is done. Here none does.
recorded() {
    mkdir -p /run/systemd/system
    : >/asked
    printf '#!/bin/sh\necho "$*" >>/asked\n' >/usr/bin/deb-systemd-invoke
    "$@" >/dev/null
    rmdir /run/systemd/system
    cat /asked
}

stops_what_runs() {
    local unit upgrade='try-restart' remove='stop'
    for unit in /lib/systemd/system/acmeproxy*; do
        unit=${unit##*/}
        remove+=" $unit"
        case $unit in
        *.socket | *.timer | acmeproxy-renew.service) ;;
        *) upgrade+=" $unit" ;;
        esac
    done
    recorded dpkg --install "$newer"
    [[ "$(cat /asked)" == "$upgrade" ]]
    recorded dpkg --remove acmeproxy
    [[ "$(xargs -n 1 </asked | sort)" == "$(xargs -n 1 <<<"$remove" | sort)" ]]
    dpkg --install "$newer"
}

# Read as root, written as the owner of the spool.
root_moves_in() {
    local tree=/srv/lego-tree
    mkdir -p "$tree/certificates"
    chmod 700 "$tree"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj / \
        -addext 'subjectAltName=DNS:b.example.org' -keyout "$tree/certificates/b.example.org.key" \
        -out "$tree/certificates/b.example.org.crt"
    acmeproxy import lego "$tree" --ca letsencrypt
    assert_state /var/spool/acmeproxy/certs/b.example.org/gen/0001/privkey.pem 600 acmeproxy acmeproxy
    assert_state "$tree/certificates/b.example.org.key" 600 root root
    acmeproxy spool check
}

upgrades() {
    echo 'contact = root@example.org' >/etc/acmeproxy/acmeproxy.conf
    printf '#!/bin/sh\n' >/etc/acmeproxy/hooks/mine
    acmeproxy ca add lab https://ca.example/dir --later
    find /var/spool/acmeproxy /etc/acmeproxy -printf '%p %m %u %T@\n' | sort >/before
    dpkg --install "$newer"
    dpkg-query --show acmeproxy | grep "$(dpkg-deb --field "$newer" Version)"
    find /var/spool/acmeproxy /etc/acmeproxy -printf '%p %m %u %T@\n' | sort | diff /before -
    acmeproxy spool check
    starts_nothing
}

removes() {
    dpkg --remove acmeproxy
    [[ ! -e /usr/sbin/acmeproxy && ! -e /lib/systemd/system/acmeproxy.service ]]
    find /var/spool/acmeproxy /etc/acmeproxy -printf '%p %m %u %T@\n' | sort | diff /before -
    getent passwd acmeproxy
}

purges_but_keys() {
    dpkg --purge acmeproxy 2>/said
    cat /said
    grep 'acmeproxy: /var/spool/acmeproxy stays, since it holds private keys.' /said
    [[ -e /var/spool/acmeproxy/certs/a.example.org/cert.json ]]
    [[ -e /etc/acmeproxy/hooks/mine && ! -e /etc/acmeproxy/acmeproxy.conf && ! -e /run/acmeproxy ]]
    [[ -z "$(dpkg-query --show --showformat='${db:Status-Abbrev}' acmeproxy 2>/dev/null)" ]]
}

purges_all() {
    rm -r /var/spool/acmeproxy /etc/acmeproxy
    dpkg --install "$newer"
    acmeproxy spool init
    dpkg --purge acmeproxy
    [[ ! -e /var/spool/acmeproxy && ! -e /etc/acmeproxy && ! -e /run/acmeproxy ]]
    named_files | comm -13 /present - >/left
    [[ ! -s /left ]] || { cat /left && return 1; }
}

# --- the order of it ------------------------------------------------------------------------

# newer_package: the same package, as the next version has it.
newer_package() {
    local folder=$work/newer
    rm -rf "$folder"
    dpkg-deb --raw-extract "$(package)" "$folder"
    sed -i 's/^Version: .*/&+next1/' "$folder/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$folder" "$work/newer.deb" >/dev/null
}

install_tests=(
    "the package installs" installs
    "its users and folders are there, with their modes" has_users_and_folders
    "nothing is enabled or started by it" starts_nothing
    "an administrator can enable what runs for good" can_be_enabled
    "systemd finds nothing wrong with the units" has_sound_units
    "acmeproxy serve starts, answers a challenge and stops, with nothing configured" serves
    "the programs work with the rights that it gives" works
    "root moves in what only root can read" root_moves_in
    "an upgrade keeps spool and configuration" upgrades
    "an upgrade restarts the programs that run, and removing stops all units" stops_what_runs
    "removing keeps them, too" removes
    "purging takes the configuration and keeps private keys" purges_but_keys
    "purging takes a spool that holds nothing" purges_all
)

# In the namespace, the root folder being the copy.
inside() {
    local index
    package=$(package) newer=$work/newer.deb
    for ((index = 0; index < ${#install_tests[@]}; index += 2)); do
        verdict "${install_tests[index]}" "${install_tests[index + 1]}"
    done
}

# Makes the copy and enters it; only called in a mount namespace of its own.
enter() {
    local root=$work/root
    mount --make-rprivate /
    mkdir -p "$root"
    mount -t tmpfs -o size=1g tmpfs "$root"
    mkdir "$root"/{upper,work,merged}
    mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/merged"
    mount --rbind /dev "$root/merged/dev"
    mount -t proc proc "$root/merged/proc" # of this namespace: what runs elsewhere does not count
    mount -t tmpfs tmpfs "$root/merged/run"
    mkdir -p "$root/merged$work"
    mount --rbind "$work" "$root/merged$work"
    mount -t tmpfs tmpfs "$root/merged$work/root" # not the copy in the copy
    exec chroot "$root/merged" "$BASH" "$work/test-package.sh" "$source_tree" "$work" --inside "$count"
}

case ${3:-} in
--inside)
    count=$4
    [[ -d $work && ! -e /upper ]]
    inside
    [[ $failed == no ]]
    exit
    ;;
--enter)
    count=$4
    enter
    ;;
esac

verdict "dpkg-buildpackage builds the package" build_package
[[ $failed == no ]] || exit 1
verdict "lintian finds no error and no warning" has_no_errors
verdict "all parts are where Debian has them" holds_all_parts
verdict "the package has the version of the sources" has_the_version
number=$((${#install_tests[@]} / 2))
if ((EUID)); then
    for ((index = 0; index < number; ++index)); do
        echo "ok $((count + index + 1)) ${install_tests[2 * index]} # skip only root can install it"
    done
else
    newer_package
    unshare --mount --pid --fork -- "$BASH" "$work/test-package.sh" "$source_tree" "$work" --enter "$count" || failed=yes
fi
echo "1..$((count + number))"
[[ $failed == no ]]
