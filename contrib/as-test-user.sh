#!/bin/bash
# SPDX-License-Identifier: MIT
#
# as-test-user.sh COMMAND [ARGUMENT...]: runs COMMAND as the unprivileged user of the tests, so
#     that owners and modes mean something. Started by another user than root, it just runs it.
# as-test-user.sh --name:   prints the name of that user, after making it when it is missing
# as-test-user.sh --remove: removes that user and its group
#
# The user (acmeproxy-test, or $TEST_USER) is a system user without a home and without a shell.
# COMMAND keeps the environment, except for what belongs to root (home, search path, temporary
# folder that only root can write), and gets no group but its own.
set -euo pipefail

user=${TEST_USER:-acmeproxy-test}

fail() {
    echo "as-test-user.sh: $*" >&2
    exit 1
}

make_user() {
    ! getent passwd "$user" >/dev/null || return 0
    # Several may try at once, and one of them wins.
    /usr/sbin/useradd --system --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin --comment 'tests of acmeproxy' "$user" 2>/dev/null ||
        getent passwd "$user" >/dev/null || fail "cannot make the user $user"
}

case ${1:-} in
'') fail 'usage: as-test-user.sh COMMAND [ARGUMENT...] | --name | --remove' ;;
--name)
    if ((EUID)); then
        id -un
    else
        make_user && echo "$user"
    fi
    exit
    ;;
--remove)
    ((EUID == 0)) || fail 'only root can remove a user'
    ! getent passwd "$user" >/dev/null || /usr/sbin/userdel "$user"
    exit
    ;;
esac

((EUID == 0)) || exec "$@"
make_user
unset MAIL XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME
unset SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND BASH_ENV ENV
export HOME=/nonexistent USER=$user LOGNAME=$user SHELL=/bin/sh
export PATH=${TEST_PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
run=(setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups --no-new-privs)
"${run[@]}" test -w "${TMPDIR:-/tmp}" || unset TMPDIR
"${run[@]}" test -x . || cd /
exec "${run[@]}" -- "$@"
