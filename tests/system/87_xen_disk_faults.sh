# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Our block front-end while Linux's back-end, on Xen, goes away and comes back under load, at once and
# in whatever order their states cross; and a domain that is destroyed in the middle of its writes.
# dom0 reads what is on the disks: all that was flushed is there, and every sector is whole.
. tests/system/lib.sh
need "$PV" "$B/blkpattern"
need_lab
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
# last N: the newest generation that the Nth domain says is on its disk.
last() { console "$1" | sed -n "s/^FLUSHED //p" | tail -n 1; }

wait_line 2 '^FLUSHED 30$'
destroy 2
xl list d2 2>/dev/null && echo "d2 is still there"
/lab/blkpattern journal /dev/ram1 44 "$(last 2)" && echo "destroyed: all there"
wait_line 1 '^FLUSHED 20$'
for i in 1 2 3 4 5; do
    vbd unbind 1
    vbd bind 1
    wait_line 1 "^FLUSHED $(($(last 1) + 20))\$" && echo "journal went on after restart $i"
done
at=$(last 1)
destroy 1
/lab/blkpattern journal /dev/ram0 33 "$at" && echo "restarted: all there"
END
expect 0 sh tests/xen/lab.sh run --dom0 "$tmp/dom0.sh" --file "$B/blkpattern" \
    --kernel "$PV" --disk ram:8 --cmdline "blktest=journal key=33" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest=journal key=44"
for i in 1 2 3 4 5; do
    has "^journal went on after restart $i"
done
hasnt 'd2 is still there'
has '^destroyed: all there'
has '^restarted: all there'
pass
