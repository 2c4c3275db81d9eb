# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The network harness with the shim's NE2000 driver on QEMU's card: against QEMU's user network
# (DHCP, ARP, ping, TFTP, TCP to a process of the host), and two machines against each other.
. tests/system/lib.sh
need "$NATIVE" "$B/blkpattern"
mkdir "$tmp/tftp"
"$B/blkpattern" create "$tmp/tftp/blocks" 1 9 || error "no file to serve"
expect 0 sh tools/bare.sh --timeout 60 --with "-device ne2k_pci,netdev=n0 -netdev \
user,id=n0,tftp=$tmp/tftp,guestfwd=tcp:10.0.2.100:7-cmd:cat" \
    "$NATIVE" nettest ip=dhcp tftp=blocks key=9 netpeer=10.0.2.100 noudp
for name in net_link net_arp net_ping net_tftp net_tcp net_tcp_small; do
    has "^TEST $name ok"
done
has '^NIC ne2000: .* address 10.0.2.15'
has '^NET 2048 blocks by TFTP'
selftest_passed

# The link between the machines is a TCP connection that the first one waits for, on a free port.
try=0
while :; do
    port=$((20000 + ($$ + try * 997) % 20000))
    card=-device\ ne2k_pci,netdev=n0,mac=52:54:00:00:00
    sh tools/bare.sh --timeout 90 --with "$card:01 -netdev socket,id=n0,listen=127.0.0.1:$port" \
        "$NATIVE" nettest netpeer=server ip=10.0.2.101 >"$tmp/server" 2>&1 </dev/null &
    server=$!
    until grep -q 'NETSERVER ready' "$tmp/server" || ! kill -0 $server 2>/dev/null; do
        sleep 0.2
    done
    if grep -q 'NETSERVER ready' "$tmp/server"; then break; fi
    wait $server
    try=$((try + 1))
    [ $try -lt 5 ] || { cat "$tmp/server"; error "the server does not start"; }
done
expect 0 sh tools/bare.sh --timeout 60 --with "$card:02 -netdev \
socket,id=n0,connect=127.0.0.1:$port" "$NATIVE" nettest netpeer=10.0.2.101 ip=10.0.2.102 nogateway
for name in net_ping net_udp net_tcp net_tcp_small; do
    has "^TEST $name ok"
done
selftest_passed
wait "$server" || fail "the server ended with $?"
pass
