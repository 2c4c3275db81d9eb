#!/bin/sh
# SPDX-License-Identifier: MIT
# grub.sh OUT.elf: a PV kernel that is not ours: Debian's GRUB for Xen, told to say hello and halt.
#
# Its modules are unpacked from the package grub-xen-bin, nothing is installed.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"

download() {
    (cd "$tmp" && apt-get download -qq grub-xen-bin) >"$tmp/log" 2>&1
}

if ! download && { ! apt-get update -qq >/dev/null 2>&1 || ! download; }; then
    cat "$tmp/log" >&2
    exit 1
fi
dpkg -x "$tmp"/grub-xen-bin_*.deb "$tmp/root"
cat >"$tmp/early.cfg" <<'END'
echo "hello from GRUB on $grub_cpu-$grub_platform"
halt
END
grub-mkimage -O x86_64-xen -d "$tmp/root/usr/lib/grub/x86_64-xen" -c "$tmp/early.cfg" -p / \
    -o "$out.tmp" echo halt
mv "$out.tmp" "$out"
