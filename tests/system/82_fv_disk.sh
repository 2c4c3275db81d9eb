# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The unmodified shim on emulated ATA disks, by programmed I/O and by bus master: on a RAM disk, and
# on an image that is checked on the host. In QEMU the same drivers run on QEMU's own PIIX3
# (80_blk_bare.sh).
. tests/system/lib.sh
need "$HVRUN" "$NATIVE" "$B/blkpattern"

for how in ata-pio ata-multiple ata-dma; do
    expect 0 "$HVRUN" --strict --mode fv --disk ram:8 --timeout 60 --kernel "$NATIVE" \
        --cmdline "blktest disk=$how"
    has "^DISK $how:"
    selftest_passed
    hasnt strict
done

# The second drive of the channel, read-only: what the host wrote is there, writes fail.
head -c 4194304 /dev/zero >"$tmp/a.img"
"$B/blkpattern" create "$tmp/b.img" 4 11 >"$tmp/log" || error "blkpattern"
expect 0 "$HVRUN" --mode fv --disk "$tmp/a.img" --disk "$tmp/b.img,ro" --timeout 60 --kernel "$NATIVE" \
    --cmdline "blktest=verify key=11 unit=1 disk=ata-dma"
has '^BLKTEST: 8192 units good, 0 empty'

# What a guest writes by ATA is in the image.
expect 0 "$HVRUN" --mode fv --disk "$tmp/a.img" --timeout 60 --kernel "$NATIVE" --cmdline "blktest disk=ata-dma key=5"
selftest_passed
"$B/blkpattern" verify "$tmp/a.img" 5 || fail "the image is not what the guest wrote"
pass
