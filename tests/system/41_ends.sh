# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# How a real run ends: power-off 0, crash 3, timeout 5; a crash beside a power-off is still 3.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV" "$HELLO"
expect 0 "$HVRUN" --timeout 30 --kernel "$PV"
has '^pvkit shim: xen'
expect 5 "$HVRUN" --timeout 8 --kernel "$PV" --cmdline echo
has '^pvkit shim: xen'

# A guest whose first instruction is not there: the hello guest with its text zeroed.
cp "$HELLO" "$tmp/broken"
text=$(readelf -SW "$HELLO" | sed 's/^ *\[ *[0-9]*\] *//' | awk '$1 == ".text" { print $4, $5 }')
offset=$((0x${text% *}))
size=$((0x${text#* }))
[ $size -gt 0 ] || error "no .text in $HELLO"
dd if=/dev/zero bs=1 seek=$offset count=$size of="$tmp/broken" conv=notrunc 2>/dev/null
expect 3 "$HVRUN" --timeout 30 --kernel "$tmp/broken"
expect 3 "$HVRUN" --smp 2 --timeout 60 --kernel "$tmp/broken" \
    --domain --kernel "$PV" --cmdline "count count=10"
[ "$(grep -c "^(d2) .*count" "$out")" -ge 10 ] || fail "the other domain did not go on counting"
pass
