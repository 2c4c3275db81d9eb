#!/bin/sh
# SPDX-License-Identifier: MIT
# linux.sh OUT.elf: Debian's stock cloud kernel, taken out of its bzImage and otherwise as it is; beside
# it the bzImage, and the modules of its PV front-ends.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package=$(sh tests/xen/kernel-package.sh cloud-amd64)
sh tests/xen/unpack.sh "$package" "$tmp"
find "$tmp/lib/modules" -name "xen-*front.ko" -exec cp {} "$(dirname "$out")" \;
cp "$tmp"/boot/vmlinuz-* "$(dirname "$out")/vmlinuz"
sh tests/xen/vmlinux.sh "$tmp"/boot/vmlinuz-* "$out"
