# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Processes of a test environment: started in the background, awaited, ended by their pid.
# Sourced by services.sh, contrib/test-env.sh and tests/system/common.bash (bash, strict mode).
#
# HARNESS_DIR is the folder that holds all files of one environment. A process that was started
# as NAME leaves pids/NAME ("PID START-TIME") and logs/NAME.log there. The start time makes the
# pair unique: a pid that was given to another program since is never signalled.

# say TEXT...: one line to standard error.
say() { printf '%s\n' "$*" >&2; }

# Prints a TCP and UDP port that nobody uses. It lies below the kernel's range for outgoing
# connections, so that no client can take it between now and the start of the server.
pick_port() {
    local low port tries
    read -r low _ </proc/sys/net/ipv4/ip_local_port_range
    ((low >= 12000)) || low=32768
    for ((tries = 0; tries < 100; tries++)); do
        port=$((10000 + SRANDOM % (low - 10000)))
        if ! grep -qsE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$port") " \
            /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; then
            echo "$port"
            return
        fi
    done
    say "found no free port below $low"
    return 1
}

# wait_until SECONDS COMMAND...: repeats COMMAND until it succeeds; fails when time is up.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= deadline)) || return 1
        sleep 0.05
    done
}

# stat_field PID N: field N of /proc/PID/stat (N > 2); fails when there is no such process.
stat_field() {
    local line fields
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${line##*) }"
    echo "${fields[$2 - 3]}"
}

# same_process PID START: true while that very process lives (a zombie does not).
same_process() {
    [[ "$(stat_field "$1" 22)" == "$2" && "$(stat_field "$1" 3)" != [ZX] ]]
}

# pid_of NAME: prints the pid of the living process NAME.
pid_of() {
    local pid start
    { read -r pid start <"$HARNESS_DIR/pids/$1"; } 2>/dev/null || return 1
    same_process "$pid" "$start" && echo "$pid"
}

# is_running NAME
is_running() { pid_of "$1" >/dev/null; }

# spawn NAME COMMAND...: starts COMMAND in a session of its own, with no open file but its log,
# and notes its pid. It does not wait until COMMAND is ready.
spawn() {
    local name=$1 pid
    shift
    mkdir -p "$HARNESS_DIR/pids" "$HARNESS_DIR/logs"
    if is_running "$name"; then
        say "$name runs already"
        return 1
    fi
    (
        # bats waits for whoever keeps its descriptors open.
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            ((fd < 3)) || eval "exec $fd>&-"
        done
        exec setsid -- "$@"
    ) </dev/null >>"$HARNESS_DIR/logs/$name.log" 2>&1 &
    pid=$!
    disown "$pid" # or bash would report its end
    echo "$pid $(stat_field "$pid" 22)" >"$HARNESS_DIR/pids/$name"
}

# listens NAME PORT: true when the process NAME itself listens on this TCP port.
listens() {
    local pid inode hex
    pid=$(pid_of "$1") || return 1
    hex=$(printf '%04X' "$2")
    while read -r inode; do
        if find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q .; then
            return
        fi
    done < <(awk -v port=":$hex\$" '$2 ~ port && $4 == "0A" { print $10 }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 1
}

# listens_or_dead NAME PORT: for wait_until, so that a failed start is seen at once.
listens_or_dead() { listens "$1" "$2" || ! is_running "$1"; }

# show_log NAME: the end of its log, for a message about a failure.
show_log() {
    say "--- the end of $HARNESS_DIR/logs/$1.log:"
    tail -n 20 "$HARNESS_DIR/logs/$1.log" >&2 || true
}

# await_listening NAME PORT: waits until NAME listens on PORT.
await_listening() {
    wait_until 30 listens_or_dead "$1" "$2" && listens "$1" "$2"
}

# session_members SID: the pids of the processes of a session.
session_members() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v sid="$1" '{
        pid = $1
        sub(/.*\) /, "") # the name may hold anything
        if ($4 == sid && $1 !~ /[ZX]/) print pid
    }'
}

no_members() { [[ -z "$(session_members "$1")" ]]; }

# not_running NAME: for wait_until.
not_running() { ! is_running "$1"; }

# stop NAME [SIGNAL]: ends the process NAME and what it has started. Quiet when it is gone.
stop() {
    local name=$1 signal=${2:-TERM} pid start members
    { read -r pid start <"$HARNESS_DIR/pids/$name"; } 2>/dev/null || return 0
    if same_process "$pid" "$start"; then
        kill -s "$signal" "$pid" 2>/dev/null || true
        wait_until 5 not_running "$name" || kill -s KILL "$pid" 2>/dev/null || true
        wait_until 5 not_running "$name" || say "process $pid ($name) does not end"
    elif [[ -e "/proc/$pid" && "$(stat_field "$pid" 22)" != "$start" ]]; then
        rm -f "$HARNESS_DIR/pids/$name" # the number is another program's by now
        return 0
    fi
    # What it had started (a web server's FastCGI programs) is in its session.
    for signal in TERM KILL; do
        mapfile -t members < <(session_members "$pid")
        ((${#members[@]})) || break
        kill -s "$signal" "${members[@]}" 2>/dev/null || true
        wait_until 2 no_members "$pid" || true
    done
    rm -f "$HARNESS_DIR/pids/$name"
}

# stop_all: ends all that was started in this environment.
stop_all() {
    local file
    for file in "$HARNESS_DIR"/pids/*; do
        stop "${file##*/}"
    done
}
