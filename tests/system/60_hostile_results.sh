# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The attacking guest gets the same answers from hv-stub as from Xen 4.17, attack by attack, but for
# the differences that tests/guest/hostile/differences lists with their reasons.
. tests/system/lib.sh
. tests/guest/hostile/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$B/hv-stub.elf" "$HOSTILE"
need_xen
known=tests/guest/hostile/differences

expect 0 "$HVRUN" --timeout 60 --memory 64 --kernel "$HOSTILE"
has '^HOSTILE end'
answers "$out" "$known" >"$tmp/hv"
sed -n 's/^HOSTILE \([a-z0-9_]* -> .*\)/\1/p' "$out" >"$tmp/hv.all"
expect 0 sh tests/xen/run.sh --timeout 60 --xen gnttab=max-ver:1 "$HOSTILE"
answers "$out" "$known" >"$tmp/xen"
[ "$(wc -l <"$tmp/xen")" -ge 237 ] || fail "only $(wc -l <"$tmp/xen") answers from Xen"
diff -u "$tmp/xen" "$tmp/hv" || fail "hv-stub and Xen answer differently"

# What is listed as different must be answered as the list says, or the list is out of date.
grep -v -e '^#' -e '^$' "$known" | while read -r name want _; do
    grep -q "^$name -> .*$want\$" "$tmp/hv.all" || echo "$name"
done >"$tmp/stale"
[ ! -s "$tmp/stale" ] || fail "differences that are no longer so: $(tr '\n' ' ' <"$tmp/stale")"
pass
