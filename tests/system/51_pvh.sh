# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# hv-stub itself by the PVH entry: QEMU finds no Multiboot header, and hands over one module.
. tests/system/lib.sh
need "$B/hv-stub-pvh.elf" "$HELLO"
expect 0 sh tools/bare.sh --timeout 60 --initrd "$HELLO" "$B/hv-stub-pvh.elf"
has '^hello from a PV guest'
pass
