# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Attacks that leave the guest nothing to run: each crashes that domain alone (status 3), while a
# second domain counts to its end and the frame audit finds nothing.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV" "$B/guest-hostile-pv.elf"

cases=$(sed -n '/fatal_cases\[\] = {/,/};/p' tests/guest/hostile/fatal.c | grep -o 'C([a-z0-9_]*)' |
    sed 's/C(\(.*\))/\1/')
[ -n "$cases" ] || error "no cases found in fatal.c"
for name in $cases; do
    expect 3 "$HVRUN" --smp 2 --timeout 60 --kernel "$B/guest-hostile-pv.elf" \
        --cmdline "case=$name" --domain --kernel "$PV" --cmdline "count count=5"
    [ "$(grep -c '^(d2) .*count' "$out")" -ge 5 ] || fail "$name: the other domain stopped"
    hasnt 'panic'
    hasnt '(d1) HOSTILE end'
done
echo "$(echo "$cases" | wc -w) attacks crashed their own domain alone"
pass
