# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The attacking guest as an ordinary domain beside a Linux dom0: the same answers again, but for the lists' differences
# (60_hostile_results.sh compares with Xen's dom0, for which some doors are open).
. tests/system/lib.sh
. tests/guest/hostile/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$HOSTILE"
need_lab
known=$tmp/known
cat tests/guest/hostile/differences tests/guest/hostile/differences.domu >"$known"

expect 0 "$HVRUN" --timeout 60 --memory 64 --kernel "$HOSTILE"
has '^HOSTILE end'
answers "$out" "$known" >"$tmp/ours"
expect 0 sh tests/xen/lab.sh run --xen gnttab=max-ver:1 --timeout 180 --memory 64 --kernel "$HOSTILE"
has '^HOSTILE end'
answers "$out" "$known" >"$tmp/theirs"
diff "$tmp/ours" "$tmp/theirs" || fail "hv-stub and Xen differ"
echo "$(grep -c . "$tmp/ours") answers are the same"
pass
