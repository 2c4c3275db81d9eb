#!/bin/sh
# SPDX-License-Identifier: MIT
# docs.sh FILE.md...: what the documentation names exists. In backticks: a path below one of our
# folders (`hv-stub/core/frame.c`, patterns too), a name in a file (`hv-stub/core/frame.c:first_use`),
# a goal (`make bench`). Outside: the targets of relative links.
set -u
bad=0
complain() {
    echo "$1: $2"
    bad=1
}

folders='hypercall|hv-stub|guest-shim|pv-drivers|tools|tests|bench|docs'

# One backticked string per line, code blocks left out; a string may go over the end of a line.
# shellcheck disable=SC2016 # backticks are meant
quoted() {
    awk '/^```/ { block = !block; next } !block' "$1" | tr '\n' ' ' | grep -o '`[^`]*`' | tr -d '`'
}

# check_path FILE.md PATH[:NAME]
check_path() {
    path=${2%%:*}
    # shellcheck disable=SC2086 # a pattern on purpose
    set -- "$1" "$2" $path
    [ -e "$3" ] || { complain "$1" "no $path" && return; }
    case $2 in *:*) ;; *) return ;; esac
    name=${2#*:}
    grep -qw -e "${name%()}" "$3" || complain "$1" "no ${name%()} in $path"
}

check_goal() {
    grep -qE "^([a-z-]+ )*$2( [a-z-]+)*:" Makefile ./*/build.mk || complain "$1" "no goal: make $2"
}

for doc in "$@"; do
    list=$(mktemp)
    quoted "$doc" >"$list"
    while read -r word rest; do
        if [ "$word" = make ]; then
            for goal in $rest; do
                case $goal in *=* | -* | */*) ;; *) check_goal "$doc" "$goal" ;; esac
            done
        elif [ -z "$rest" ] && echo "$word" | grep -qE "^($folders)/"; then
            check_path "$doc" "$word"
        fi
    done <"$list"
    grep -o '](\([^)#]*\)' "$doc" | sed 's/^](//' | grep -v -e '^http' -e '^$' >"$list"
    while read -r link; do
        [ -e "$(dirname "$doc")/$link" ] || complain "$doc" "no $link to link to"
    done <"$list"
    rm -f "$list"
done
exit $bad
