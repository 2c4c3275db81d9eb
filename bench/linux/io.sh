#!/bin/sh
# SPDX-License-Identifier: MIT
# io.sh [--time] [--timeout S] [--smp N] [--pvkit] ENV [ROW...]: what block requests and packets cost
# Debian's stock Linux in one environment: pv (hv-stub) or xen-pv (Xen 4.17 and a Linux dom0). All rows of
# bench/linux/, or those named. The disk is in memory; the network peer is a second domain, on Xen dom0. The
# console goes to stdout. The guest has Debian's front-ends, or with --pvkit ours; a second domain always has
# Debian's.
#
# Counts instructions; --time takes the time, of many short batches the shortest.
set -eu
B=${B:-build}
icount=--icount
batches=4
limit=300
stock="$B/xen/xen-blkfront.ko $B/xen/xen-netfront.ko"
drivers=$stock
pvkit=
smp=1
while :; do
    case ${1:-} in
    --time) icount= && batches=20 ;;
    --timeout) limit=$2 && shift ;;
    --smp) smp=$2 && shift ;;
    --pvkit) pvkit=1 ;;
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
if [ -n "$pvkit" ]; then
    release=$(sh tests/xen/kernel-package.sh cloud-amd64)
    release=${release#linux-image-}
    sh tools/modules.sh "$release" >&2
    drivers="$B/modules/$release/pv_front.ko $B/modules/$release/pv_blkfront.ko $B/modules/$release/pv_netfront.ko"
fi

# initrd OUT COMMANDS MODULE...: the guest's, with its address in $me, its peer's in $peer.
initrd() {
    file=$1
    commands=$2
    shift 2
    cat >"$tmp/init" <<-END
	echo 2 >/proc/sys/kernel/printk
	for module in $(for module in "$@"; do basename "$module"; done | xargs); do insmod /\$module; done
	until [ -b /dev/xvda ] || [ -z "$disk" ]; do sleep 0.1; done
	until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
	ip link set lo up
	for word in \$(cat /proc/cmdline); do case \$word in me=* | peer=*) eval "\$word" ;; esac; done
	ip addr add \$me/24 dev eth0
	ip link set eth0 up
	$commands
	poweroff -f
	END
    sh tests/xen/initrd.sh "$file" "$tmp/init" "$@" "$B/linuxio"
}
blk="/linuxio -b $batches blk /dev/xvda $*"
net="until ping -c 1 -W 1 \$peer; do :; done; /linuxio -b $batches net \$peer $*"
case " $*" in
*" blk"*" net"* | *" net"*" blk"* | " ") ;;
*" net"*) blk=: ;;
*) net=: ;;
esac
disk=1
# shellcheck disable=SC2086 # lists of files
initrd "$tmp/measure" "$blk; $net" $drivers
disk=
# shellcheck disable=SC2086
initrd "$tmp/serve" "/linuxio serve & while ping -c 1 -W 5 \$peer; do sleep 1; done" $stock
words="console=hvc0 quiet panic=-1 mitigations=off nokaslr ${icount:+clearcpuid=erms}"
case $env in
pv)
    # shellcheck disable=SC2086 # $icount is a word or nothing
    "$B/hvrun" --timeout "$limit" --smp "$smp" $icount \
        --memory 256 --disk ram:64 --net switch --kernel "$linux" --ramdisk "$tmp/measure" \
        --cmdline "$words me=10.0.2.101 peer=10.0.2.102" --domain \
        --memory 128 --net switch --kernel "$linux" --ramdisk "$tmp/serve" \
        --cmdline "$words me=10.0.2.102 peer=10.0.2.101" </dev/null
    ;;
xen-pv)
    cat >"$tmp/dom0.sh" <<-'END'
	. /lab/lib.sh
	/lab/linuxio serve &
	wait_end 1
	kill $!
	END
    # shellcheck disable=SC2086
    sh tests/xen/lab.sh run --timeout "$limit" --smp "$smp" $icount --dom0 "$tmp/dom0.sh" --file "$B/linuxio" \
        --memory 256 --net --disk ram:64 --kernel "$linux" --ramdisk "$tmp/measure" \
        --cmdline "$words me=10.0.2.101 peer=10.0.2.2" </dev/null
    ;;
*) echo "io.sh: what is $env?" >&2 && exit 2 ;;
esac
