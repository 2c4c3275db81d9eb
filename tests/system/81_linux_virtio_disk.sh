# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Disks of the machine behind the block back-end: what Linux writes is in the image file, what the
# file holds is what Linux reads; one disk is read-only, one is shared by two domains.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_linux
truncate -s 32M "$tmp/disk0"
head -c 8388608 /dev/urandom >"$tmp/disk1"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
while ! [ -b /dev/xvdb ]; do sleep 0.1; done
set -- $(cat /proc/cmdline)
for word; do case $word in who=*) who=${word#who=} ;; esac; done
echo "$who SUM $(dd if=/dev/xvdb bs=256k iflag=direct 2>/dev/null | sha256sum)"
dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct 2>/dev/null || echo "$who READ-ONLY"
if [ "$who" = first ]; then
    dd if=/dev/xvdb of=/dev/xvda bs=4k iflag=direct oflag=direct 2>/dev/null
    dd if=/dev/xvdb of=/dev/xvda bs=1M seek=8 iflag=direct conv=fsync 2>/dev/null
    for i in 1 2 3 4; do # many at once
        dd if=/dev/xvdb of=/dev/xvda bs=64k count=32 skip=$((i * 32 - 32)) seek=$((i * 32 + 224)) \
            conv=notrunc oflag=direct 2>/dev/null &
    done
    wait
fi
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-blkfront.ko"
expect 0 sh tests/machine.sh --timeout 200 --memory 768 --smp 2 "" "
    $LINUX kernel mode=pv mem=256 disk=virtio:0,xvda,w disk=virtio:1,xvdb,r -- console=hvc0 quiet panic=1 who=first
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 disk=ram:1,xvda,w disk=virtio:1,xvdb,r -- console=hvc0 quiet panic=1 who=second
    $tmp/initrd ramdisk" \
    -drive "file=$tmp/disk0,if=none,id=d0,format=raw" -device virtio-blk-pci,drive=d0 \
    -drive "file=$tmp/disk1,if=none,id=d1,format=raw,readonly=on" -device virtio-blk-pci,drive=d1,disable-legacy=on
sum=$(sha256sum <"$tmp/disk1")
has "first SUM $sum"
has "second SUM $sum"
has 'first READ-ONLY'
has 'second READ-ONLY'
for part in 0 1 2; do
    dd if="$tmp/disk0" bs=1M skip=$((part * 8)) count=8 2>/dev/null | cmp - "$tmp/disk1" ||
        fail "part $part of the image is not what was written"
done
has '^(hv) audit: 0 violations'
pass
