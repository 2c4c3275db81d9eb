#!/bin/sh
# SPDX-License-Identifier: MIT
# grub.sh OUT.elf [COMMAND...]: a PV kernel that is not ours: Debian's GRUB for Xen, told to say hello, do the
# commands and halt.
set -eu
out=$1
shift
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sh tests/xen/unpack.sh grub-xen-bin "$tmp"
{
    echo 'echo "hello from GRUB"'
    [ $# = 0 ] || printf '%s\n' "$@"
    echo halt
} >"$tmp/early.cfg"
grub-mkimage -O x86_64-xen -d "$tmp/usr/lib/grub/x86_64-xen" -c "$tmp/early.cfg" -p / \
    -o "$out.tmp" echo halt cat ls ext2
mv "$out.tmp" "$out"
