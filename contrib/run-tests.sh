#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run-tests.sh [--keep] [STEP...]: installs what is missing, builds in a folder of its own, and runs
# all tests. The last line is "N passed, N failed" or "N passed, N failed, N skipped", summed over
# single tests of all steps. Exit status 1 if any failed, or if none ran.
#
# Steps (default: build, system, package, lint, sanitizers, threads):
#   build       g++ with --enable-werror: unit tests, corpus replay, man page lint
#   system      the installed programs behind real web servers, against a real test CA (bats)
#   package     the Debian package is built, installed, upgraded, removed and purged; the container, too,
#               where there is podman
#   distcheck   the source archive builds, tests, installs and uninstalls in a read-only tree
#   lint        clang-format, shellcheck, clang-tidy
#   sanitizers  g++ with ASan and UBSan, and line coverage of src/ (at least $MIN_COVERAGE %)
#   threads     clang++ with --enable-werror and TSan: unit tests, and many clients of the gateway at once
#
# As root, tests run as a throw-away user (contrib/as-test-user.sh), but for tests/system_root. With CI=true a skipped test is
# a failure unless tests/allowed-skips names it. --keep leaves the folder with all logs in place.
# JOBS: processes at once (2). MIN_COVERAGE: 85, 0 for a report only.
set -euo pipefail

source_of_all=$(cd "$(dirname "$0")/.." && pwd)
jobs=${JOBS:-2}
min_coverage=${MIN_COVERAGE:-85}
keep=no
steps=()
for argument; do
    case $argument in
    --keep) keep=yes ;;
    build | system | package | distcheck | lint | sanitizers | threads) steps+=("$argument") ;;
    *)
        sed -n '4,21s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done
