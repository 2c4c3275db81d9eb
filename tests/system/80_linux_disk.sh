# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The block back-end with a front-end we did not write: Linux's xen-blkfront on RAM disks. Data
# written one way is read another; a file system is made and used; a read-only disk stays so.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
while ! [ -b /dev/xvdb ]; do sleep 0.1; done
echo "SIZES $(cat /sys/block/xvda/size) $(cat /sys/block/xvdb/size) RO $(cat /sys/block/xvdb/ro)"
echo "QUEUES $(ls /sys/block/xvda/mq | wc -l)"
dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null
dd if=/data of=/dev/xvda bs=64k oflag=direct 2>/dev/null
dd if=/dev/xvda bs=4k count=2048 iflag=direct 2>/dev/null | cmp - /data && echo SMALL READS AGREE
dd if=/dev/xvda bs=1M count=8 iflag=direct 2>/dev/null | cmp - /data && echo LARGE READS AGREE
dd if=/data of=/dev/xvda bs=512 seek=131071 count=1 conv=notrunc oflag=direct 2>/dev/null && echo LAST SECTOR
blkdiscard -o 4096 -l 4194304 /dev/xvda &&
    dd if=/dev/xvda bs=4k skip=1 count=1024 iflag=direct 2>/dev/null |
    cmp -n 4194304 - /dev/zero && echo DISCARDED
mke2fs /dev/xvda >/dev/null 2>&1
mount -t ext2 /dev/xvda /mnt && cp /data /mnt/data && sync && umount /mnt &&
    mount -t ext2 /dev/xvda /mnt && cmp /mnt/data /data && umount /mnt && echo FILE SYSTEM AGREES
dd if=/data of=/dev/xvdb bs=4k count=1 oflag=direct 2>/dev/null || echo READ-ONLY
dmesg | grep blkfront:
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-blkfront.ko"
expect 0 sh tests/machine.sh --timeout 200 --memory 640 --smp 2 "strict" "
    $LINUX kernel mode=pv mem=384 vcpus=2 disk=ram:64,xvda,w disk=ram:8,xvdb,r -- console=hvc0 quiet panic=1
    $tmp/initrd ramdisk"
has '^SIZES 131072 16384 RO 1'
has '^QUEUES 2'
has '^SMALL READS AGREE'
has '^LARGE READS AGREE'
has '^LAST SECTOR'
has '^DISCARDED'
has '^FILE SYSTEM AGREES'
has '^READ-ONLY'
has 'blkfront: xvda: .*flush diskcache: enabled;.*indirect descriptors: enabled'
hasnt 'strict d1 .*backend'
has '^(hv) audit: 0 violations'
pass
