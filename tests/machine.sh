#!/bin/sh
# SPDX-License-Identifier: MIT
# machine.sh [--timeout S] [--memory MiB] [--smp N] [--icount] OPTIONS MODULES [QEMU ARGUMENT...]: hv-stub
# in QEMU, with module lines and machines that hvrun has no words for.
#
# OPTIONS are hv-stub's. MODULES: one a line, `FILE LINE`. The console is stdin and stdout. Exit status
# as hvrun's: 0 power-off, 3 crash, 4 panic, 5 timeout, 6 QEMU failed, 7 reboot.
set -u
limit=60
memory=512
smp=1
icount=
while :; do
    case ${1:-} in
    --timeout) limit=$2 && shift ;;
    --memory) memory=$2 && shift ;;
    --smp) smp=$2 && shift ;;
    --icount) icount="-icount shift=0,sleep=off -rtc clock=vm" ;;
    *) break ;;
    esac
    shift
done
options=$1
list=$(printf '%s\n' "$2" | sed -e 's/^ *//' -e '/^$/d' -e 's/,/,,/g' | paste -sd,)
shift 2
# shellcheck disable=SC2086 # $icount is words or nothing
timeout -k 2 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine pc -accel tcg -cpu max,-smap,-smep,family=23 -m "$memory" -smp "$smp" $icount -serial stdio \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "${B:-build}/hv-stub.elf" -append "$options" \
    -initrd "$list" "$@"
case $? in # QEMU's is twice what was written to the exit port, plus one
33) exit 0 ;;
35) exit 3 ;;
37) exit 4 ;;
39) exit 7 ;;
124 | 137) exit 5 ;;
esac
exit 6
