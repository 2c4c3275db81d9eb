#!/bin/sh
# SPDX-License-Identifier: MIT
# grub.sh OUT.elf: a PV kernel that is not ours: Debian's GRUB for Xen, told to say hello and halt.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sh tests/xen/unpack.sh grub-xen-bin "$tmp"
cat >"$tmp/early.cfg" <<'END'
echo "hello from GRUB"
halt
END
grub-mkimage -O x86_64-xen -d "$tmp/usr/lib/grub/x86_64-xen" -c "$tmp/early.cfg" -p / \
    -o "$out.tmp" echo halt
mv "$out.tmp" "$out"
