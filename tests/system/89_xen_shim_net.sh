# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The network front-end with a back-end we did not write: Linux's xen-netback on Xen 4.17, long
# segments and blank checksums both ways; a peer is Linux's own TCP in dom0.
. tests/system/lib.sh
need "$PV"
need_lab
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
nc -ll -p 7 -e cat &
server=$!
wait_end 2
wait_end 3
kill $server
END
expect 0 sh tests/xen/lab.sh run --smp 2 --dom0 "$tmp/dom0.sh" \
    --kernel "$PV" --net --cmdline "nettest netpeer=server" \
    --domain --kernel "$PV" --net --cmdline "nettest netpeer=10.0.2.101" \
    --domain --kernel "$PV" --net --cmdline "nettest netpeer=10.0.2.2 noudp netevents=1"
for domain in 2 3; do
    for name in net_link net_arp net_ping net_tcp net_tcp_small; do
        has "^(d$domain) TEST $name ok"
    done
    has "^(d$domain) SELFTEST: [1-9][0-9]* passed, 0 failed"
    has "^(d$domain) NIC xen: .* checksums, TSO"
done
has '^(d2) TEST net_udp ok'
pass
