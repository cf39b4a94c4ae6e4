#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What contrib/install-packages.sh asks of apt-get, dpkg and sudo, and of whoever sits at the terminal.
# Those programs are stand-ins here: the script with another list of packages, and another place for
# policy-rc.d, is all that is real.
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own

setup_file() { bats_require_minimum_version 1.5.0; }

setup() {
    load common
    ((EUID)) || skip 'this is about users who need sudo'
    cd "$BATS_TEST_TMPDIR" || return 1
    policy=$PWD/policy-rc.d
    sed "s|^policy=.*|policy=$policy|" "$SERVICES_ROOT/contrib/install-packages.sh" >install-packages.sh
    chmod 755 install-packages.sh
    printf '%s\n' '# group, package' 'server lighttpd' 'server age' 'tools jq' >packages
    mkdir bin
    : >calls
    echo jq >installed
    export HERE=$PWD PATH=$PWD/bin:$PATH
    stand_in sudo <<'END'
echo "sudo $1" >>"$HERE/calls"
exec "$@"
END
    stand_in apt-cache <<<'echo "  Candidate: 1.0"'
    stand_in dpkg-query <<'END'
case $* in
*Status-Status*) grep -qx "${@: -1}" "$HERE/installed" && echo installed ;;
*Package*) cat "$HERE/installed" ;;
--listfiles*) echo "/lib/systemd/system/$2.service" ;;
esac
END
    stand_in systemctl <<<'echo "systemctl $*" >>"$HERE/calls"'
    stand_in apt-get <<'END'
answer=0
"$HERE/policy-rc.d" lighttpd start || answer=$?
echo "apt-get $*: policy-rc.d answers $answer" >>"$HERE/calls"
[[ ! -e $HERE/broken ]] || { echo 'E: Unable to fetch' >&2 && exit 100; }
for word; do
    case $word in -* | install | update) ;; *) echo "$word" >>"$HERE/installed" ;; esac
done
END
}

# stand_in NAME: a program from standard input.
stand_in() {
    { echo '#!/bin/bash' && cat; } >"bin/$1"
    chmod 755 "bin/$1"
}

calls() { grep "^${1:-}" calls || true; }

# at_terminal ANSWER: the script on a terminal, where this is typed; sets output and status.
at_terminal() {
    run script --quiet --return --command './install-packages.sh server tools' /dev/null <<<"$1"
}

@test "nothing is done where nothing is missing" {
    printf '%s\n' lighttpd age >>installed
    run ./install-packages.sh server tools
    assert_status 0
    assert_equal "$output" ''
    assert_equal "$(calls)" ''
}

@test "--list prints what is missing, and only that" {
    run ./install-packages.sh --list server tools
    assert_status 0
    assert_equal "$output" $'lighttpd\nage'
    assert_equal "$(calls)" ''
}

@test "what is missing is printed and installed, by sudo, and no daemon may start meanwhile" {
    run ./install-packages.sh --yes server tools
    assert_status 0
    assert_output '^Debian packages to install: lighttpd age$'
    assert_output '^installed: lighttpd age$'
    assert_equal "$(calls apt-get)" \
        'apt-get install --yes --quiet --no-install-recommends lighttpd age: policy-rc.d answers 101'
    [[ -n $(calls 'sudo env') ]]
    # Nor at the next boot; and nothing is left that would keep others from starting.
    assert_equal "$(calls systemctl)" 'systemctl --quiet disable lighttpd.service'
    assert_equal "$(ls policy-rc.d* 2>/dev/null)" ''
}

@test "without a terminal there is nobody to ask: it goes on" {
    run ./install-packages.sh server </dev/null
    assert_status 0
    assert_output '^Debian packages to install: lighttpd age$'
    [[ -n $(calls 'apt-get install') ]]
}

@test "on a terminal it asks, and takes no for an answer" {
    local answer
    for answer in n no N nonsense; do
        at_terminal "$answer"
        [[ $status != 0 ]]
        assert_output 'Debian packages to install: lighttpd age'
        assert_output 'Install them\? \[Y/n\]'
        assert_output 'nothing was installed'
        assert_equal "$(calls)" ''
    done
    at_terminal ''
    assert_status 0
    assert_output 'installed: lighttpd age'
    [[ -n $(calls 'apt-get install') ]]
}

@test "a failure of apt-get is shown, and the policy that was there comes back" {
    printf '#!/bin/sh\nexit 104\n' >"$policy"
    chmod 755 "$policy"
    touch broken
    run ./install-packages.sh --yes server
    assert_status 1
    assert_output '^E: Unable to fetch'
    assert_output '^install-packages.sh: apt-get could not install them \(all it said: '
    # Tried again with new lists, each time without a daemon that starts.
    assert_equal "$(calls apt-get | cut -d ' ' -f 2,3 | paste -sd ,)" 'install --yes,update --quiet:'
    assert_equal "$(calls apt-get | grep -vc 'answers 101$')" 0
    assert_equal "$(tail -n 1 "$policy")" 'exit 104'
    assert_equal "$(ls policy-rc.d*)" "${policy##*/}"
}

@test "what a killed run has left in the place of policy-rc.d is put right by the next" {
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ln -s /nonexistent "$policy.before-acmeproxy"
    run ./install-packages.sh --yes server
    assert_status 0
    assert_equal "$(ls policy-rc.d* 2>/dev/null)" ''
}

@test "without sudo it says what root has to type" {
    rm bin/sudo
    local path=$PWD/bin program
    for program in bash sed awk grep sort cat env; do
        ln -s "$(command -v "$program")" "bin/$program"
    done
    PATH=$path run ./install-packages.sh --yes server
    assert_status 1
    assert_output '^install-packages.sh: not root, and there is no sudo. As root: apt-get install lighttpd age$'
    assert_equal "$(calls)" ''
}

@test "a wrong word is told before anything is done" {
    run ./install-packages.sh --yes nosuch
    assert_status 1
    assert_output 'contrib/packages has no group nosuch'
    run ./install-packages.sh
    assert_status 1
    assert_output '^install-packages.sh: usage: '
    assert_equal "$(calls)" ''
}
