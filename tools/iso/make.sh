#!/bin/sh
# SPDX-License-Identifier: MIT
# make.sh OUT.iso GRUB.CFG FILE...: a BIOS-bootable CD image with the files in /boot.
set -eu
out=$1
config=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/root/boot/grub"
cp "$config" "$tmp/root/boot/grub/grub.cfg"
cp "$@" "$tmp/root/boot/"
# Without an explicit platform grub-mkrescue adds EFI loaders where those packages are installed.
if ! grub-mkrescue -d /usr/lib/grub/i386-pc -o "$tmp/iso" "$tmp/root" >"$tmp/log" 2>&1; then
    cat "$tmp/log" >&2
    exit 1
fi
mv "$tmp/iso" "$out"
