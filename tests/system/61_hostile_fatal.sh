# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Attacks that leave nothing to run: each attacker is a domain of its own, all in one machine. None
# reaches ring 0 or another domain: a bystander counts to the end and the frame audit is clean.
. tests/system/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$HOSTILE" "$PV"
cases=$(sed -n '/fatal_cases\[\]/,/};/s/C(\([a-z0-9_]*\))/\n@\1\n/gp' tests/guest/hostile/fatal.c | sed -n 's/^@//p')
[ "$(echo "$cases" | wc -l)" -ge 12 ] || error "found only: $cases"
set -- --smp 2 --host-memory 768 --timeout 120 --name bystander --kernel "$PV" --cmdline "count count=20"
for c in $cases; do
    set -- "$@" --domain --name "$c" --memory 16 --kernel "$HOSTILE" --cmdline "case=$c"
done
expect 3 "$HVRUN" "$@"
[ "$(grep -c '^(d1) .*count' "$out")" -ge 20 ] || fail "the bystander did not count to the end"
has '(hv) audit: 0 violations'
hasnt 'landed with cs .*[0-2]$'
hasnt '(hv) panic'
pass
