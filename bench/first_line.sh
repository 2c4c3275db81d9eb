# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # tmp is whose measure it is
# What the measures of start-up share; needs the fifo $tmp/lines.

# first_line TEXT COMMAND...: print the milliseconds until a line with TEXT, or fail.
first_line() {
    wanted=$1
    shift
    began=$(date +%s%N)
    "$@" >"$tmp/lines" 2>/dev/null </dev/null &
    pid=$!
    found=
    while IFS= read -r line; do
        case $line in *"$wanted"*)
            [ -n "$found" ] || found=$(date +%s%N)
            ;;
        esac
    done <"$tmp/lines"
    wait "$pid"
    [ -n "$found" ] || return 1
    echo $(((found - began) / 1000000))
}

best() { sort -n "$1" 2>/dev/null | head -n 1; }
