# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A PV ELF that we did not build: Debian's GRUB for Xen, linked at address 0, with its own idea of
# page tables, console ring and xenstore.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
[ -r "$B/xen/grub.elf" ] || sh tests/xen/grub.sh "$B/xen/grub.elf" ||
    skip "Debian's GRUB for Xen could not be downloaded"
# GRUB gives its grant table a mapping before it prints a word.
"$HVRUN" --strict --timeout 60 --kernel "$B/xen/grub.elf" </dev/null >"$out" 2>&1
grep -q "hypercall 20: this hypercall number is not served" "$out" && skip "needs grant tables"
expect 0 "$HVRUN" --timeout 60 --kernel "$B/xen/grub.elf"
has 'hello from GRUB on x86_64-xen'
pass
