#!/bin/sh
# SPDX-License-Identifier: MIT
# lmb.sh [--time] [--timeout S] ENV [ROW...]: Debian's stock Linux does the rows of bench/lmb/ (all, or
# those whose names begin so) in one environment: bare, container, fv, fv-pv, pv or xen-pv. Its console
# goes to stdout.
#
# Counts instructions; with --time, takes the time. Kernel and command line are the same everywhere.
# Addresses are not random, so that counts repeat; what clears or checks memory against attackers is
# off, as is the byte-wise string fill: where instructions are counted, each byte of it counts.
set -eu
B=${B:-build}
icount=--icount
time=
limit=120
while :; do
    case ${1:-} in
    --time) icount= && time=--time ;;
    --timeout) limit=$2 && shift ;;
    *) break ;;
    esac
    shift
done
env=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
linux=$B/xen/linux.elf
[ -r "$linux" ] || sh tests/xen/linux.sh "$linux" >&2
[ "$env" != container ] || time="--container $time"
cat >"$tmp/init" <<END
echo 1 >/proc/sys/kernel/printk
ip link set lo up
mkdir /tmp
mount -t tmpfs tmp /tmp
/lmb $time $*
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/lmb"
words="quiet panic=-1 nokaslr norandmaps mitigations=off init_on_alloc=0 clearcpuid=erms"

# shellcheck disable=SC2086 # $icount is a word or nothing
guest() { # COMMAND CONSOLE OPTION...
    command=$1
    console=$2
    shift 2
    $command $icount --timeout "$limit" "$@" --memory 256 --kernel "$linux" --ramdisk "$tmp/initrd" \
        --cmdline "console=$console $words" </dev/null
}

case $env in
bare | container)
    # shellcheck disable=SC2086
    sh tools/bare.sh $icount --timeout "$limit" --initrd "$tmp/initrd" "$linux" console=ttyS0 $words
    ;;
fv) guest "$B/hvrun" ttyS0 --mode fv ;;
fv-pv) guest "$B/hvrun" ttyS0 --mode fv --xen ;;
pv) guest "$B/hvrun" hvc0 ;;
xen-pv) guest "sh tests/xen/lab.sh run" hvc0 ;;
*) echo "lmb.sh: what is $env?" >&2 && exit 2 ;;
esac
