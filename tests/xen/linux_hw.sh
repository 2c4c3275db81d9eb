#!/bin/sh
# SPDX-License-Identifier: MIT
# linux_hw.sh OUT.elf: Debian's stock kernel for hardware, taken out of its bzImage and otherwise as it is;
# beside it OUT.vmlinuz, the bzImage, and folders of modules in the order in which they load: OUT.modules has
# the drivers of PIIX3 disks and NE2000 cards, OUT.pv those of PV devices and of the ext4 file system; and
# OUT.pata_legacy.ko, the driver of ATA disks behind ISA's ports.
set -eu
out=$1
base=${out%.elf}
mkdir -p "$base.modules" "$base.pv"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package=$(sh tests/xen/kernel-package.sh amd64)
sh tests/xen/unpack.sh "$package" "$tmp"

modules() { # FOLDER NAME...
    folder=$1
    shift
    n=10
    for module in "$@"; do
        find "$tmp/lib/modules" -name "$module.ko" -exec cp {} "$folder/$n-$module.ko" \;
        n=$((n + 1))
    done
}

modules "$base.modules" crct10dif_common crc-t10dif crc64 crc64-rocksoft t10-pi scsi_common scsi_mod libata ata_piix \
    sd_mod 8390 ne2k-pci
modules "$base.pv" crc32c_generic crc16 mbcache jbd2 ext4 xen-blkfront xen-netfront xen-privcmd xenfs
find "$tmp/lib/modules" -name pata_legacy.ko -exec cp {} "$base.pata_legacy.ko" \;
cp "$tmp"/boot/vmlinuz-* "$base.vmlinuz"
sh tests/xen/vmlinux.sh "$tmp"/boot/vmlinuz-* "$out"
