#!/bin/sh
# SPDX-License-Identifier: MIT
# linux.sh [--quick]: the measurements of Debian's stock Linux in every environment, of its front-ends and ours.
# linux.sh --one COUNT ENV [ROW...]: one of them; fv-ata is the two disks of an FV guest.
#
# Leaves in $O/bench/linux: COUNT.ENV.log (the console), COUNT being `count` (instructions) or `time`, or
# COUNT.ENV.reason (why there is none). linuxtab reads these. --quick: a few rows, counted, without Xen.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
O=${O:-out}
export B O
dir=$O/bench/linux

# Disk and network rows, where there is a PV disk and a PV network card; with our front-ends in a log of their own.
# By the clock these are compared on hv-stub only.
io() {
    case $env in
    pv | xen-pv) ;;
    *) return ;;
    esac
    # shellcheck disable=SC2086 # nothing or a word
    sh bench/linux/io.sh $option "$env" >>"$log.log" 2>"$log.err" || printf ' (%s: no disk and network)' "$env"
    [ "$count,$env" != time,xen-pv ] || return 0
    ours=$dir/$count.${env%-pv}-pvkit
    # shellcheck disable=SC2086
    sh bench/linux/io.sh $option --pvkit "$env" >"$ours.log" 2>"$log.err" || {
        printf ' (%s: no modules)' "$env"
        tail -n 1 "$log.err" >"$ours.reason"
    }
}

two_disks() {
    sh bench/two_disks.sh --timeout 400 --logs "$dir" >"$log.table" 2>"$log.err" && return
    tail -n 1 "$log.err" >"$log.reason"
    printf ' (%s: failed)' "$env"
}

# one COUNT ENV [ROW...]: the console to COUNT.ENV.log; COUNT.ENV.reason if it did not get to its end.
one() {
    count=$1
    env=$2
    shift 2
    log=$dir/$count.$env
    printf ' %s' "$env"
    if [ "$env" = fv-ata ]; then
        two_disks
        return
    fi
    option=
    [ "$count" = count ] || option=--time
    status=0
    # shellcheck disable=SC2086
    sh bench/lmb.sh $option --timeout 400 "$env" "$@" >"$log.log" 2>"$log.err" || status=$?
    if ! grep -q BENCH-END "$log.log"; then
        reason=$(tail -n 1 "$log.err")
        echo "${reason:-exit status $status without BENCH-END}" >"$log.reason"
        printf ' (%s: failed)' "$env"
    elif [ $# = 0 ]; then
        io
    fi
}

if [ "${1:-}" = --one ]; then
    shift
    one "$@"
    exit
fi
# The longest first.
envs="xen-pv pv fv-pv fv container bare"
rows=
counts="count time"
if [ "${1:-}" = --quick ]; then
    envs="bare container fv pv"
    rows="null_call fork mmap page_fault"
    counts=count
fi
mkdir -p "$dir"
rm -f "$dir"/*

printf 'bench linux:'
if ! { [ -r "$B/xen/linux.elf" ] || sh tests/xen/linux.sh "$B/xen/linux.elf"; } >"$dir/err" 2>&1; then
    tail -n 1 "$dir/err" >"$dir/count.bare.reason"
    envs=
fi
# A count is the same however busy the computer is.
for count in $counts; do
    printf ' %s:' "$count"
    jobs=1
    [ "$count" = time ] || jobs=$(nproc)
    also=
    case $count,$rows,$envs in count,,?*) also=fv-ata ;; esac
    # shellcheck disable=SC2086 # lists of words
    printf '%s\n' $envs $also | xargs -r -P "$jobs" -I ENV sh bench/linux.sh --one "$count" ENV $rows
done
rm -f "$dir"/*err
echo
