#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh OUT.elf: Debian's Xen 4.17 hypervisor as a file that QEMU boots.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sh tests/xen/unpack.sh xen-hypervisor-4.17-amd64 "$tmp"
gunzip -c "$tmp"/boot/xen-4.17*-amd64.gz >"$out.tmp"
mv "$out.tmp" "$out"
