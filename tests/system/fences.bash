# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Commands out of README.md and doc/, to be run as they are printed. A fence ```sh is run by a test;
# ```sh example needs root, systemd or the Internet, and is looked at only.

# fences KIND FILE [HEADING]: what the ```KIND fences hold, of the whole file or of one section.
fences() {
    awk -v fence="\`\`\`$1" -v heading="${3:-}" '
        !shown && /^#+ / { text = $0; sub(/^#+ /, "", text); inside = (text == heading); next }
        !shown && (heading == "" || inside) && $0 == fence { shown = 1; found = 1; next }
        /^```$/ { shown = 0; next }
        shown { print }
        END { exit !found }' "$SERVICES_ROOT/$2"
}
