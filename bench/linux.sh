#!/bin/sh
# SPDX-License-Identifier: MIT
# linux.sh [--quick]: the measurements of Debian's stock Linux in every environment, of its front-ends and ours.
#
# Leaves in $O/bench/linux: COUNT.ENV.log (the console), COUNT being `count` (instructions) or `time`, or
# COUNT.ENV.reason (why there is none). linuxtab reads these. --quick: a few rows, counted, without Xen.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
O=${O:-out}
export B O
envs="bare container fv fv-pv pv xen-pv"
rows=
counts="count time"
if [ "${1:-}" = --quick ]; then
    envs="bare container fv pv"
    rows="null_call fork mmap page_fault"
    counts=count
fi
dir=$O/bench/linux
mkdir -p "$dir"
rm -f "$dir"/*

# io COUNT ENV: disk and network rows, where there is a PV disk and a PV network card; with our front-ends in a
# log of their own. By the clock these are compared on hv-stub only.
io() {
    case $rows,$2 in
    ,pv | ,xen-pv) ;;
    *) return ;;
    esac
    # shellcheck disable=SC2086
    sh bench/linux/io.sh $option "$2" >>"$dir/$name.log" 2>"$dir/err" || printf '(no disk and network)'
    [ "$name" != time.xen-pv ] || return 0
    # shellcheck disable=SC2086
    sh bench/linux/io.sh $option --pvkit "$2" >"$dir/$1.${2%-pv}-pvkit.log" 2>"$dir/err" || {
        printf '(no modules)'
        tail -n 1 "$dir/err" >"$dir/$1.${2%-pv}-pvkit.reason"
    }
}

# run COUNT ENV: the console to COUNT.ENV.log; COUNT.ENV.reason if it did not get to its end.
run() {
    name=$1.$2
    printf ' %s' "$2"
    option=
    [ "$1" = count ] || option=--time
    status=0
    # shellcheck disable=SC2086 # lists of words
    sh bench/lmb.sh $option --timeout 400 "$2" $rows >"$dir/$name.log" 2>"$dir/err" || status=$?
    if grep -q BENCH-END "$dir/$name.log"; then
        io "$@"
        return
    fi
    reason=$(tail -n 1 "$dir/err")
    echo "${reason:-exit status $status without BENCH-END}" >"$dir/$name.reason"
    printf '(failed)'
}

printf 'bench linux:'
if ! { [ -r "$B/xen/linux.elf" ] || sh tests/xen/linux.sh "$B/xen/linux.elf"; } >"$dir/err" 2>&1; then
    tail -n 1 "$dir/err" >"$dir/count.bare.reason"
    envs=
fi
for count in $counts; do
    printf ' %s:' "$count"
    for env in $envs; do
        run "$count" "$env"
    done
done
rm -f "$dir/err"
echo
