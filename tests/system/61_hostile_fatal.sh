# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Attacks after which a guest may have nothing left to run: each ends as on Xen 4.17, in the crash
# of its own domain alone or in a trap; a second domain counts to its end, the audit finds nothing.
. tests/system/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$PV" "$HOSTILE"
need_xen

cases=$(sed -n '/fatal_cases\[\] = {/,/};/p' tests/guest/hostile/fatal.c | grep -o 'C([a-z0-9_]*)' |
    sed 's/C(\(.*\))/\1/')
[ -n "$cases" ] || error "no cases found in fatal.c"

# answer FILE: what the attack came back with, if it did; Xen's own lines may cut in before that.
answer() { sed -n 's/^\((d1) \)\{0,1\}HOSTILE [a-z0-9_]* -> \([a-z0-9 -]*\)$/\2/p' "$1"; }

for name in $cases; do
    status=0
    sh tests/xen/run.sh --timeout 60 "$HOSTILE" "case=$name" >"$tmp/xen" 2>&1 || status=$?
    [ $status = 0 ] || [ $status = 3 ] || error "Xen ended $name with status $status"
    expect $status "$HVRUN" --smp 2 --timeout 60 --kernel "$HOSTILE" --cmdline "case=$name" \
        --domain --kernel "$PV" --cmdline "count count=5"
    [ "$(grep -c '^(d2) .*count' "$out")" -ge 5 ] || fail "$name: the other domain stopped"
    has '^(hv) audit: 0 violations'
    hasnt 'panic'
    [ $status = 3 ] || [ "$(answer "$out")" = "$(answer "$tmp/xen")" ] ||
        fail "$name: answered '$(answer "$out")', by Xen '$(answer "$tmp/xen")'"
done
echo "$(echo "$cases" | wc -w) attacks ended as on Xen"
pass
