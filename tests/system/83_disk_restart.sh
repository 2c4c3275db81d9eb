# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Block back-ends that begin anew every few milliseconds under a front-end that checks every sector: no
# request is lost, none is answered twice, and nothing leaks. One disk has sectors of 4096 bytes.
. tests/system/lib.sh
need "$B/hv-stub.elf" "$PV"
truncate -s 16M "$tmp/disk"
expect 0 sh tests/machine.sh --timeout 200 --memory 384 --smp 2 "debug blk-restart=2" "
    $PV kernel mem=128 disk=ram:16,xvda,w -- blktest
    $PV kernel mem=128 disk=virtio:0,xvda,w -- blktest" \
    -drive "file=$tmp/disk,if=none,id=d0,format=raw" -device virtio-blk-pci,drive=d0,logical_block_size=4096,physical_block_size=4096
for d in 1 2; do
    has "^(d$d) SELFTEST: [1-9][0-9]* passed, 0 failed"
    [ "$(grep -c "^(hv) d$d .*vbd.* begins anew" "$out")" -ge 10 ] ||
        fail "the back-end of domain $d hardly ever began anew"
done
has '^(hv) audit: 0 violations'
pass
