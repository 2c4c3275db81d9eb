#!/bin/sh
# SPDX-License-Identifier: MIT
# linux_bench.sh [--time]: the same stock Linux, with a RAM disk and a network card, on hv-stub and on Xen
# 4.17 with a Linux dom0: what its block requests and packets cost, in instructions (--time: in
# microseconds, which under emulation says something only of runs side by side).
#
# Its network peer is a second Linux on hv-stub, and dom0 on Xen.
set -eu
B=${B:-build}
icount=--icount
field=instructions
scale=1
if [ "${1:-}" = --time ]; then
    icount=
    field=ns
    scale=1000
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
linux=$B/xen/linux.elf
[ -r "$linux" ] || sh tests/xen/linux.sh "$linux"
${CC:-gcc} -std=gnu11 -O2 -static -Wall -Wextra -Werror -o "$tmp/linux_bench" tests/xen/linux_bench.c

# initrd OUT COMMANDS: the guest's; $me is its address.
initrd() {
    cat >"$tmp/init" <<-END
	echo 2 >/proc/sys/kernel/printk
	insmod /xen-blkfront.ko
	insmod /xen-netfront.ko
	ip link set lo up
	for word in \$(cat /proc/cmdline); do case \$word in me=*) me=\${word#me=} ;; peer=*) peer=\${word#peer=} ;; esac; done
	ip addr add \$me/24 dev eth0
	ip link set eth0 up
	$2
	poweroff -f
	END
    sh tests/xen/initrd.sh "$1" "$tmp/init" "$B"/xen/xen-*front.ko "$tmp/linux_bench"
}

# table CONSOLE: "operation cost".
table() {
    sed -n "s/.*\"op\":\"\\([^\"]*\\)\".*\"$field\":\\([0-9.]*\\).*/\\1 \\2/p" "$1" | sort
}

words="console=hvc0 quiet panic=1"
initrd "$tmp/measure" "until ping -c 1 -W 1 \$peer; do :; done; /linux_bench blk /dev/xvda; /linux_bench net \$peer"
initrd "$tmp/serve" "/linux_bench serve & while ping -c 1 -W 5 \$peer; do sleep 1; done"

# shellcheck disable=SC2086 # $icount is a word or nothing
sh tests/machine.sh --timeout 300 $icount --memory 800 "" "
    $linux kernel mode=pv mem=256 disk=ram:64,xvda,w net -- $words me=10.0.2.101 peer=10.0.2.102
    $tmp/measure ramdisk
    $linux kernel mode=pv mem=128 net -- $words me=10.0.2.102 peer=10.0.2.101
    $tmp/serve ramdisk" >"$tmp/hv" </dev/null
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
/lab/linux_bench serve &
wait_end 1
kill $!
END
# shellcheck disable=SC2086
sh tests/xen/lab.sh run --timeout 300 $icount --dom0 "$tmp/dom0.sh" --file "$tmp/linux_bench" \
    --memory 256 --net --disk ram:64 --kernel "$linux" --ramdisk "$tmp/measure" \
    --cmdline "$words me=10.0.2.101 peer=10.0.2.2" >"$tmp/xen" </dev/null
table "$tmp/hv" >"$tmp/hv.table"
table "$tmp/xen" >"$tmp/xen.table"
printf '%-20s %12s %12s %8s\n' operation hv-stub xen hv/xen
join "$tmp/hv.table" "$tmp/xen.table" |
    awk -v scale="$scale" '{ printf "%-20s %12.0f %12.0f %8.2f\n", $1, $2 / scale, $3 / scale, $2 / $3 }'
