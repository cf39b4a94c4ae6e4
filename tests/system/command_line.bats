#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The command line: settings and where they come from, usage errors, help, the CAs. What needs no CA
# is tried without one.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; bats and renewer.bash set names

load renewer_file

setup_file() {
    begin
    require_acmeproxy
    start_hostile_ca
}

setup() {
    fresh
    conf=$ACMEPROXY_CONFIG
}

verbs=('cert add' 'cert list' 'cert show' 'cert set' 'cert remove' 'cert revoke' renew deploy status
    'ca add' 'ca list' 'ca show' 'ca remove' 'account show' 'account thumbprint' 'account update' 'account rollover'
    'account deactivate' 'spool init' 'spool check' keygen seal open help version)

@test "every verb has help with an example, by help and by --help" {
    local verb by_help
    for verb in "${verbs[@]}"; do
        # shellcheck disable=SC2086 # words
        run acmeproxy help $verb
        assert_status 0
        assert_output "acmeproxy $verb"
        by_help=$output
        # shellcheck disable=SC2086
        run acmeproxy $verb --help
        assert_status 0
        assert_equal "$output" "$by_help" "acmeproxy $verb --help"
        [[ $verb == @(help|version) ]] || assert_output '[Ee]xample'
        ((${#output} > 100))
    done
    run acmeproxy help
    for verb in "${verbs[@]}"; do
        assert_output "$verb"
    done
    run acmeproxy --help
    assert_status 0
}

@test "version is one line" {
    run acmeproxy version
    assert_status 0
    [[ $output =~ ^acmeproxy\ [0-9]+\.[0-9]+ && ${#lines[@]} == 1 ]]
    run acmeproxy --version
    assert_status 0
}

@test "without libcurl what asks nobody works, and what asks a CA says what is missing" {
    mkdir "$BATS_TEST_TMPDIR/lib"
    : >"$BATS_TEST_TMPDIR/lib/libcurl.so.4"
    export LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/lib
    run acmeproxy status
    assert_status 0
    run acmeproxy keygen
    assert_status 0
    run acmeproxy cert add a.example.test
    assert_status 1
    assert_output '^acmeproxy: .*load libcurl, without which there is no HTTPS: .*libcurl.so.4.*; install it'
}

# usage_error REGEX WORD...
usage_error() {
    local regex=$1
    shift
    run --separate-stderr acmeproxy "$@"
    assert_status 2
    assert_equal "$output" '' 'standard output'
    output=$stderr
    assert_output "$regex"
    ! grep -qv '^acmeproxy: ' <<<"$output"
}

@test "usage errors exit 2, say what is wrong, and touch nothing" {
    rm -rf "$SPOOL"
    usage_error . # no verb
    usage_error 'renw' renw
    usage_error 'did you mean.*renew' renw
    usage_error 'cert' cert
    usage_error 'cert frob' cert frob
    usage_error '"cert add" needs NAME' cert add
    usage_error 'no-such-option' renew --no-such-option
    usage_error 'workers.*"many" is not a number' renew --workers many
    usage_error '65 is not between 1 and 64' renew --workers 65
    usage_error 'workers' renew --workers
    usage_error 'order-timeout.*is not a duration' renew --order-timeout soon
    usage_error 'key-type.*is none of ec256' cert add a.test --key-type dsa
    usage_error 'only https is allowed' ca add lab http://ca.example/dir
    usage_error . ca add lab
    usage_error . cert show
    usage_error . cert show a b
    usage_error . status --force
    usage_error . spool init extra
    usage_error 'log-level' status --log-level loud
    usage_error 'no mail address|not a mail address' cert add a.test --contact nobody
    [[ ! -e $SPOOL ]]
}

# workers: which of the sources counts, seen by what `cert add` would refuse.
@test "a flag wins over the environment, the environment over the file, the file over the default" {
    key() { # WORD...: the key type that a lineage is made with
        "$ACMEPROXY" cert remove a.test >/dev/null 2>&1 || true
        "$ACMEPROXY" cert add --later a.test "$@" >/dev/null || return 1
        "$ACMEPROXY" cert list --json | jq -r '.[0].key_type'
    }
    assert_equal "$(key)" ec256 'the default'
    echo 'key-type = ec384' >"$conf"
    assert_equal "$(key)" ec384 'of the file'
    export ACMEPROXY_KEY_TYPE=rsa2048
    assert_equal "$(key)" rsa2048 'of the environment'
    assert_equal "$(key --key-type rsa3072)" rsa3072 'of the flag'
    assert_equal "$(key --key-type=rsa4096)" rsa4096 'of the flag'
    unset ACMEPROXY_KEY_TYPE
    cp "$conf" "$BATS_TEST_TMPDIR/other.conf"
    echo 'key-type = rsa2048' >"$BATS_TEST_TMPDIR/other.conf"
    assert_equal "$(key --config "$BATS_TEST_TMPDIR/other.conf")" rsa2048 'of another file'
}

@test "a switch can be turned off against the file and the environment" {
    reuse() {
        "$ACMEPROXY" cert remove a.test >/dev/null 2>&1 || true
        "$ACMEPROXY" cert add --later a.test "$@" >/dev/null || return 1
        "$ACMEPROXY" cert list --json | jq -r '.[0].reuse_key'
    }
    assert_equal "$(reuse)" false
    echo 'reuse-key = yes' >"$conf"
    assert_equal "$(reuse)" true 'of the file'
    assert_equal "$(reuse --no-reuse-key)" false 'of the flag'
    ACMEPROXY_REUSE_KEY=no
    export ACMEPROXY_REUSE_KEY
    assert_equal "$(reuse)" false 'of the environment'
    assert_equal "$(reuse --reuse-key)" true 'of the flag'
}

@test "the spool is found by flag, environment and file" {
    acmeproxy spool init
    unset ACMEPROXY_SPOOL
    echo "spool = $BATS_TEST_TMPDIR/by-file" >"$conf"
    acmeproxy cert add --later a.test
    [[ -d $BATS_TEST_TMPDIR/by-file/certs/a.test ]]
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/by-env acmeproxy cert add --later a.test
    [[ -d $BATS_TEST_TMPDIR/by-env/certs/a.test ]]
    ACMEPROXY_SPOOL=$BATS_TEST_TMPDIR/by-env acmeproxy --spool "$BATS_TEST_TMPDIR/by-flag" \
        cert add --later a.test
    [[ -d $BATS_TEST_TMPDIR/by-flag/certs/a.test ]]
    cd "$BATS_TEST_TMPDIR"
    acmeproxy --spool relative spool init
    [[ -d $BATS_TEST_TMPDIR/relative/challenges ]]
}

@test "an unknown key or a bad value in the file is an error with file and line" {
    printf '# a comment\n\nkey-typ = ec256\n' >"$conf"
    usage_error "^acmeproxy: $conf:3: unknown key \"key-typ\".*did you mean.*key-type" status
    printf 'workers = many\n' >"$conf"
    usage_error "^acmeproxy: $conf:1: workers: \"many\" is not a number" status
    printf 'workers = 3\nworkers = 4\n' >"$conf"
    usage_error "$conf:2: workers is set twice" status
    printf 'force = yes\n' >"$conf"
    usage_error "$conf:1: unknown key" status
    printf 'nonsense\n' >"$conf"
    usage_error "$conf:1: " status
    ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/missing usage_error 'missing: there is no such file' status
    printf 'workers = 3\ncontact = a@b.test\ncontact = c@d.test\n' >"$conf"
    acmeproxy spool init
    run acmeproxy status
    assert_status 0
}

@test "a bad value in the environment is an error, an unknown variable a warning" {
    acmeproxy spool init
    ACMEPROXY_WORKERS=many usage_error 'ACMEPROXY_WORKERS: "many" is not a number' status
    ACMEPROXY_WORKRES=3 run acmeproxy status
    assert_status 0
    assert_output 'the variable ACMEPROXY_WORKRES is no setting.*ACMEPROXY_WORKERS'
    ACMEPROXY_CERT_NAME=x run acmeproxy status
    refute_output ACMEPROXY_CERT_NAME
}

@test "CAs are added, listed, shown and removed" {
    local url
    url=$(hostile_url honest)
    export ACMEPROXY_CA_CERTIFICATES
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    run acmeproxy ca add lab "$url" --ca-certificates "$(tls_ca)" --contact me@example.test
    assert_status 0
    assert_output "^you agree to the terms of service at https://localhost:.*/honest/terms by using this CA"
    assert_output "^added the CA lab \($url\)"
    run acmeproxy ca add lab "$url"
    assert_status 1
    assert_output 'change it: --replace'
    acmeproxy ca add lab "$url" --ca-certificates "$(tls_ca)" --replace
    run acmeproxy ca list
    assert_output '^lab +added +https://localhost'
    assert_output '^letsencrypt +yes +built in +https://acme-v02.api.letsencrypt.org/directory'
    assert_output '^letsencrypt-staging +built in +https://acme-staging-v02.api.letsencrypt.org/directory'
    run acmeproxy ca list --json
    assert_equal "$(jq -r '[.[].name] | join(" ")' <<<"$output")" 'lab letsencrypt letsencrypt-staging'
    unset ACMEPROXY_CA_CERTIFICATES
    run acmeproxy cert add a.test --ca lab
    assert_status 0
    run acmeproxy ca remove lab
    assert_status 1
    assert_output 'lineages use it: a.test'
    acmeproxy cert remove a.test
    run acmeproxy ca remove lab
    assert_status 1
    assert_output 'account key would be lost'
    run acmeproxy ca remove lab --force
    assert_status 0
    run acmeproxy ca show lab
    assert_status 1
    run acmeproxy ca remove letsencrypt
    assert_status 1
    run acmeproxy ca add lab https://user:hunter2@localhost/dir --later
    assert_status 2
    assert_output 'user name or password in it'
    refute_output hunter2
    run acmeproxy ca add lab https:// --later
    assert_status 2
    assert_output '"https://" cannot be used: no host'
    run acmeproxy cert add b.test --ca nowhere
    assert_status 1
    assert_output 'there is no CA named "nowhere" \(add it: acmeproxy ca add nowhere URL\)'
    usage_error 'CA name "Bad Name": must be' ca add 'Bad Name' "$url"
    usage_error 'CA name "LAB": must be' ca show LAB
    usage_error 'CA name "LAB": must be' ca remove LAB
    usage_error '--ca: CA name "Bad Name": must be' cert add b.test --ca 'Bad Name'
    usage_error '--ca: CA name "Bad Name": must be' client add web9 --ca 'lab,Bad Name'
    echo 'ca = Bad Name' >"$BATS_TEST_TMPDIR/bad.conf"
    usage_error 'bad.conf:1: ca: CA name "Bad Name": must be' --config "$BATS_TEST_TMPDIR/bad.conf" status
}

@test "a CA is not removed while lineages follow it as the default one" {
    acmeproxy ca add lab "$(hostile_url honest)" --later
    echo 'ca = lab' >>"$ACMEPROXY_CONFIG"
    unset ACMEPROXY_ACME_DIRECTORY_URL
    acmeproxy cert add --later a.test
    run acmeproxy ca remove lab
    assert_status 1
    assert_output 'remove the CA lab: lineages use it: a.test \(first: .* or another CA as the setting ca\)'
    : >"$ACMEPROXY_CONFIG"
    run acmeproxy ca remove lab
    assert_status 0
}

@test "a CA is not removed while a client has an account of its own there" {
    acmeproxy ca add lab "$(hostile_url honest)" --ca-certificates "$(tls_ca)" --later
    acmeproxy client add web1 a.test --ca lab --own-account
    ACMEPROXY_CA=lab acmeproxy renew
    run acmeproxy ca remove lab
    assert_status 1
    assert_output 'account key would be lost'
    [[ -e $SPOOL/cas/lab/accounts/web1/key.pem ]]
}

@test "a name that no lineage may have is a usage error" {
    local long
    long=$(printf 'a%.0s' {1..60})
    usage_error 'choose one with --name' cert add --later "$long.$long.$long.$long.test"
    usage_error '--name: "cl@x.test" is what a client.s lineage is called' \
        cert add --later x.test --name cl@x.test
    usage_error 'client id "Web": must be' cert add --later x.test --client Web
    usage_error 'client id "Web": must be' client add Web
    assert_equal "$(ls "$SPOOL/certs" 2>/dev/null)" ''
}

@test "wildcards are warned of where nothing is asked yet" {
    run acmeproxy cert add --later '*.x.test'
    assert_status 0
    assert_output '\*\.x\.test is a wildcard: .*dns-01'
    acmeproxy cert add --later a.test
    run acmeproxy cert set a.test --add-name '*.a.test'
    assert_status 0
    assert_output '\*\.a\.test is a wildcard'
    run acmeproxy cert set a.test --add-name b.test # known already
    assert_status 0
    refute_output 'wildcard'
}

@test "a spool of another user names who may use it" {
    ((EUID)) || skip 'root may do everything'
    local verb
    export ACMEPROXY_SPOOL=/root
    [[ $(stat --format=%U:%a /root) == root:700 ]] || skip '/root is open'
    for verb in status renew 'spool check' 'spool init' 'cert add --later a.test'; do
        # shellcheck disable=SC2086 # two words
        run acmeproxy $verb
        assert_status 1
        assert_output 'open the spool /root: Permission denied \(it belongs to root: run this as root\)'
    done
}

@test "messages name a file once" {
    run acmeproxy cert add --csr /dev/null
    assert_status 1
    assert_equal "$output" 'acmeproxy: read /dev/null: not a regular file'
    run acmeproxy cert add --csr /tmp
    assert_status 1
    assert_equal "$output" 'acmeproxy: read /tmp: not a regular file'
    run acmeproxy cert add --csr /nothing.pem
    assert_status 1
    assert_equal "$output" 'acmeproxy: read /nothing.pem: No such file or directory'
}

@test "spool check speaks of repairs only where there are some" {
    acmeproxy spool init
    echo x >"$SPOOL/x.txt"
    run acmeproxy spool check
    assert_status 1
    assert_output 'x.txt: does not belong in a spool'
    refute_output 'can be repaired'
    chmod 700 "$SPOOL/certs"
    run acmeproxy spool check
    assert_status 1
    assert_output '2 things are not as .* \(1 can be repaired: acmeproxy spool check --repair\)'
}

@test "a CA whose directory cannot be fetched is not added, unless --later" {
    run acmeproxy ca add lab https://localhost:1/dir
    assert_status 1
    assert_output 'add the CA lab \(to add it without asking it: --later\)'
    run acmeproxy ca show lab
    assert_status 1
    run acmeproxy ca add lab https://localhost:1/dir --later
    assert_status 0
}

@test "LEGO_CA_CERTIFICATES is honoured, several files are separated by colons" {
    export ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url honest)
    run acmeproxy cert add a.test
    assert_status 1
    cp "$(tls_ca)" "$BATS_TEST_TMPDIR/root.pem"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other \
        -keyout "$BATS_TEST_TMPDIR/k" -out "$BATS_TEST_TMPDIR/other.pem" 2>/dev/null
    LEGO_CA_CERTIFICATES=$BATS_TEST_TMPDIR/other.pem:$BATS_TEST_TMPDIR/root.pem \
        run acmeproxy renew a.test
    assert_status 0
}

@test "the proxy comes from the lower-case environment, and never from a CGI request" {
    export ACMEPROXY_CA_CERTIFICATES ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url honest)
    acmeproxy cert add --later a.test
    https_proxy=http://127.0.0.1:1 run acmeproxy renew
    assert_status 1
    assert_output '127.0.0.1.*port 1|[Pp]roxy|127.0.0.1:1'
    HTTPS_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 run acmeproxy renew a.test
    assert_status 0
    https_proxy=http://127.0.0.1:1 no_proxy=localhost run acmeproxy renew --force a.test
    assert_status 0
    https_proxy=http://127.0.0.1:1 REQUEST_METHOD=GET run acmeproxy renew --force a.test
    assert_status 0
    run acmeproxy renew --force a.test --proxy http://127.0.0.1:1
    assert_status 1
}

@test "--log-level and --syslog choose what is told where" {
    export ACMEPROXY_CA_CERTIFICATES ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url honest)
    acmeproxy cert add --later a.test
    run acmeproxy renew --log-level error
    assert_status 0
    assert_equal "$output" ''
    run acmeproxy renew --force --log-level debug
    assert_status 0
    ((${#lines[@]} > 3))
    run acmeproxy renew --force --syslog
    assert_status 0
    assert_equal "$output" ''
}

# with_dev_log FOLDER COMMAND...: as this user, where /dev is a folder with little but "log" in it.
with_dev_log() {
    # shellcheck disable=SC2016 # for the shell within
    unshare --map-root-user --mount sh -c 'cd "$1" || exit
        for name in null urandom random; do
            touch "$name" && mount --bind "/dev/$name" "$name" || exit
        done
        mount --rbind . /dev || exit
        cd / && user=$2 group=$3 && shift 3 &&
        exec unshare --map-user="$user" --map-group="$group" "$@"' sh "$1" "$(id -u)" "$(id -g)" \
        "${@:2}"
}

@test "with --syslog the messages arrive there, each with its priority" {
    local dev=$BATS_TEST_TMPDIR/dev said
    mkdir "$dev"
    with_dev_log "$dev" true 2>/dev/null || skip 'an unprivileged user gets no namespace here'
    spawn ear "$(system_python)" "$SERVICES_ROOT/tests/system/notify_socket.py" "$dev/log"
    wait_until 10 test -S "$dev/log"
    export ACMEPROXY_CA_CERTIFICATES ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url honest)
    acmeproxy cert add --later a.test
    run with_dev_log "$dev" "$ACMEPROXY" renew --syslog
    assert_status 0
    assert_equal "$output" ''
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url directory-empty)
    run with_dev_log "$dev" "$ACMEPROXY" renew --force --syslog
    assert_status 1
    assert_equal "$output" ''
    stop ear
    # LOG_DAEMON is 3: 3 * 8 + LOG_INFO (6), LOG_ERR (3)
    said=$(cat "$HARNESS_DIR/logs/ear.log")
    grep -qE '^<30>.* acmeproxy\[[0-9]+\]: a\.test: certificate 0001 is live' <<<"$said" ||
        fail "no line of success in $said"
    grep -qE '^<27>.* acmeproxy\[[0-9]+\]: a\.test: ' <<<"$said" || fail "no error in $said"
}

@test "a terminal sees progress, a file does not" {
    command -v script >/dev/null || skip 'script is not installed'
    export ACMEPROXY_CA_CERTIFICATES ACMEPROXY_ACME_DIRECTORY_URL
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    ACMEPROXY_ACME_DIRECTORY_URL=$(hostile_url honest)
    acmeproxy cert add --later a.test
    run script -qec "'$ACMEPROXY' renew" /dev/null </dev/null
    assert_status 0
    assert_output '0/1 a.test'
    run acmeproxy renew --force
    refute_output '/1 a.test'
}

@test "results that cannot be written are a failure" {
    acmeproxy cert add --later a.test
    "$ACMEPROXY" cert list >/dev/full 2>"$BATS_TEST_TMPDIR/err" && fail 'it succeeded'
    grep -q 'write to standard output' "$BATS_TEST_TMPDIR/err"
}

@test "the directory URL of the command line is for the default CA of this run" {
    export ACMEPROXY_CA_CERTIFICATES
    ACMEPROXY_CA_CERTIFICATES=$(tls_ca)
    run acmeproxy cert add a.test --acme-directory-url "$(hostile_url honest)"
    assert_status 0
    assert_output 'acme-directory-url is not kept'
    run acmeproxy renew --force --acme-directory-url "$(hostile_url honest)"
    assert_status 0
}

@test "spool init makes the folders with their modes, and says what it made" {
    rm -rf "$SPOOL"
    run acmeproxy spool init
    assert_status 0
    assert_output "^made $SPOOL"
    assert_mode "$SPOOL" 751
    assert_mode "$SPOOL/challenges" 755
    assert_mode "$SPOOL/certs" 750
    run acmeproxy spool init
    assert_status 0
    assert_equal "$output" "the spool $SPOOL is complete"
    assert_sound_spool
}

@test "a secret that is printed or logged is found by these tests" {
    mkdir -p "$BATS_TEST_TMPDIR/printed"
    run find_secrets
    assert_status 1
    openssl genpkey -algorithm ED25519 -out "$BATS_TEST_TMPDIR/printed/key" 2>/dev/null
    run find_secrets
    assert_status 0
    assert_output 'printed/key'
    rm "$BATS_TEST_TMPDIR/printed/key"
    echo "x $PEBBLE_EAB_KEY" >"$HARNESS_DIR/logs/leak"
    run find_secrets
    assert_output 'logs/leak'
    rm "$HARNESS_DIR/logs/leak"
    mkdir -p "$SPOOL/certs/a.test/gen/0001"
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -out "$SPOOL/certs/a.test/gen/0001/privkey.pem" 2>/dev/null
    sed 2q "$SPOOL/certs/a.test/gen/0001/privkey.pem" | tail -n 1 >"$BATS_TEST_TMPDIR/printed/line"
    run find_secrets
    assert_output 'printed/line'
    rm -r "$BATS_TEST_TMPDIR/printed/line" "$SPOOL/certs/a.test"
}
