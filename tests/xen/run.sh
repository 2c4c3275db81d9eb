#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [--icount] [--timeout S] [--memory MiB] [--xen "OPTIONS"] KERNEL [COMMAND LINE]: boot a PV kernel as dom0 of Xen 4.17.
#
# The console goes to stdout. Xen cannot switch the machine off, so the run ends when Xen says that
# dom0 has ended. Exit status as hvrun's: 0 power-off, 3 crash, 4 Xen panicked, 5 timeout, 6 QEMU
# failed, 7 reboot.
set -eu
xen=${B:-build}/xen/xen.elf
limit=60
icount=
memory=128
more=
while :; do
    case ${1:-} in
    --icount) icount="-icount shift=0,sleep=off -rtc clock=vm" ;;
    --timeout) limit=$2 && shift ;;
    --memory) memory=$2 && shift ;;
    --xen) more=$2 && shift ;;
    *) break ;;
    esac
    shift
done
kernel=$1
shift
[ -r "$xen" ] || { echo "run.sh: no $xen (make $xen)" >&2; exit 2; }
[ -r "$kernel" ] || { echo "run.sh: no $kernel" >&2; exit 2; }

tmp=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
    rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkfifo "$tmp/console"
ln -s "$(realpath "$kernel")" "$tmp/dom0"
ln -s "$(realpath "$xen")" "$tmp/xen"
words=$(printf '%s' "$*" | sed 's/,/,,/g')

# family=23 keeps Xen from patching in longer NOPs; spec-ctrl=no xpti=no is its fastest. -monitor: Xen
# would sleep deeply by an MWAIT that QEMU refuses.
cd "$tmp"
# shellcheck disable=SC2086 # $icount is words or nothing
timeout -k 2 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine pc -accel tcg -cpu max,-smap,-smep,-monitor,family=23 -m 512 $icount -serial stdio \
    -kernel xen -append "dom0_mem=${memory}M console=com1 com1=115200,8n1 dom0=pv noreboot spec-ctrl=no xpti=no $more" \
    -initrd "dom0 $words" </dev/null >console 2>errors &
pid=$!
cr=$(printf '\r')
status=6
while IFS= read -r line; do
    printf '%s\n' "${line%"$cr"}"
    case $line in
    *"Dom0 halted"*) status=0 ;;
    *"Dom0 crashed"*) status=3 ;;
    *"Dom0 rebooted"* | *"Dom0 shutdown: rebooting"*) status=7 ;;
    *"Panic on CPU"*) status=4 ;;
    *) continue ;;
    esac
    break
done <console
if [ "$status" = 6 ]; then
    code=0
    wait "$pid" || code=$?
    pid=
    if [ "$code" = 124 ]; then
        echo "run.sh: timeout after $limit seconds" >&2
        status=5
    else
        echo "run.sh: QEMU ended with status $code: $(tail -n 1 errors)" >&2
    fi
fi
exit "$status"
