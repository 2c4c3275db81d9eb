# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What 64-bit kernels rarely do to the full-virtualization container, and every way out of it.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$B/guest-fv.elf"
fv() { expect "$1" "$HVRUN" --mode fv --timeout 60 --kernel "$B/guest-fv.elf" --cmdline "$2"; }
fv 0 off
has '^pvkit fv guest: command line "off"'
selftest_passed
fv 0 halt
fv 7 reset
fv 3 triple
has 'crashed: triple fault'
pass
