# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# pvkit.iso boots from a CD by Multiboot 2; its first menu entry is the PV self-test.
. tests/system/lib.sh
need "$B/pvkit.iso"
expect 33 timeout -k 2 150 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -accel tcg -cpu max,-smap,-smep -m 512 -smp 2 -serial stdio \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -boot d -cdrom "$B/pvkit.iso"
has 'pvkit shim: xen'
selftest_passed
pass
