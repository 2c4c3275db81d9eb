# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A Linux on pv_blkfront.ko is reset (SysRq b) while it writes to an ext4 file system: what was synced is there,
# and the file system in order once its journal is replayed.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /pv_front.ko
insmod /pv_blkfront.ko
while ! [ -b /dev/xvda ]; do sleep 0.1; done
mount -t ext4 /dev/xvda /mnt || exit
cd /mnt
for writer in 1 2 3; do
    while :; do dd if=/dev/urandom of=noise$writer bs=37k count=40 2>/dev/null; done &
done
i=0
while [ $i -lt 12 ]; do
    i=$((i + 1))
    dd if=/dev/urandom of=kept$i bs=61k count=$i conv=fsync 2>/dev/null
    echo "KEPT $i $(sha256sum <kept$i | cut -c1-16)"
done
echo RESET
echo b >/proc/sysrq-trigger
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$modules/pv_front.ko" "$modules/pv_blkfront.ko"
truncate -s 64M "$tmp/disk"
mke2fs -q -F -t ext4 "$tmp/disk"
expect 7 "$HVRUN" --timeout 200 --memory 256 --disk "$tmp/disk" --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1"
has '^RESET'
dumpe2fs -h "$tmp/disk" 2>/dev/null | grep -q needs_recovery || fail "the journal has nothing to replay: it was unmounted"
e2fsck -p "$tmp/disk" || [ $? = 1 ] || fail "the journal is not replayed"
e2fsck -f -n "$tmp/disk" || fail "the file system is not in order"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    debugfs -R "dump /kept$i $tmp/kept" "$tmp/disk" 2>/dev/null
    has "^KEPT $i $(sha256sum <"$tmp/kept" | cut -c1-16)"
done
pass
