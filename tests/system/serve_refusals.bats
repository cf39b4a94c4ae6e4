#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# acmeproxy serve where it cannot begin: one clear message, exit status 2, and nothing started.

setup_file() { load serve && begin && start_dns && require_acmeproxy; }
setup() { load serve && fresh_refusal; }
teardown() {
    [[ ! -d ${SPOOL:-} ]] || chmod -R u+w "$SPOOL"
    end_serve_test
}
teardown_file() { load serve && end; }

fresh_refusal() {
    pebble_url() { echo https://localhost:9/dir; }
    fresh_serve
}

# refused REGEX [OPTION...]: with a message of one line, and a hint at most.
refused() {
    local expected=$1
    shift
    run timeout 20 "$ACMEPROXY" serve "$@" # one that begins all the same must not hold us up
    assert_status 2
    assert_output "$expected"
    local count
    count=$(grep -vc '^acmeproxy: made ' <<<"$output")
    ((count <= 2)) || fail "more than a message and a hint:" "$output"
}

@test "a missing web server" {
    refused '^acmeproxy: there is no web server /nowhere/lighttpd$' --lighttpd /nowhere/lighttpd
    assert_output 'install lighttpd with its module for OpenSSL'
    refused '^acmeproxy: there is no web server lighttpd-17$' --lighttpd lighttpd-17
    [[ ! -e $SPOOL ]]
}

@test "a taken port" {
    start_on_free_port taken taken_port "$(system_python)" -m http.server --bind 127.0.0.1 @PORT@
    local address
    address=127.0.0.1:$(recall taken_port)
    refused "^acmeproxy: --http-api-addr: listen on $address: Address already in use\$" \
        --http-api-addr "$address"
    assert_output 'another server has this port'
    refused "^acmeproxy: --https-addr: listen on $address: Address already in use\$" \
        --https-addr "$address"
    stop taken
    [[ ! -e $SPOOL ]]
}

@test "a port that takes rights" {
    ((EUID)) || skip 'root may listen anywhere'
    (($(cat /proc/sys/net/ipv4/ip_unprivileged_port_start) > 1)) || skip 'every user may'
    refused '^acmeproxy: --https-addr: listen on 127.0.0.1:1: Permission denied$' \
        --https-addr 127.0.0.1:1
    assert_output 'CAP_NET_BIND_SERVICE'
}

@test "bad options" {
    refused '^acmeproxy: --https-addr: "443" is not \[HOST\]:PORT' --https-addr 443
    refused '^acmeproxy: --http-api-addr: "70000" is no port' --http-api-addr :70000
    refused '^acmeproxy: --server-name: ' --server-name 'not a name'
    refused '^acmeproxy: --server-name: "\*\.example\.test" is no name of a host$' \
        --server-name '*.example.test'
    refused '^acmeproxy: --log-format: "xml" is none of text, json$' --log-format xml
    refused '^acmeproxy: unknown option --colour' --colour
    refused '^acmeproxy: "serve" has no use for "now"$' now
    refused '^acmeproxy: --renew-interval: ' --renew-interval soon
    refused '^acmeproxy: --run-dir: "run" is not a path from the root' --run-dir run
}

@test "a spool that cannot be written" {
    ((EUID)) || skip 'root may write everywhere'
    mkdir -m 555 "$BATS_TEST_TMPDIR/locked"
    refused "^acmeproxy: make the spool $BATS_TEST_TMPDIR/locked/spool: .*Permission denied\$" \
        --spool "$BATS_TEST_TMPDIR/locked/spool"
    assert_output 'with --spool'
}

@test "a complete spool that cannot be written" {
    ((EUID)) || skip 'root may write everywhere'
    acmeproxy cert add --later proxy.example.test
    chmod -R a-w "$SPOOL"
    refused "^acmeproxy: write to $SPOOL/[a-z]+: Permission denied\$"
    assert_output 'acmeproxy spool check --repair'
    assert_output 'with --spool'
    refute_output 'serving on'
    run acmeproxy spool check --repair
    chmod u-w "$SPOOL/nonces" # one folder that only a program needs
    refused "^acmeproxy: write to $SPOOL/nonces: Permission denied\$"
    chmod -R u+w "$SPOOL"
}

@test "what every pass would fail of" {
    refused '^acmeproxy: --ca: CA name "Bad Name": must be ' --ca 'Bad Name'
    [[ ! -e $SPOOL ]]
    unset ACMEPROXY_ACME_DIRECTORY_URL
    refused '^acmeproxy: there is no CA named "nowhere"$' --ca nowhere
    assert_output 'acmeproxy ca add nowhere URL'
    refused '^acmeproxy: open trusted certificates /nonexistent: No such file' \
        --ca-certificates /nonexistent
    assert_output '--ca-certificates'
    refused '^acmeproxy: hook "nohook": stat .*/nohook: No such file' \
        --certificate-obtained-hook nohook
    assert_output 'with --certificate-obtained-hook'
    assert_equal "$(ls "$SPOOL/certs")" '' 'what was added before the refusal'
}

@test "a run folder that cannot be written, and one that is too deep for sockets" {
    ((EUID)) || skip 'root may write everywhere'
    mkdir -m 555 "$BATS_TEST_TMPDIR/locked"
    refused "^acmeproxy: make the folder $BATS_TEST_TMPDIR/locked/run: Permission denied\$" \
        --run-dir "$BATS_TEST_TMPDIR/locked/run"
    local deep
    deep=$RUN/$(printf 'x%.0s' {1..100})
    refused 'a socket.s name has at most 107 bytes' --run-dir "$deep"
}

@test "a missing program" {
    mkdir "$BATS_TEST_TMPDIR/programs"
    refused "^acmeproxy: find the program $BATS_TEST_TMPDIR/programs/challenge.fcgi: No such file" \
        --programs-dir "$BATS_TEST_TMPDIR/programs"
}

@test "a second serve with the same run folder" {
    start_serve
    local port other
    port=$(pick_port)
    other=$(pick_port)
    refused "^acmeproxy: use the run folder $RUN/serve: another \"acmeproxy serve\" has it\$" \
        --http-api-addr "127.0.0.1:$port" --https-addr "127.0.0.1:$other"
    [[ -n $(children lighttpd) ]]
    https --head /auth/new-nonce >/dev/null
}

@test "a web server that does not start is told with its own words" {
    cat >"$BATS_TEST_TMPDIR/lighttpd" <<'EOT'
#!/bin/sh
echo 'dlopen() failed for: mod_openssl.so' >&2
exit 255
EOT
    chmod +x "$BATS_TEST_TMPDIR/lighttpd"
    run "$ACMEPROXY" serve --lighttpd "$BATS_TEST_TMPDIR/lighttpd"
    assert_status 1
    assert_output '^lighttpd: dlopen\(\) failed for: mod_openssl\.so$'
    assert_output '^acmeproxy: lighttpd did not start: exit status 255'
    assert_equal "$(find "$RUN" -mindepth 2)" ''
}

@test "the name of a host that no CA can know stays self-signed, and a line says what to set" {
    unset ACMEPROXY_SERVER_NAME
    [[ $(hostname) != *.* ]] || skip 'this host has a name with a dot'
    start_serve
    shown 'no certificate is asked for, .*set --server-name'
    assert_equal "$(ls "$SPOOL/certs")" ''
}

@test "help explains each option with variable and default, in 80 columns" {
    run "$ACMEPROXY" help serve
    assert_status 0
    local option
    for option in server-name http-api-addr https-addr run-dir programs-dir lighttpd log-format \
        renew-interval base-url spool ca contact key-type certificate-obtained-hook; do
        assert_output "^  --$option"
        option=${option^^}
        assert_output "\\[ACMEPROXY_${option//-/_}[];]"
    done
    assert_output 'ACMEPROXY_HTTPS_ADDR; default: :https\]'
    assert_output 'ACMEPROXY_HTTP_API_ADDR; default: :http\]'
    # A folder that was chosen at ./configure may be of any length.
    assert_equal "$(awk 'length > 80' <<<"$output" | grep -v '/acmeproxy')" '' 'what is too long'
}
