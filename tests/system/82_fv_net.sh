# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The network harness on hv-stub's NE2000, with the driver that QEMU's card has tested: between two
# unmodified guests, and with a PV guest whose card cuts long segments and leaves checksums out.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$NATIVE" "$PV"

# pair SERVER-MODE KERNEL CLIENT-MODE KERNEL
pair() {
    expect 0 "$HVRUN" --timeout 60 --mode "$1" --kernel "$2" --net switch \
        --cmdline "nettest netpeer=server" --domain --mode "$3" --kernel "$4" --net switch \
        --cmdline "nettest nogateway netpeer=10.0.2.101 tcpbytes=1000000"
    for name in net_ping net_udp net_tcp net_tcp_small; do
        has "TEST $name ok"
    done
    has 'SELFTEST: 6 passed, 0 failed'
    has '(hv) audit: 0 violations'
}

pair fv "$NATIVE" fv "$NATIVE"
pair pv "$PV" fv "$NATIVE"
pair fv "$NATIVE" pv "$PV"
pass
