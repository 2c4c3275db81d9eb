# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A second block front-end that we did not write, GRUB's for Xen: it finds both disks and reads a file of
# a file system that the host made.
. tests/system/lib.sh
need "$B/hv-stub.elf"
[ -r "$B/xen/grub-disk.elf" ] ||
    sh tests/xen/grub.sh "$B/xen/grub-disk.elf" "ls" "cat (xen/xvda)/greeting" ||
    skip "Debian's GRUB for Xen could not be downloaded"
mkdir "$tmp/files"
echo "a file on the disk" >"$tmp/files/greeting"
truncate -s 8M "$tmp/disk"
mke2fs -q -t ext2 -d "$tmp/files" "$tmp/disk" || error "mke2fs"
expect 0 sh tests/machine.sh --timeout 120 --memory 384 "" "
    $B/xen/grub-disk.elf kernel mem=128 disk=virtio:0,xvda,r disk=ram:4,xvdb,w --" \
    -drive "file=$tmp/disk,if=none,id=d0,format=raw,readonly=on" -device virtio-blk-pci,drive=d0
has '(xen/xvda) (xen/xvdb)'
has '^a file on the disk'
has '^(hv) audit: 0 violations'
pass
