# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of "acmeproxy serve" share, over common.bash:
#
#     setup_file() { load serve; begin_serve; }
#     setup() { load serve; fresh_serve; }
#     teardown() { end_serve_test; }
#     teardown_file() { load serve; end; }
#
# serve answers Pebble's challenges itself, on the port that Pebble asks.

bats_require_minimum_version 1.5.0
# Of this folder, whatever test file it is.
load "${BASH_SOURCE[0]%/*}/common"

begin_serve() {
    begin
    require_acmeproxy || return 1
    start_dns && start_pebble "$@"
}

# fresh_serve: no spool yet; settings in variables. $RUN is short: sockets lie in it.
fresh_serve() {
    SPOOL=$BATS_TEST_TMPDIR/spool
    RUN=$(mktemp -d "${TMPDIR:-/tmp}/serve.XXXXXX")
    HTTPS_PORT=$(pick_port)
    use_ca "$(pebble_url)"
    : >"$BATS_TEST_TMPDIR/acmeproxy.conf"
    export ACMEPROXY_CONFIG=$BATS_TEST_TMPDIR/acmeproxy.conf
    export ACMEPROXY_SPOOL=$SPOOL ACMEPROXY_RUN_DIR=$RUN ACMEPROXY_PROGRAMS_DIR=$TEST_LIBEXEC
    ACMEPROXY_HTTP_API_ADDR=127.0.0.1:$(http_port)
    export ACMEPROXY_HTTP_API_ADDR ACMEPROXY_HTTPS_ADDR=127.0.0.1:$HTTPS_PORT
    export ACMEPROXY_SERVER_NAME=proxy.example.test
    : >"$HARNESS_DIR/logs/serve.log"
}

# start_serve [OPTION...]: until it is ready.
start_serve() {
    local before
    before=$(log_lines serve 'serving on ')
    spawn serve "$ACMEPROXY" serve "$@" && await_log 'serving on ' 60 $((before + 1))
}

serve_log() { cat "$HARNESS_DIR/logs/serve.log"; }
# shown REGEX [COUNT]: as many lines of serve's log match, at least.
shown() { (($(grep -cE -- "$1" "$HARNESS_DIR/logs/serve.log") >= ${2:-1})); }
# await_log REGEX [SECONDS [COUNT]]
await_log() {
    wait_until "${2:-60}" shown "$1" "${3:-1}" || {
        serve_log >&2
        fail "no line /$1/ in the log of serve"
    }
}

# children NAME: pids of the processes of that name that serve has started.
children() {
    local pid
    for pid in $(all_children); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"$1"* ]] || echo "$pid"
    done
}
all_children() { cat "/proc/$(pid_of serve)/task/$(pid_of serve)/children"; }

# settled: nothing but the four programs and one lighttpd runs: no pass, no swap.
settled() { (($(all_children | wc -w) == 5)); }

# shown_issuer: who signed the certificate that serve shows.
shown_issuer() {
    openssl s_client -connect "127.0.0.1:$HTTPS_PORT" -servername proxy.example.test </dev/null \
        2>/dev/null | openssl x509 -noout -issuer 2>/dev/null
}
shown_serial() {
    openssl s_client -connect "127.0.0.1:$HTTPS_PORT" -servername proxy.example.test </dev/null \
        2>/dev/null | openssl x509 -noout -serial 2>/dev/null
}
shows_certificate_of() { [[ $(shown_issuer) == *"$1"* ]]; }

# https CURL-ARGUMENT... PATH: trusting nobody in particular.
https() {
    local -a words=("$@")
    unset 'words[-1]'
    curl --silent --show-error --insecure --max-time 60 \
        --resolve "proxy.example.test:$HTTPS_PORT:127.0.0.1" "${words[@]}" \
        "https://proxy.example.test:$HTTPS_PORT${*: -1}"
}

# nothing_left PIDS: they are gone, and so is what serve had in its folder.
nothing_left() {
    local pid
    for pid; do
        [[ ! -e /proc/$pid || $(stat_field "$pid" 3) == [ZX] ]] || fail "process $pid still runs" ||
            return 1
    done
    assert_equal "$(find "$RUN" -mindepth 2)" '' 'what is left in the run folder'
}

end_serve_test() {
    end_test
    stop serve
    rm -rf "$RUN"
}
