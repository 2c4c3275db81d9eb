#!/bin/sh
# SPDX-License-Identifier: MIT
# lmb.sh [--time] [--timeout S] ENV [ROW...]: Debian's stock Linux does the rows of bench/lmb/ (all, or
# those whose names begin so) in one environment: bare, container, fv, fv-pv, pv or xen-pv. Its console
# goes to stdout.
#
# Counts instructions; with --time, takes the time, also of a disk in RAM (hv-stub's, dom0's, this
# computer's), whose work is not the guest's where there is no hypervisor.
# Kernel and command line are the same everywhere. Addresses are not random, so that counts repeat; what
# clears or checks memory against attackers is off, as is the byte-wise string fill: where instructions
# are counted, each byte of it counts.
set -eu
B=${B:-build}
icount=--icount
options=
limit=120
while :; do
    case ${1:-} in
    --time) icount= && options=--time ;;
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
drivers=$B/xen/linux.modules
{ [ -r "$linux" ] && [ -d "$drivers" ]; } || sh tests/xen/linux.sh "$linux" >&2
[ "$env" != container ] || options="--container $options"

case $env in
bare | container) name=vda ;;
fv) name=sda ;;
*) name=xvda && drivers= ;;
esac
cat >"$tmp/init" <<END
echo 1 >/proc/sys/kernel/printk
ip link set lo up
mkdir /tmp
mount -t tmpfs tmp /tmp
for module in /*.ko; do insmod \$module; done
${icount:+:} export LMB_DISK=/dev/$name
n=0
until [ -z "\${LMB_DISK:-}" ] || [ -b /dev/$name ]; do
    n=\$((n + 1))
    [ \$n -lt 100 ] || unset LMB_DISK
    sleep 0.1
done
/lmb $options $*
poweroff -f
END
disk=
if [ -n "$icount" ]; then
    set --
else
    disk="--disk ram:64"
    set -- "$B/xen/xen-blkfront.ko"
    [ -z "$drivers" ] || set -- "$drivers"/*.ko
fi
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/lmb" "$@"
words="quiet panic=-1 nokaslr norandmaps mitigations=off init_on_alloc=0 clearcpuid=erms"

guest() { # COMMAND CONSOLE
    # shellcheck disable=SC2086 # lists of words
    $1 $icount --timeout "$limit" $disk --memory 256 --kernel "$linux" --ramdisk "$tmp/initrd" \
        --cmdline "console=$2 $words" </dev/null
}

case $env in
bare | container)
    truncate -s 64M "$tmp/disk"
    # shellcheck disable=SC2086
    sh tools/bare.sh $icount --timeout "$limit" --initrd "$tmp/initrd" \
        --with "-drive file=$tmp/disk,format=raw,if=none,id=d0 -device virtio-blk-pci,drive=d0" \
        "$linux" console=ttyS0 $words
    ;;
fv) guest "$B/hvrun --mode fv" ttyS0 ;;
fv-pv) guest "$B/hvrun --mode fv --xen" ttyS0 ;;
pv) guest "$B/hvrun" hvc0 ;;
xen-pv) guest "sh tests/xen/lab.sh run" hvc0 ;;
*) echo "lmb.sh: what is $env?" >&2 && exit 2 ;;
esac
