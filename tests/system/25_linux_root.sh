# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Debian's cloud kernel on a root disk: tests/xen/linux_root.sh says what it does there.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
expect 0 sh tests/xen/linux_root.sh "$B/xen/vmlinuz" "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko" \
    "$B/xen/xen-privcmd.ko" "$B/xen/xenfs.ko"
linux_root_passed
pass
