# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Full virtualization with PV drivers: a guest that is told of the hypervisor by CPUID uses the ring
# disk, with the emulated one still beside it.
. tests/system/lib.sh
need "$HVRUN" "$NATIVE" "$B/blkpattern"
head -c 4194304 /dev/zero >"$tmp/a.img"
for disk in ram:4 "$tmp/a.img"; do
    expect 0 "$HVRUN" --strict --mode fv --xen --disk "$disk" --timeout 60 --kernel "$NATIVE" \
        --cmdline "blktest disk=xen key=9"
    has '^DISK xen: 8192 sectors'
    selftest_passed
    hasnt strict
    has 'audit: 0 violations'
done
"$B/blkpattern" verify "$tmp/a.img" 9 || fail "the image is not what the guest wrote"
# Its events, and a clock that agrees with the TSC the guest sees.
expect 0 "$HVRUN" --mode fv --xen --timeout 60 --kernel "$NATIVE" \
    --cmdline "selftest=xen_events,xen_waiting"
has '^SELFTEST: 2 passed, 0 failed, 0 skipped'
# The same medium by the trapped hardware, in the same guest.
expect 0 "$HVRUN" --mode fv --xen --disk "$tmp/a.img,ro" --timeout 60 --kernel "$NATIVE" \
    --cmdline "blktest=verify key=9 disk=ata-dma"
has '^BLKTEST: 8192 units good, 0 empty'
# Not told, it finds the hardware only.
expect 3 "$HVRUN" --mode fv --disk ram:4 --timeout 60 --kernel "$NATIVE" --cmdline "blktest=verify disk=xen"
has '^disk: no unit 0'

pass