((${#steps[@]})) || steps=(build system package lint sanitizers threads)

work=$(mktemp -d "${TMPDIR:-/tmp}/acmeproxy-tests-XXXXXX")
chmod 755 "$work" # the user of the tests must get to the programs
tally=$work/tally  # one line a test: pass|fail|skip, tab, step, tab, name
: >"$tally"
mkdir "$work/logs"

clean_up() {
    if [[ $keep = yes ]]; then
        echo "logs and builds: $work"
    else
        chmod -R u+w "$work" && rm -rf "$work"
    fi
}

gxx=g++
clangxx=clang++
if command -v ccache >/dev/null; then
    gxx="ccache g++"
    clangxx="ccache clang++"
    # The folder has another name each time; what is in it is the same.
    export CCACHE_NOHASHDIR=1
fi
runner=
if ((EUID == 0)); then
    runner=$source_of_all/contrib/as-test-user.sh
fi
export TEST_RUNNER=$runner

record() { # record pass|fail|skip STEP NAME
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$tally"
}

allowed_skip() { # allowed_skip NAME
    cut -f 1 "$source_of_all/tests/allowed-skips" | grep -v '^#' | grep -q -x -F -- "$1"
}

record_skip() { # record_skip STEP NAME
    if [[ ${CI:-} = true ]] && ! allowed_skip "$2"; then
        record fail "$1" "$2 (skipped, and tests/allowed-skips does not allow it)"
    else
        record skip "$1" "$2"
    fi
}

# Reads the log of a step: automake's "PASS: tests/check/unit.tap 3 - name", bats' "ok 3 name".
count_tests() { # count_tests STEP LOG
    local verdict name
    while IFS=$'\t' read -r verdict name; do
        case $verdict in
        skip) record_skip "$1" "$name" ;;
        *) record "$verdict" "$1" "$name" ;;
        esac
    done < <(awk '
        function tell(verdict) {
            sub(/^[A-Z]+: (tests\/check\/[a-z]+\.tap )?/, "")
            sub(/^(not )?ok /, "")
            sub(/^[0-9]+ (- )?/, "")
            sub(/^- /, "")
            sub(/ # (skip|SKIP|TODO).*/, "")
            print verdict "\t" $0
        }
        /^(PASS|XFAIL): / { tell("pass"); next }
        /^(FAIL|XPASS|ERROR): / { tell("fail"); next }
        /^SKIP: / { tell("skip"); next }
        /^ok [0-9]+ .*# skip/ { tell("skip"); next }
        /^ok [0-9]+ / { tell("pass"); next }
        /^not ok [0-9]+ / { tell("fail") }' "$2")
}

# Runs a function with its output in a log. A step that fails without a failed test counts as one.
run_step() { # run_step NAME FUNCTION
    local log=$work/logs/$1.log begin=$SECONDS status=0 failed_before passed_before passed
    failed_before=$(grep -c '^fail' "$tally" || true)
    passed_before=$(grep -c '^pass' "$tally" || true)
    set +e # "|| status=$?" would turn it off within the step, too
    (set -eux && "$2") >"$log" 2>&1 </dev/null
    status=$?
    set -e
    count_tests "$1" "$log"
    if ((status != 0 && $(grep -c '^fail' "$tally" || true) == failed_before)); then
        record fail "$1" "the step itself (status $status)"
    fi
    passed=$(($(grep -c '^pass' "$tally" || true) - passed_before))
    if (($(grep -c '^fail' "$tally" || true) == failed_before)); then
        printf '%-12s ok      %4d tests %5d s\n' "$1" "$passed" $((SECONDS - begin))
    else
        printf '%-12s FAILED  %4d tests %5d s\n' "$1" "$passed" $((SECONDS - begin))
        grep -n -E '^(FAIL|ERROR|XPASS|not ok)|error:|Sanitizer' "$log" | head -n 40 || true
        echo "--- the end of its log:"
        tail -n 60 "$log"
        echo "---"
    fi
    return 0
}

install_packages() {
    "$source_of_all/contrib/install-packages.sh" --yes build check env system lint package
}

# What git tracks or would track, as it is now: nothing of a build in the checkout counts.
copy_source() {
    mkdir "$work/source"
    cd "$source_of_all"
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
            tar --create --null --no-recursion --files-from=- | tar --extract --directory "$work/source"
    else
        cp -a . "$work/source"
    fi
    cd "$work/source"
    autoreconf -i
}

configure_in() { # configure_in FOLDER ARGUMENT...
    mkdir "$work/$1"
    cd "$work/$1"
    shift
    ../source/configure "$@"
}

# -O1 takes half of the time that -O2 -g does, which only `make install` by hand and packages need. The
# files of the layers are compiled one by one: each has to include what it uses.
build() {
    configure_in build CXX="$gxx" CXXFLAGS=-O1 --enable-werror --enable-unity=tests
    make -j"$jobs"
    # Tests at the same time must not write into the lines of each other: they are counted.
    make -j"$jobs" --output-sync=line check
}

# Mostly they wait: three times as many files at once as there are jobs, each with folders and ports of its own.
system() {
    [[ -d $work/build ]] || build
    cd "$work/build"
    make check-system SYSTEM_TEST_RUNNER="$runner" \
        BATS_FLAGS="--formatter tap --jobs $((3 * jobs)) --no-parallelize-within-files"
    ((EUID)) || make check-system-root BATS_FLAGS='--formatter tap'
}

# As root, where the package can be installed.
package() {
    local status=0
    "$work/source/contrib/test-package.sh" "$work/source" "$work/package" || status=$?
    "$work/source/contrib/test-container.sh" "$work/source" || status=$?
    return "$status"
}

# Without optimization, since only the way things are put together is at stake.
distcheck() {
    [[ -d $work/build ]] || build
    cd "$work/build"
    # Into a log of its own, lest its tests are counted once more.
    local log=$work/logs/distcheck-all.log
    if ! make -j"$jobs" distcheck DISTCHECK_CONFIGURE_FLAGS="CXXFLAGS=-O0 CXX='$gxx' --enable-unity" >"$log" 2>&1; then
        grep -n -E '^FAIL|error:|\*\*\*' "$log" | head -n 30 || true
        tail -n 60 "$log"
        return 1
    fi
    echo "ok 1 make distcheck"
    # "make check" has left its results here, before.
    verdict 2 "the archive holds nothing that a build has made" \
        test -z "$(tar tzf acmeproxy-*.tar.gz | grep -E '\.(o|log|trs)$|_fuzz$')"
}

sanitizers() {
    configure_in sanitizers CXX="$gxx" CXXFLAGS="-O0 -g1" --enable-werror --enable-unity \
        --enable-sanitizers=address,undefined --enable-coverage
    make -j"$jobs"
    make -j"$jobs" unit_tests
    chmod -R a+rwX . # the user of the tests writes the counters
    make -j"$jobs" --output-sync=line check TESTS="tests/check/unit.tap tests/check/corpus.tap"
    # What a killed or crashed process leaves may not fit; that is no error of the report.
    gcovr --root "$work/source" --object-directory . --filter "$work/source/src/" \
        --exclude-unreachable-branches --gcov-ignore-parse-errors --print-summary \
        --output "$work/logs/coverage.txt" .
    tail -n 5 "$work/logs/coverage.txt"
    coverage_is_enough
}

coverage_is_enough() {
    local percent
    percent=$(awk '$1 == "TOTAL" { sub(/%/, "", $4); print $4 }' "$work/logs/coverage.txt")
    echo "line coverage of src/: $percent %" | tee "$work/coverage-line"
    if ((min_coverage)); then
        if ((percent >= min_coverage)); then
            echo "ok 1 line coverage of src/ is at least $min_coverage %"
        else
            echo "not ok 1 line coverage of src/ is at least $min_coverage %"
            return 1
        fi
    fi
}

# ok N or not ok N, by whether COMMAND succeeds.
verdict() { # verdict N NAME COMMAND...
    local number=$1 name=$2
    shift 2
    if "$@"; then
        echo "ok $number $name"
    else
        echo "not ok $number $name"
        return 1
    fi
}

# By layers: each header is read twelve times, not two hundred.
analyse() {
    make unity-sources
    local layer
    for layer in unity/*.cc; do
        clang-tidy --quiet --config-file=../source/.clang-tidy "$layer" -- -std=c++20 -DHAVE_CONFIG_H -I. \
            -I../source/src -I/usr/include/cjson -DACMEPROXY_{SPOOLDIR,CONFDIR,RUNDIR,LIBEXECDIR,USER}='""' || return 1
    done
}

lint() {
    local status=0 scripts code
    cd "$work/source"
    mapfile -t scripts < <(find . -type f -not -path './autom4te.cache/*' -not -path './build-aux/*' \
        -exec grep -lE '^#!(/usr)?/bin/(env )?(ba)?sh|^#!/usr/bin/env bats' {} + | grep -vE '/man/|/configure$|/config\.')
    mapfile -t code < <(find src cgi-bin tests -name '*.cc' -o -name '*.h')
    verdict 1 "the code is formatted" clang-format --dry-run --Werror "${code[@]}" || status=1
    verdict 2 "the scripts are sound" shellcheck -x -S warning "${scripts[@]}" || status=1
    configure_in lint CXX="$clangxx" --enable-unity
    verdict 3 "clang-tidy finds nothing" analyse || status=1
    return $status
}

threads() {
    configure_in threads CXX="$clangxx" CXXFLAGS="-O1 -g1" --enable-werror --enable-unity --enable-sanitizers=thread
    make -j"$jobs"
    # One test forks a child that starts threads.
    TSAN_OPTIONS=die_after_fork=0 make -j"$jobs" --output-sync=line check TESTS="tests/check/unit.tap"
    mkdir -m 1777 "$work/races" # the user of the tests writes there
    TSAN_OPTIONS="log_path=$work/races/report" make check-system SYSTEM_TEST_RUNNER="$runner" \
        BATS_FLAGS="--formatter tap" SYSTEM_TESTS="$work/source/tests/system/gateway_concurrent.bats"
    if cat "$work"/races/* 2>/dev/null; then
        echo "not ok 1 ThreadSanitizer is silent while many clients order at once"
        return 1
    fi
    echo "ok 1 ThreadSanitizer is silent while many clients order at once"
}

trap clean_up EXIT
run_step packages install_packages
run_step source copy_source
for step in "${steps[@]}"; do
    if [[ -e $work/source/configure ]]; then
        run_step "$step" "$step"
    fi
done
[[ ! -e $work/coverage-line ]] || cat "$work/coverage-line"

passed=$(grep -c '^pass' "$tally" || true)
failed=$(grep -c '^fail' "$tally" || true)
skipped=$(grep -c '^skip' "$tally" || true)
awk -F '\t' '$1 == "fail" { print "failed:  " $2 ": " $3 } $1 == "skip" { print "skipped: " $2 ": " $3 }' "$tally"
if ((failed)); then
    keep=yes
fi
trap - EXIT
clean_up
if ((skipped)); then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
((failed == 0 && passed > 0))
