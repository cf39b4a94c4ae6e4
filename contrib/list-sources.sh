#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes sources.am anew: the source files of each layer, the unit tests, the fuzz targets, the man
# pages. Run it after a file was added or removed ("make check" tells when it was forgotten).
set -eu
cd "$(dirname "$0")/.."

# The order is the architecture: a layer includes only what stands before it.
layers="base crypto json jose http spool import cgi acme renew server serve cli"

files() { # files FOLDER
    find "$1" \( -name '*.cc' -o -name '*.h' \) | LC_ALL=C sort
}

list() { # list VARIABLE FILE...
    variable=$1
    shift
    printf '\n%s =' "$variable"
    for file; do
        [ ! -e "$file" ] || printf ' \\\n\t%s' "$file"
    done
    printf '\n'
}

{
    echo '# SPDX-License-Identifier: MIT'
    echo '# Written by contrib/list-sources.sh, which knows the order of the layers.'
    for layer in $layers; do
        # shellcheck disable=SC2046 # no name in the tree has a space
        list "${layer}_sources" $(files "src/$layer" | grep -v '^src/cli/main\.cc$')
    done
    # shellcheck disable=SC2046
    list unit_test_sources $(files tests/unit)
    list man_pages man/*.[1-8]
    targets=
    for file in tests/fuzz/*_fuzz.cc; do
        [ ! -e "$file" ] || targets="$targets $(basename "$file" .cc)"
    done
    printf '\nfuzz_programs ='
    for target in $targets; do
        printf ' \\\n\ttests/fuzz/%s' "$target"
    done
    printf '\n'
    for target in $targets; do
        # shellcheck disable=SC2016 # for make to expand
        printf '\ntests_fuzz_%s_SOURCES = tests/fuzz/%s.cc $(fuzz_main)
tests_fuzz_%s_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_fuzz_%s_LDADD = $(layers_below_cli) $(all_libs)
tests_fuzz_%s_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)\n' \
            "$target" "$target" "$target" "$target" "$target"
    done
} >sources.am.new
if cmp -s sources.am.new sources.am; then
    rm sources.am.new
else
    mv sources.am.new sources.am
fi
