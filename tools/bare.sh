#!/bin/sh
# SPDX-License-Identifier: MIT
# bare.sh [--icount] [--timeout S] [--initrd LIST] [--with "QEMU OPTIONS"] KERNEL [COMMAND LINE]: boot a kernel in plain QEMU.
#
# No hypervisor of ours: the "bare" column of the bench, and the PVH boot of hv-stub itself. The
# console goes to stdout. Exit status as hvrun's: 0 power-off, 3 crash, 4 panic, 5 timeout, 6 QEMU
# failed, 7 reboot.
set -eu
limit=60
icount=
cpu=max,-smap,-smep
initrd=
with=
while :; do
    case ${1:-} in
    --icount)
        icount="-icount shift=0,sleep=off -rtc clock=vm"
        cpu=$cpu,family=23
        ;;
    --timeout) limit=$2 && shift ;;
    --initrd) initrd=$2 && shift ;;
    --with) with="$with $2" && shift ;;
    *) break ;;
    esac
    shift
done
kernel=$1
shift
[ -r "$kernel" ] || { echo "bare.sh: no $kernel" >&2; exit 2; }

status=0
# shellcheck disable=SC2086 # $icount and $with are words or nothing
timeout -k 2 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine pc -accel tcg -cpu "$cpu" -m 512 $icount -serial stdio \
    -device isa-debug-exit,iobase=0xf4,iosize=4 $with \
    -kernel "$kernel" ${initrd:+-initrd "$initrd"} -append "$*" </dev/null || status=$?
case $status in
0 | 33) exit 0 ;;
35) exit 3 ;;
37) exit 4 ;;
39) exit 7 ;;
124)
    echo "bare.sh: timeout after $limit seconds" >&2
    exit 5
    ;;
*) exit 6 ;;
esac
