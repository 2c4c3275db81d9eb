# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Two domains on two CPUs run at once: their counters interleave, and both power off.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
expect 0 "$HVRUN" --smp 2 --timeout 60 --name one --kernel "$PV" --cmdline "count count=10" \
    --domain --name two --kernel "$PV" --cmdline "count count=10"
for d in 1 2; do
    [ "$(grep -c "^(d$d) .*count" "$out")" -ge 10 ] || fail "domain $d did not count to 10"
done
# Runs of lines of the same domain: one after the other would be two runs.
runs=$(sed -n 's/^(d\([12]\)) .*count.*/\1/p' "$out" | uniq | wc -l)
[ "$runs" -ge 6 ] || fail "the counters do not interleave: $runs changes of domain"
pass
