# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A front-end that lets go of nothing: its ring is always full, it says any state but those that end, and
# rewrites its nodes, those of devices that are gone too. Disks come to it and are taken away by force, a file
# and memory in turn; nothing of either is kept, and a guest on the same CPU counts on.
. tests/system/lib.sh
HVCTL=$B/hvctl
HOSTILE=$B/guest-hostile-pv.elf
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf" "$HOSTILE" "$PV"
truncate -s 16M "$tmp/disk"
"$HVRUN" --timeout 150 --host-memory 300 --control "$tmp/control" --kernel "$HOSTILE" --cmdline group=plug \
    --domain --kernel "$PV" --cmdline count >"$out" 2>"$err" </dev/null &
pid=$!
ctl() { "$HVCTL" --timeout "$@"; }
do_ctl() { ctl 60 "$tmp/control" "$@" || fail "hvctl $*"; }
# says N WORD: until the first domain has said so N times.
says() {
    tries=0
    until [ "$(grep -c "^(d1).*$2" "$out")" -ge "$1" ]; do
        tries=$((tries + 1))
        { [ $tries -lt 600 ] && kill -0 $pid; } || { cat "$out" "$err"; fail "the guest does not say $2"; }
        sleep 0.1
    done
}
pages=
for n in 1 2 3 4 5 6; do
    target=$tmp/disk
    [ $((n % 2)) = 1 ] || target=ram:16
    do_ctl block-attach 1 "format=raw,vdev=xvda,access=rw,target=$target"
    says $n PLUGGED
    if [ $n = 1 ]; then # it is asked in vain
        got=0
        ctl 2 "$tmp/control" block-detach 1 xvda 2>"$tmp/refused" || got=$?
        { [ $got = 1 ] && has 'does not let go of xvda' "$tmp/refused"; } || fail "status $got"
        has '^51712 0   1      5 ' /dev/fd/3 3<<END
$(ctl 60 "$tmp/control" block-list 1)
END
    fi
    do_ctl block-detach 1 xvda --force
    [ "$(ctl 60 "$tmp/control" block-list 1 | wc -l)" = 1 ] || fail "it is still there"
    says $n TAKEN
    do_ctl audit 1 >"$tmp/audit"
    has '^violations=0$' "$tmp/audit"
    now=$(ctl 60 "$tmp/control" info | sed 's/.*free_pages=\([0-9]*\).*/\1/')
    if [ $n = 2 ]; then pages=$now; fi
done
[ "$now" = "$pages" ] || fail "of $pages free pages $now are left"
counted=$(grep -c '^(d2) count' "$out")
says_count=0
until [ "$(grep -c '^(d2) count' "$out")" -gt "$counted" ]; do
    says_count=$((says_count + 1))
    [ $says_count -lt 300 ] || fail "the other guest does not count"
    sleep 0.1
done
do_ctl destroy 1
do_ctl destroy 2
got=0
wait $pid || got=$?
grep -v count "$out"
cat "$err"
[ $got = 0 ] || fail "status $got"
has '^(hv) audit: 0 violations'
pass
