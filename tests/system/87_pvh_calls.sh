# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A PVH guest starts its second vcpu by hypercall, in 64-bit, 32-bit and compatibility mode, after contexts that are
# wrong in one thing each; then it tries all other hypercalls and their commands, and changes its map of memory. The
# same kernel gets the same answers from hv-stub and from Xen, but for those in tests/guest/pvh/differences.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$B/guest-pvh.elf"
need_lab
known=tests/guest/pvh/differences
grep -v '^#' "$known" >"$tmp/known"
sed 's/: .*/:/' "$tmp/known" >"$tmp/names"

expect 0 "$HVRUN" --mode pvh --vcpus 2 --memory 64 --timeout 60 --kernel "$B/guest-pvh.elf"
has '^compatibility: initialise: 0'
has '^done'
has 'audit: 0 violations'
grep -vxF -f "$out" "$tmp/known" >"$tmp/stale"
[ ! -s "$tmp/stale" ] || fail "differences that are no longer so: $(cat "$tmp/stale")"
grep -v '^(hv)' "$out" | grep -vF -f "$tmp/names" >"$tmp/ours"

expect 0 sh tests/xen/lab.sh run --type pvh --vcpus 2 --timeout 180 --kernel "$B/guest-pvh.elf"
has '^done'
grep -xF -f "$tmp/known" "$out" && fail "hv-stub and Xen no longer differ there"
grep -vF -f "$tmp/names" "$out" >"$tmp/theirs"
diff "$tmp/ours" "$tmp/theirs" || fail "hv-stub and Xen differ"
echo "$(grep -c : "$tmp/ours") answers are the same"
pass
