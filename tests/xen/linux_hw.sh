#!/bin/sh
# SPDX-License-Identifier: MIT
# linux_hw.sh OUT.elf: Debian's stock kernel for hardware, taken out of its bzImage and otherwise as it is;
# in the folder OUT.modules the drivers of PIIX3 disks and NE2000 cards, in the order of their names.
set -eu
out=$1
mkdir -p "$(dirname "$out")" "${out%.elf}.modules"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package=$(sh tests/xen/kernel-package.sh amd64)
sh tests/xen/unpack.sh "$package" "$tmp"
n=10
for module in crct10dif_common crc-t10dif crc64 crc64-rocksoft t10-pi scsi_common scsi_mod libata ata_piix sd_mod 8390 ne2k-pci; do
    find "$tmp/lib/modules" -name "$module.ko" -exec cp {} "${out%.elf}.modules/$n-$module.ko" \;
    n=$((n + 1))
done
sh tests/xen/vmlinux.sh "$tmp"/boot/vmlinuz-* "$out"
