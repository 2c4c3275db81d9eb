# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A PV ELF that we did not build: Debian's GRUB for Xen, linked at address 0, with its own idea of
# page tables, console ring and xenstore.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
[ -r "$B/xen/grub.elf" ] || sh tests/xen/grub.sh "$B/xen/grub.elf" ||
    skip "Debian's GRUB for Xen could not be downloaded"
expect 0 "$HVRUN" --strict --timeout 60 --kernel "$B/xen/grub.elf"
has 'hello from GRUB'
hasnt 'strict d1'
has '^(hv) audit: 0 violations'
pass
