#!/bin/sh
# SPDX-License-Identifier: MIT
# linux.sh OUT.elf: Debian's stock cloud kernel, taken out of its bzImage and otherwise as it is; beside
# it the bzImage, the modules of its PV front-ends, of hypercalls from user mode and of MSRs, and in the folder
# OUT.modules the drivers of virtio and of PIIX3 disks, in the order of their names.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package=$(sh tests/xen/kernel-package.sh cloud-amd64)
sh tests/xen/unpack.sh "$package" "$tmp"
for module in "xen-*front" xenfs xen-privcmd msr; do
    find "$tmp/lib/modules" -name "$module.ko" -exec cp {} "$(dirname "$out")" \;
done
mkdir -p "${out%.elf}.modules"
n=10
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk \
    crct10dif_common crc-t10dif crc64 crc64-rocksoft t10-pi scsi_common scsi_mod libata ata_piix sd_mod; do
    find "$tmp/lib/modules" -name "$module.ko" -exec cp {} "${out%.elf}.modules/$n-$module.ko" \;
    n=$((n + 1))
done
cp "$tmp"/boot/vmlinuz-* "$(dirname "$out")/vmlinuz"
sh tests/xen/vmlinux.sh "$tmp"/boot/vmlinuz-* "$out"
