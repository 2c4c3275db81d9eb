# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A domain with net=rate=1024 sends 1024 KiB a second, headers included, whatever the size of its packets;
# its peer's answers, and another pair on the same switch, are not held back.
. tests/system/lib.sh
need "$PV" "$B/hv-stub.elf"
expect 0 sh tests/machine.sh --icount --timeout 150 --memory 384 "prefix" "
    $PV kernel mem=64 net -- netbench netpeer=server
    $PV kernel mem=64 net=rate=1024 -- netbench netpeer=10.0.2.101
    $PV kernel mem=64 net -- netbench netpeer=server
    $PV kernel mem=64 net -- netbench netpeer=10.0.2.103"

# ns DOMAIN OP: nanoseconds per message at the sender; virtual ones, one per instruction.
ns() { sed -n "s/^($1) BENCH .*\"$2\",\"role\":\"client\".*\"ns\":\([0-9]*\).*/\1/p" "$out"; }

# between LOW VALUE HIGH
between() {
    [ "$2" -ge "$1" ] || fail "$2 is less than $1"
    [ "$2" -le "$3" ] || fail "$2 is more than $3"
}
between 1400000 "$(ns d2 net_stream_1500)" 1500000
between 60000000 "$(ns d2 net_stream_64k)" 70000000
between 0 "$(ns d4 net_stream_1500)" 50000
between 0 "$(ns d4 net_stream_64k)" 500000
has '^(hv) audit: 0 violations'
pass
