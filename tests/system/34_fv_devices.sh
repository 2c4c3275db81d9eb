# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# PCI bus, ATA disk and NE2000 card answer a kernel in the container as QEMU's own answer it bare.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$B/guest-fv.elf"
head -c 4194304 /dev/zero >"$tmp/a.img"
expect 0 sh tools/bare.sh --timeout 60 \
    --with "-drive file=$tmp/a.img,format=raw,if=ide -netdev user,id=n -device ne2k_pci,netdev=n,mac=00:16:3e:00:01:00" \
    "$B/guest-fv.elf" devices
grep '^DEVICE' "$out" >"$tmp/bare"
expect 0 "$HVRUN" --mode fv --disk ram:4 --net switch --timeout 60 --kernel "$B/guest-fv.elf" --cmdline devices
grep '^DEVICE' "$out" >"$tmp/fv"
[ "$(wc -l <"$tmp/fv")" -gt 40 ] || fail "only $(wc -l <"$tmp/fv") answers"
diff "$tmp/bare" "$tmp/fv" || fail "< QEMU, > the container"
pass
