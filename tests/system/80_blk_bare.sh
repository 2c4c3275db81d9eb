# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The block harness with the shim's own ATA drivers on QEMU's disks, by programmed I/O and by DMA.
# The image is made and checked by a host program.
. tests/system/lib.sh
need "$NATIVE" "$B/blkpattern"
image=$tmp/disk

# shim UNIT WORDS...: the native shim with the image as second disk of the first channel.
shim() {
    expect 0 sh tools/bare.sh --timeout 60 --with "-drive file=$image,format=raw,if=none,id=d1 \
-device ide-hd,drive=d1,bus=ide.0,unit=1" "$NATIVE" "$@" unit=1
}

for disk in ata-pio ata-multiple ata-dma; do
    "$B/blkpattern" create "$image" 8 5 || error "no image"
    shim blktest=verify disk=$disk key=5
    has '^BLKTEST: 16384 units good, 0 empty'
    shim blktest disk=$disk key=77
    has "^DISK $disk: 16384 sectors"
    selftest_passed
    "$B/blkpattern" verify "$image" 77 || fail "the image is not what the shim wrote"
    shim blktest=verify disk=$disk key=5
    has '^BLKTEST: FAILED, unit [0-9]* is foreign'
done

# A journal, and what a later look at the disk must find; too much is asked for first.
truncate -s 0 "$image"
truncate -s 8M "$image"
shim blktest=journal generations=30
has '^FLUSHED 30$'
"$B/blkpattern" journal "$image" 1 31 && fail "a generation that was never written is not missed"
"$B/blkpattern" journal "$image" 1 30 || fail "flushed writes are missing"
shim blktest=check upto=30
has '^BLKTEST: good'
pass
