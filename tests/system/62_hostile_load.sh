# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Endless batches and event storms on one CPU: the other domain on it still gets its turn.
. tests/system/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$HOSTILE" "$PV"
expect 0 "$HVRUN" --smp 1 --timeout 120 --name bystander --kernel "$PV" --cmdline "count count=10" \
    --domain --name attacker --kernel "$HOSTILE" --cmdline group=load
has '^(d2) HOSTILE end'
[ "$(grep -c '^(d1) .*count' "$out")" -ge 10 ] || fail "the bystander did not count to the end"
# It counted while the attack went on, not only before and after.
first=$(grep -n -m1 'HOSTILE huge_multicall' "$out" | cut -d: -f1)
last=$(grep -n -m1 'HOSTILE end' "$out" | cut -d: -f1)
[ "$(sed -n "${first},${last}p" "$out" | grep -c '^(d1) .*count')" -ge 1 ] ||
    fail "the bystander stood still during the attack"
has '(hv) audit: 0 violations'
pass
