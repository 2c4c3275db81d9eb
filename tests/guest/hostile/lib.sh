# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests that compare the attacking guest's answers share.

# answers FILE KNOWN: the HOSTILE lines of a console, without those that the list KNOWN says to differ.
answers() {
    sed -n 's/^HOSTILE \([a-z0-9_]* -> .*\)/\1/p' "$1" | while read -r name rest; do
        grep -q "^$name " "$2" || echo "$name $rest"
    done
}
