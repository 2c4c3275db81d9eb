# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Our block front-end and a back-end we did not write: Linux's, on Xen. Every sector is written with
# a keyed pattern and read by another path: dom0, or this computer. The back-end goes away and comes
# back while a journal is written, and a domain is destroyed while it writes one.
. tests/system/lib.sh
need "$PV" "$B/blkpattern"
need_lab
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
# last N: the newest generation that the Nth domain says is on its disk.
last() { console "$1" | sed -n "s/^FLUSHED //p" | tail -n 1; }

wait_line 4 '^FLUSHED 30$'
destroy 4
xl list d4 2>/dev/null && echo "d4 is still there"
/lab/blkpattern journal /dev/ram2 44 "$(last 4)" && echo "destroyed: all there"
wait_line 3 "^FLUSHED 20\$"
for i in 1 2 3; do
    vbd unbind 3
    vbd bind 3
    at=$(last 3)
    wait_line 3 "^FLUSHED $((at + 50))\$" && echo "journal went on after restart $i"
done
wait_end 1
wait_end 2
wait_end 3
/lab/blkpattern verify /dev/ram0 22 && echo "RAM disk: every unit good"
/lab/blkpattern journal /dev/ram1 33 800 && echo "restarted: all there"
END
truncate -s 8M "$tmp/disk"
expect 0 sh tests/xen/lab.sh run --dom0 "$tmp/dom0.sh" --file "$B/blkpattern" \
    --kernel "$PV" --disk "virtio:$tmp/disk" --cmdline "blktest disk=xen key=11" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest disk=xen key=22" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest=journal disk=xen key=33 generations=800" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest=journal disk=xen key=44"
for d in 1 2; do
    has "^(d$d) SELFTEST: [1-9][0-9]* passed, 0 failed"
done
for i in 1 2 3; do
    has "^journal went on after restart $i"
done
hasnt 'd4 is still there'
has '^destroyed: all there'
has '^RAM disk: every unit good'
has '^restarted: all there'
"$B/blkpattern" verify "$tmp/disk" 11 || fail "the image here is not what the domain wrote"
pass
