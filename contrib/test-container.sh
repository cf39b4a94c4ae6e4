#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test-container.sh SOURCE: builds contrib/container/Containerfile of the source tree SOURCE by podman,
# not optimized, and runs "acmeproxy serve" in what came out. Prints TAP. Skipped where there is no
# podman, or the image of Debian that it begins with cannot be had.
#
# Isolation by chroot and the host's network: so it works in a container, too.
set -euo pipefail

source_tree=$(cd "$1" && pwd)
image=localhost/acmeproxy-test
base=docker.io/library/debian:12
work=$(mktemp -d)
log=$work/log
names=('the image of the container builds' 'serve runs in the container, answers and stops')

# No image stays, and no layer of one.
clean_up() {
    rm -rf "$work"
    ! command -v podman >/dev/null || podman rmi --force "$image-checked" "$image" >/dev/null 2>&1 || true
}
trap clean_up EXIT

skip_all() {
    printf 'ok %d %s # skip '"$1"'\n' 1 "${names[0]}" 2 "${names[1]}"
    echo 1..2
    exit 0
}

build() { # build NAME FILE ARGUMENT...
    local name=$1 file=$2
    shift 2
    podman build --quiet --layers=false --isolation chroot --network host --tag "$name" --file "$file" "$@"
}

# free_port: one that nothing listens on.
free_port() {
    local port
    while port=$((20000 + RANDOM)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# In the image: serve begins, answers the challenge that lies in the spool, and ends when told to. The
# CA cannot be reached, which serve must outlive.
check_serve() {
    cat >"$work/Containerfile" <<END
FROM $image
ENV PORT=$(free_port) ACMEPROXY_HTTPS_ADDR=127.0.0.1:$(free_port)
ENV ACMEPROXY_ACME_DIRECTORY_URL=https://127.0.0.1:9/dir ACMEPROXY_SERVER_NAME=a.example.org
COPY check /check
RUN bash -eux /check
END
    cat >"$work/check" <<'END'
acmeproxy serve --http-api-addr "127.0.0.1:$PORT" &
for ((i = 0; i < 100; ++i)); do
    ! (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || break
    sleep 0.1
done
[[ $(stat -c %U /proc/$!) == acmeproxy ]]
printf abc.def >/var/spool/acmeproxy/challenges/abc
exec 3<>"/dev/tcp/127.0.0.1/$PORT"
printf 'GET /.well-known/acme-challenge/abc HTTP/1.0\r\n\r\n' >&3
grep abc.def <&3
rm /var/spool/acmeproxy/challenges/abc
kill $!
wait $!
acmeproxy spool check
END
    build "$image-checked" "$work/Containerfile" "$work"
}

verdict() { # verdict NUMBER COMMAND
    if "$2" >"$log" 2>&1 </dev/null; then
        echo "ok $1 ${names[$1 - 1]}"
    else
        echo "not ok $1 ${names[$1 - 1]}"
        tail -n 40 "$log" | sed 's/^/# /'
        return 1
    fi
}

command -v podman >/dev/null || skip_all 'there is no podman'
podman image exists "$base" || podman pull --quiet "$base" >/dev/null 2>&1 ||
    skip_all 'the image of Debian cannot be had'
build_image() {
    build "$image" "$source_tree/contrib/container/Containerfile" \
        --build-arg "OPTIONS=nocheck noautodbgsym noopt parallel=${JOBS:-2}" "$source_tree"
}
verdict 1 build_image
verdict 2 check_serve
echo 1..2
