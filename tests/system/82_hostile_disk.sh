# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Two guests attack their block back-ends, on a RAM disk and on a disk of the machine, whose requests
# are under way while they misbehave. A third on the same CPU tests its own disk meanwhile and notices
# nothing; every frame is accounted for at the end.
. tests/system/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$B/hv-stub.elf" "$HOSTILE" "$PV"
truncate -s 16M "$tmp/disk"
expect 0 sh tests/machine.sh --timeout 200 --memory 384 "" "
    $PV kernel mem=96 disk=ram:16,xvda,w -- blktest
    $HOSTILE kernel mem=32 disk=ram:16,xvda,w -- group=device
    $HOSTILE kernel mem=32 disk=virtio:0,xvda,w -- group=device" \
    -drive "file=$tmp/disk,if=none,id=d0,format=raw" -device virtio-blk-pci,drive=d0
sed 's/ *#.*//' >"$tmp/want" <<'END'
blk_read 0
blk_not_granted -1
blk_granted_to_another -1
blk_granted_to_be_read -1
blk_frame_of_the_hypervisor -1
blk_frame_of_nobody -1
blk_frames_of_others 0 # none of them
blk_page_table -1
blk_shared_info -1
blk_behind_the_end -1
blk_sector_wraps -1
blk_segment_backwards -1
blk_segment_leaves_page -1
blk_segments_overlap 0
blk_too_many_segments -1
blk_unknown_operation -2
blk_indirect_garbage -1
blk_indirect_too_many -1
blk_indirect_in_indirect -1
blk_indirect_not_granted -1
blk_indirect_eats_itself 0
blk_index_jumps 5 # the back-end closes
blk_ring_overwritten 2 # and begins anew
blk_responses_not_taken 2
blk_notify_storm 0
blk_port_closed 2
blk_port_of_the_store 5
blk_ring_not_granted 5
blk_ring_order 5
blk_too_many_queues 5
blk_state_storm 2
blk_connection_storm 0
blk_ends_connected 4
END
for d in 2 3; do
    sed -n "s/^(d$d) *//p" "$out" | tr '\n' ' ' | sed 's/HOSTILE /\n/g' |
        sed -n 's/^\(blk_[a-z_]*\) -> *\(-*[0-9]*\).*/\1 \2/p' >"$tmp/got"
    diff -u "$tmp/want" "$tmp/got" || fail "domain $d got other answers"
    has "^(d$d) HOSTILE end"
done
has '^(d1) SELFTEST: [1-9][0-9]* passed, 0 failed'
has '^(hv) audit: 0 violations'
pass
