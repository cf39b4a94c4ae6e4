#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The systemd units: systemd finds nothing wrong with any of them, they give little away, and each
# socket has its service. They are looked at side by side, since they name each other.

setup_file() {
    load common
    require_acmeproxy
    command -v systemd-analyze >/dev/null || skip 'systemd-analyze is not installed'
    local file
    mkdir "$BATS_FILE_TMPDIR/units"
    for file in "$SERVICES_ROOT"/contrib/systemd/*.{service,socket,timer}; do
        sed -e "s|^ExecStart=/usr/sbin/acmeproxy |ExecStart=$ACMEPROXY |" \
            -e "s|^ExecStart=/usr/libexec/acmeproxy/|ExecStart=$TEST_LIBEXEC/|" \
            "$file" >"$BATS_FILE_TMPDIR/units/${file##*/}"
    done
}

teardown() { end; }

setup() {
    load common
    cd "$BATS_FILE_TMPDIR/units" || return 1
}

# It prints most complaints and still ends with 0.
@test "systemd finds nothing wrong with any unit" {
    local unit
    for unit in *; do
        run systemd-analyze verify --man=no "./$unit"
        assert_status 0
        assert_equal "$output" '' "what is said of $unit"
    done
}

# Hooks of the renewer may have to do what only root can. The limits are what systemd finds: whoever takes
# something away has to say so here.
@test "every service gives little away" {
    local unit limit
    for unit in *.service; do
        case $unit in
        acmeproxy.service) limit=18 ;;
        acmeproxy-renew.service) limit=38 ;;
        acmeproxy-gateway.service) limit=15 ;; # it talks to the Internet
        *) limit=5 ;;
        esac
        run systemd-analyze security --offline=yes --threshold="$limit" "./$unit"
        assert_status 0
    done
}

# every_unit_says LINE UNIT...: each of them, with these words.
every_unit_says() {
    local without
    without=$(grep -LxF -e "$1" "${@:2}" || true)
    assert_equal "$without" '' "the units without $1"
}

# One of them more or less is not much in systemd's sum.
@test "what reads requests can write to the spool at most, and get no right" {
    local line
    for line in NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes \
        RestrictSUIDSGID=yes RestrictNamespaces=yes SystemCallFilter=@system-service; do
        every_unit_says "$line" acmeproxy-{agent,auth,challenge,gateway}.service acmeproxy.service
    done
    for line in CapabilityBoundingSet= AmbientCapabilities= MemoryDenyWriteExecute=yes; do
        every_unit_says "$line" acmeproxy-{agent,auth,challenge,gateway}.service
    done
    for line in PrivateNetwork=yes RestrictAddressFamilies=AF_UNIX; do
        every_unit_says "$line" acmeproxy-{agent,auth,challenge}.service
    done
    assert_equal "$(grep -h '^ReadWritePaths=' acmeproxy.service acmeproxy-{auth,gateway}.service | sort -u)" \
        ReadWritePaths=/var/spool/acmeproxy 'what these may write'
    assert_equal "$(grep -h '^ReadWritePaths=' acmeproxy-agent.service)" \
        'ReadWritePaths=/var/spool/acmeproxy/requests /var/spool/acmeproxy/nonces' 'what agent.fcgi may write'
    run grep -h '^ReadWritePaths=' acmeproxy-challenge.service
    assert_equal "$output" '' 'what challenge.fcgi may write'
}

