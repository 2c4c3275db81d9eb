# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Debian's full kernel, made for hardware, on a root disk whose file system it has as a module, too.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux_hw
expect 0 sh tests/xen/linux_root.sh "$LINUX_HW.vmlinuz" "$LINUX_HW.pv"/*.ko
linux_root_passed
pass
