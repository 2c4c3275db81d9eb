#!/bin/sh
# SPDX-License-Identifier: MIT
# two_disks.sh [--time] [--timeout S] [--logs DIR] [MODULES]: one medium by two ways in one boot of Debian's stock Linux, which
# is fully virtualized and told to ignore the hypervisor: the trapped ATA disk, and the ring disk that pv_shim.ko
# brings. A row per operation: what it costs by traps, by the ring, and how many times that is.
#
# Counts instructions, the hypervisor's included; --time takes nanoseconds. --logs leaves the figures in
# DIR/count.fv-ata.log and DIR/count.fv-ring.log for linuxtab. MODULES: where pv_*.ko for the cloud kernel are; they
# are built unless given.
set -eu
B=${B:-build}
icount=--icount
batches=4
limit=300
field=instructions
logs=
while :; do
    case ${1:-} in
    --time) icount= && batches=20 && field=ns ;;
    --timeout) limit=$2 && shift ;;
    --logs) logs=$2 && shift ;;
    *) break ;;
    esac
    shift
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
linux=$B/xen/linux.elf
[ -r "$linux" ] || sh tests/xen/linux.sh "$linux" >&2
modules=${1:-}
if [ -z "$modules" ]; then
    release=$(sh tests/xen/kernel-package.sh cloud-amd64)
    release=${release#linux-image-}
    sh tools/modules.sh "$release" >&2
    modules=$B/modules/$release
fi
cat >"$tmp/init" <<END
echo 2 >/proc/sys/kernel/printk
for module in /2*.ko /pv_front.ko /pv_shim.ko /pv_blkfront.ko; do insmod \$module; done
until [ -b /dev/sda ] && [ -b /dev/xvda ]; do sleep 0.1; done
for disk in sda xvda; do /linuxio -b $batches blk /dev/\$disk | sed "s/^BENCH/DISK \$disk/"; done
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B"/xen/linux.modules/2*.ko "$modules"/pv_*.ko "$B/linuxio"
# shellcheck disable=SC2086 # $icount is a word or nothing
"$B/hvrun" --timeout "$limit" $icount --mode fv --xen --memory 256 --disk ram:64 --kernel "$linux" \
    --ramdisk "$tmp/initrd" --cmdline "console=ttyS0 quiet panic=-1 mitigations=off nokaslr nopv" \
    </dev/null >"$tmp/out" || { cat "$tmp/out" >&2 && exit 1; }
if [ -n "$logs" ]; then
    sed -n 's/^DISK sda/BENCH/p' "$tmp/out" >"$logs/count.fv-ata.log"
    sed -n 's/^DISK xvda/BENCH/p' "$tmp/out" >"$logs/count.fv-ring.log"
fi
tr -d '\r' <"$tmp/out" | sed -n "s/^DISK \(sda\|xvda\) {\"op\":\"blk_\([^\"]*\)\".*\"$field\":\([0-9.]*\).*/\1 \2 \3/p" |
    awk -v unit="$field" '
        $1 == "sda" { trapped[$2] = $3; order[n++] = $2 }
        $1 == "xvda" { ring[$2] = $3 }
        END {
            printf "%-14s %12s %12s %7s   (%s)\n", "operation", "by traps", "by the ring", "ratio", unit
            for (i = 0; i < n; i++) {
                op = order[i]
                if (!ring[op]) exit 1
                printf "%-14s %12.0f %12.0f %6.2fx\n", op, trapped[op], ring[op], trapped[op] / ring[op]
            }
            exit !n
        }'
