# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The network front-end on hv-stub: two kernels talk through the switch, with one queue and with
# several, paravirtualized and in containers; and one talks through the uplink to QEMU's user network.
. tests/system/lib.sh
need "$PV" "$NATIVE" "$B/hv-stub.elf" "$B/blkpattern"

# pair KERNEL MODE WORDS: the second domain tests, the first one serves.
pair() {
    expect 0 sh tests/machine.sh --memory 256 strict "
        $1 kernel $2 mem=64 net -- nettest nic=xen netpeer=server $3
        $1 kernel $2 mem=64 net -- nettest nic=xen netpeer=10.0.2.101 nogateway $3"
    for name in net_link net_ping net_udp net_tcp net_tcp_small; do
        has "^(d2) TEST $name ok"
    done
    has '^(d2) SELFTEST: [1-9][0-9]* passed, 0 failed'
    has '^(d2) NIC xen: .* checksums, TSO'
    hasnt '(hv) strict'
}
pair "$PV" mode=pv ""
pair "$PV" "mode=pv vcpus=2" "netqueues=2 netevents=1"
pair "$NATIVE" "mode=fv xen=1" ""

# Back-ends that begin anew all the time: frames are lost, pings among them, connections are not.
sh tests/machine.sh --memory 256 "strict net-restart=30" "
    $PV kernel mode=pv mem=64 net -- nettest netpeer=server
    $PV kernel mode=pv mem=64 net -- nettest netpeer=10.0.2.101 nogateway" >"$out" 2>&1 </dev/null
tr -d "\r" <"$out" >"$out.text"
mv "$out.text" "$out"
cat "$out"
has "^(d2) TEST net_tcp ok"
has "^(d2) TEST net_tcp_small ok"
hasnt "(hv) strict"

mkdir "$tmp/tftp"
"$B/blkpattern" create "$tmp/tftp/blocks" 1 9 || error "no file to serve"
expect 0 sh tests/machine.sh --memory 256 strict \
    "$PV kernel mode=pv mem=64 net -- nettest tftp=blocks key=9 netpeer=10.0.2.100 noudp ip=10.0.2.15" \
    -netdev "user,id=n0,restrict=on,tftp=$tmp/tftp,guestfwd=tcp:10.0.2.100:7-cmd:cat" \
    -device virtio-net-pci,netdev=n0
for name in net_arp net_ping net_tftp net_tcp net_tcp_small; do
    has "^TEST $name ok"
done
has '^NET 2048 blocks by TFTP'
hasnt '(hv) strict'
pass
