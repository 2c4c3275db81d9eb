# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Our modules in a stock Linux kernel, in place of xen-blkfront and xen-netfront, on hv-stub. The
# other end of the network is a Linux with xen-netfront. No compiler at W=1, nor sparse, has a
# complaint about them.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
cat >"$tmp/peer" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-netfront.ko
ip addr add 10.0.2.102/24 dev eth0
ip link set eth0 up
dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null
echo "SUM $(sha256sum </data | cut -c1-16)"
printf '#!/bin/sh\nsha256sum >/sum\n' >/take
chmod 755 /take
nc -l -p 5000 -e cat /data
nc -l -p 5001 -e /take
until [ -s /sum ]; do sleep 0.1; done
echo "TOOK $(cut -c1-16 /sum)"
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" tests/xen/modules_guest.sh "$modules"/pv_*.ko
sh tests/xen/initrd.sh "$tmp/peer.initrd" "$tmp/peer" "$B/xen/xen-netfront.ko"
expect 0 sh tests/machine.sh --timeout "${LIMIT:-300}" --memory 700 --smp 2 "prefix blk-restart=250" "
    $LINUX kernel mode=pv mem=256 vcpus=2 disk=ram:32,xvda,w net -- console=hvc0 quiet panic=1 me=10.0.2.101 peer=10.0.2.102 cycles=${CYCLES:-3}
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1
    $tmp/peer.initrd ramdisk"
modules_worked '(d1) '
sum=$(sed -n 's/^(d2) SUM //p' "$out")
[ -n "$sum" ] || fail "nothing was sent"
has "^(d1) GOT $sum"
has "^(d2) TOOK $sum"
has '^(hv) audit: 0 violations'
pass
