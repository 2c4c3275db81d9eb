# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The block front-end with a back-end we did not write: Linux's xen-blkback on Xen 4.17. The same
# harness as on hv-stub, with the same kernel; what it wrote to a disk image is checked here.
. tests/system/lib.sh
need "$PV" "$B/blkpattern"
need_lab
truncate -s 8M "$tmp/image"
expect 0 sh tests/xen/lab.sh run --smp 2 \
    --kernel "$PV" --disk "virtio:$tmp/image" --disk ram:8,r --cmdline "blktest key=9" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest blkring=4 blkseg=64" \
    --domain --kernel "$PV" --disk file:8 --cmdline "blktest blkring=2 blkseg=0" \
    --domain --kernel "$PV" --disk ram:8 --disk ram:8,r --cmdline "blktest unit=1"
for domain in 1 2 3 4; do
    has "^(d$domain) SELFTEST: [1-9][0-9]* passed, 0 failed"
done
has '^(d2) DISK xen: .* 512 requests at a time'
has '^(d4) TEST blk_readonly ok'
"$B/blkpattern" verify "$tmp/image" 9 || fail "the image is not what the shim wrote"
pass
