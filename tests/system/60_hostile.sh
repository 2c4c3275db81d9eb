# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A guest that attacks in some 150 ways gets the same answers as on Xen 4.17, and a second domain
# counts on all the while. Where hv-stub differs on purpose, hostile.differs says why.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV" "$B/guest-hostile-pv.elf"
need_xen

expect 0 "$HVRUN" --smp 2 --timeout 120 --kernel "$B/guest-hostile-pv.elf" \
    --domain --kernel "$PV" --cmdline "count count=20"
[ "$(grep -c '^(d2) .*count' "$out")" -ge 20 ] || fail "the other domain did not go on counting"
has '^(d1) HOSTILE end'
sed -n 's/^(d1) \(HOSTILE .* -> .*\)/\1/p' "$out" | sort >"$tmp/stub"

expect 0 sh tests/xen/run.sh --timeout 120 "$B/guest-hostile-pv.elf"
has '^HOSTILE end'
grep '^HOSTILE .* -> ' "$out" | sort >"$tmp/xen"

# Lines of hostile.differs: NAME WHY.
sed -n 's/^\([a-z0-9_]*\) .*/^HOSTILE \1 -> /p' tests/system/hostile.differs >"$tmp/differs"
for side in stub xen; do
    grep -v -f "$tmp/differs" "$tmp/$side" >"$tmp/$side.kept"
done
if ! diff -U0 --label Xen --label hv-stub "$tmp/xen.kept" "$tmp/stub.kept"; then
    fail "answers differ from Xen's"
fi
echo "$(wc -l <"$tmp/stub.kept") answers as on Xen"
pass