@test "no program may connect to the sockets of the others" {
    every_unit_says SocketGroup=acmeproxy-challenge ./*.socket
    run grep -rE '^(Supplementary)?Groups?=.*acmeproxy-challenge' .
    assert_equal "$output" '' 'the programs that are in it'
    # Nor by anything else: root's sockets, which others cannot open.
    every_unit_says SocketMode=0660 ./*.socket
    every_unit_says SocketUser=root ./*.socket
}

@test "hooks get the usual umask" {
    every_unit_says UMask=0022 acmeproxy.service acmeproxy-renew.service
}

@test "each program that is installed has a socket, which starts it" {
    local program name
    for program in "$TEST_LIBEXEC"/*.fcgi; do
        name=acmeproxy-$(basename "$program" .fcgi)
        grep -qx "ExecStart=$program" "$name.service"
        grep -qx "Requires=$name.socket" "$name.service"
        grep -qE '^ListenStream=/run/' "$name.socket"
    done
}

# answer_of PROGRAM SOCKET METHOD PATH: of the program behind the socket, as over TLS.
answer_of() {
    env HTTPS=on REQUEST_METHOD="$3" REQUEST_URI="$4" SCRIPT_NAME="/$1" PATH_INFO="${4#"/$1"}" \
        cgi-fcgi -bind -connect "$2" | tr -d '\r'
}

# The programs are given nothing but what their units give them, the paths of this test, and a CA that
# is not there (deploy.bats has one).
@test "each program answers on the socket that systemd has made for it, and starts only then" {
    command -v systemd-socket-activate >/dev/null || skip 'systemd-socket-activate is not installed'
    command -v cgi-fcgi >/dev/null || skip 'cgi-fcgi is not installed'
    local name path wanted method socket variables program
    export ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/spool
    acmeproxy spool init >/dev/null
    printf 'token.thumbprint' >"$ACMEPROXY_SPOOL/challenges/token"
    while read -r name method path wanted; do
        socket=$BATS_TEST_TMPDIR/$name.sock
        mapfile -t variables < <(sed -n "s|^Environment=||p" "acmeproxy-$name.service" |
            sed "s|/var/spool/acmeproxy|$ACMEPROXY_SPOOL|")
        program=$(sed -n 's/^ExecStart=//p' "acmeproxy-$name.service")
        # It reads from no terminal and no socket: all that it has is descriptor 3 and LISTEN_FDS.
        spawn "$name" env -i PATH="$PATH" systemd-socket-activate --listen="$socket" \
            --setenv="ACMEPROXY_SPOOL=$ACMEPROXY_SPOOL" --setenv=ACMEPROXY_BASE_URL=https://proxy.example.test \
            --setenv=ACMEPROXY_CONFIG=/dev/null --setenv=ACMEPROXY_ACME_DIRECTORY_URL=https://127.0.0.1:1/ \
            "${variables[@]/#/--setenv=}" "$program"
        wait_until 10 test -S "$socket"
        assert_equal "$(tr '\0' ' ' <"/proc/$(pid_of "$name")/cmdline" | cut -d ' ' -f 1)" systemd-socket-activate
        for _ in first second; do
            run answer_of "$name" "$socket" "$method" "$path"
            assert_status 0
            assert_output "$wanted"
        done
        assert_equal "$(tr '\0' ' ' <"/proc/$(pid_of "$name")/cmdline")" "$program " 'what runs'
        kill -s TERM "$(pid_of "$name")"
        wait_until 10 not_running "$name"
        [[ -S $socket ]] || fail "$name has removed systemd's socket"
    done <<END
challenge GET /.well-known/acme-challenge/token ^token\.thumbprint$
auth HEAD /auth/new-nonce ^Replay-Nonce: .
gateway GET /gateway/directory the CA cannot be reached
agent GET /agent/directory "newAccount":"https://proxy.example.test/
END
    assert_equal "$(find "$TEST_LIBEXEC" -name '*.fcgi' | wc -l)" 4 'the number of programs'
}

# Only root may give files to somebody: what another user can see are the names and the modes.
@test "systemd makes the users and the folders" {
    local root=$BATS_TEST_TMPDIR/root conf=$SERVICES_ROOT/contrib/systemd/acmeproxy
    mkdir -p "$root/etc"
    systemd-sysusers --root="$root" "$conf.sysusers.conf"
    assert_equal "$(cut -d: -f1,6,7 "$root/etc/passwd" | paste -sd ' ')" \
        'acmeproxy:/var/spool/acmeproxy:/usr/sbin/nologin acmeproxy-agent:/:/usr/sbin/nologin'
    grep -q '^acmeproxy-challenge:' "$root/etc/group"
    systemd-tmpfiles --create --root="$root" "$conf.tmpfiles.conf" || ((EUID))
    assert_mode "$root/var/spool/acmeproxy" 751
    assert_mode "$root/var/spool/acmeproxy/challenges" 755
    assert_mode "$root/etc/acmeproxy/hooks" 755
    assert_mode "$root/run/acmeproxy" 755
}
