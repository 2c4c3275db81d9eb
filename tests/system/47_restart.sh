# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What follows a domain's end: one that crashes at once is built again and again, a PV one and an FV
# one, of which the memory of the machine grows no smaller and a neighbour sees nothing; one that is
# preserved stays to be looked at; all are gone when destroyed.
. tests/system/lib.sh
HVCTL=$B/hvctl
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf" "$B/guest-fv.elf" "$PV" "$HELLO"
ctl() { "$HVCTL" --timeout 60 "$tmp/control" "$@" || fail "hvctl $*"; }

# A guest whose first instruction is not there: its text is zeroed.
cp "$HELLO" "$tmp/broken"
text=$(readelf -SW "$HELLO" | sed 's/^ *\[ *[0-9]*\] *//' | awk '$1 == ".text" { print $4, $5 }')
dd if=/dev/zero bs=1 seek=$((0x${text% *})) count=$((0x${text#* })) of="$tmp/broken" conv=notrunc 2>/dev/null

"$HVRUN" --smp 2 --timeout 200 --control "$tmp/control" \
    --kernel "$tmp/broken" --on-crash restart --disk ram:1 --net switch \
    --domain --kernel "$tmp/broken" --on-crash preserve \
    --domain --mode fv --kernel "$B/guest-fv.elf" --cmdline triple --on-crash restart --disk ram:1 --net switch \
    --domain --kernel "$PV" --cmdline count >"$out" 2>"$err" </dev/null &
pid=$!
# starts DOMAIN N: it has started again so often.
starts() {
    tries=0
    until [ "$(grep -c "^(hv) $1 .* starts again" "$out")" -ge "$2" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || {
            cat "$out" "$err"
            fail "$1 does not start again"
        }
        sleep 0.1
    done
}
# free_pages ORDER: of some looks at the machine's free pages, the first in that order.
free_pages() {
    for pause in .1 .2 .1 .2 .1 .2 .1 .2 .1 .2 .1 .2; do
        ctl info
        sleep $pause
    done | sed 's/.*free_pages=\([0-9]*\).*/\1/' | sort "$1" | head -n 1
}
# stays_small DOMAIN ORDER: starting again takes nothing from the machine for good. A start that left
# its vcpu behind would cost eight pages.
stays_small() {
    n=$(grep -c "^(hv) $1 .* starts again" "$out")
    first=$(free_pages "$2")
    starts "$1" $((n + 6))
    last=$(free_pages "$2")
    echo "$1: $first pages were free, $last are"
    [ $((first - last)) -lt 24 ] || fail "$1 grows"
}
ctl pause 3
starts d1 2
ctl list
ctl list | grep ' 2 pv .* crash ' || fail "the second is not preserved"
counted=$(grep -c '^(d4) count' "$out")
stays_small d1 -nr # it is dead most of the time
ctl destroy 1
ctl wait 1 ended
ctl unpause 3
starts d3 2
stays_small d3 -n # this one takes a while to die
[ "$(grep -c '^(d4) count' "$out")" -gt "$counted" ] || fail "the fourth does not count"
for d in 2 3 4; do ctl destroy $d; done
got=0
wait $pid || got=$?
grep '^(hv) .*\(again\|ended\|audit\)' "$out"
cat "$err"
[ $got = 3 ] || fail "status $got, though the second had crashed"
has '^(hv) audit: 0 violations'

# The same beside a guest that never leaves the machine's only CPU: its text begins with a jump to itself.
cp "$HELLO" "$tmp/busy"
printf '\353\376' | dd bs=1 seek=$((0x${text% *})) of="$tmp/busy" conv=notrunc 2>/dev/null
"$HVRUN" --timeout 100 --control "$tmp/control" --kernel "$tmp/broken" --on-crash restart \
    --domain --kernel "$tmp/busy" >"$out" 2>"$err" </dev/null &
pid=$!
starts d1 2
ctl list | grep ' 2 pv .* running ' || fail "the busy one does not run"
ctl destroy 1
ctl wait 1 ended
ctl destroy 2
wait $pid # 0 or 3, as it is in the first one's life or after it
has '^(hv) audit: 0 violations'
pass
