# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The block front-end on hv-stub: the harness on a RAM disk with rings of one and of many pages, one
# queue and many, short and long requests; a read-only disk; disk images that a host program made, and
# checks; and a back-end that begins anew all the time, which loses nothing.
. tests/system/lib.sh
need "$PV" "$B/hv-stub.elf" "$B/blkpattern"

# shim DISKS VCPUS WORDS [QEMU ARGUMENT...]; $options are hv-stub's
options=strict
shim() {
    disks=$1 vcpus=$2 words=$3
    shift 3
    expect 0 sh tests/machine.sh --timeout 200 --memory 256 "$options" \
        "$PV kernel mode=pv mem=96 vcpus=$vcpus $disks -- $words" "$@"
    hasnt '(hv) strict'
}

depth() { has "^DISK xen: .* $1 requests at a time"; }

shim disk=ram:16,xvda,w 1 blktest
selftest_passed
depth 32
shim disk=ram:16,xvda,w 4 "blktest blkqueues=4 blkring=2 blkseg=0"
selftest_passed
depth 512
shim disk=ram:16,xvda,w 2 "blktest blkqueues=2 blkring=4 blkseg=32"
selftest_passed
depth 1024
shim "disk=ram:16,xvda,w disk=ram:8,xvdb,r" 1 "blktest unit=1"
has '^TEST blk_readonly ok'
selftest_passed

# One notification for a batch.
shim disk=ram:16,xvda,w 1 "blkbench=blk_read4k_qd32"
has '"hypercalls":0\.0'

image=$tmp/image
drive="-drive file=$image,format=raw,if=none,id=d0 -device virtio-blk-pci,drive=d0"
"$B/blkpattern" create "$image" 8 5 || error "no image"
# shellcheck disable=SC2086 # $drive is words
shim disk=virtio:0,xvda,w 1 "blktest=verify key=5 blkring=1" $drive
has '^BLKTEST: 16384 units good, 0 empty'
# shellcheck disable=SC2086
shim disk=virtio:0,xvda,w 1 "blktest key=77" $drive
selftest_passed
"$B/blkpattern" verify "$image" 77 || fail "the image is not what the shim wrote"

options="strict blk-restart=20"
# shellcheck disable=SC2086
shim disk=virtio:0,xvda,w 2 "blktest key=78 blkqueues=2 blkring=2" $drive
selftest_passed
[ "$(grep -c 'connected again, [1-9][0-9]* requests kept' "$out")" -ge 3 ] || fail "there were no restarts under load"
"$B/blkpattern" verify "$image" 78 || fail "the image is not what the shim wrote"
pass
