# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# --stats gives one JSON object, however the run ends on its own.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$HELLO"
expect 0 "$HVRUN" --timeout 30 --kernel "$HELLO" --stats "$tmp/stats.json"
[ -s "$tmp/stats.json" ] || fail "no statistics"
has '"domains"' "$tmp/stats.json"
pass
