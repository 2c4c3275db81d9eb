# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A PVH guest starts its second vcpu by hypercall, in 64-bit, 32-bit and compatibility mode, after contexts that
# are wrong in one thing each: the same kernel gets the same answers from hv-stub and from Xen.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$B/guest-pvh.elf"
need_lab
expect 0 "$HVRUN" --mode pvh --vcpus 2 --memory 64 --timeout 60 --kernel "$B/guest-pvh.elf"
has '^compatibility: initialise: 0'
has '^done'
grep -v '^(hv)' "$out" >"$tmp/ours"
expect 0 sh tests/xen/lab.sh run --type pvh --vcpus 2 --timeout 180 --kernel "$B/guest-pvh.elf"
has '^done'
diff "$tmp/ours" "$out" || fail "hv-stub and Xen differ"
pass
