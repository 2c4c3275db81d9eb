# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A kernel that is neither Linux nor the shim asks a thousand things as an ordinary domain: what it finds at its entry,
# instructions, traps, descriptors, page tables, hypercalls, events, registers. hv-stub and Xen 4.17 answer the same,
# but for the lines of tests/guest/conform/differences.
. tests/system/lib.sh
CONFORM=$B/guest-conform-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$CONFORM"
need_lab

expect 0 "$HVRUN" --timeout 60 --memory 64 --vcpus 16 --kernel "$CONFORM"
has '^-- end'
has '^(hv) audit: 0 violations'
grep -v '^(hv)' "$out" >"$tmp/ours"

expect 0 sh tests/xen/lab.sh run --timeout 180 --memory 64 --vcpus 16 --kernel "$CONFORM"
has '^-- end'
diff "$out" "$tmp/ours" | grep '^[<>]' >"$tmp/differences" || :
grep '^[<>]' tests/guest/conform/differences | diff - "$tmp/differences" ||
    fail "other differences than those that are known"
echo "$(grep -c : "$tmp/ours") lines, $(grep -c '^>' "$tmp/differences") of them other than Xen's"
pass
