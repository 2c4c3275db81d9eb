#!/bin/sh
# SPDX-License-Identifier: MIT
# linux.sh OUT.elf: Debian's stock cloud kernel, taken out of its bzImage and otherwise as it is; beside
# it the modules of its PV front-ends.
set -eu
out=$1
mkdir -p "$(dirname "$out")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
kernel() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p'; }
package=$(kernel | head -n 1)
if [ -z "$package" ]; then
    apt-get update -qq >/dev/null 2>&1 || :
    package=$(kernel | head -n 1)
fi
[ -n "$package" ] || { echo "no package linux-image-cloud-amd64"; exit 1; }
sh tests/xen/unpack.sh "$package" "$tmp"
find "$tmp/lib/modules" -name "xen-*front.ko" -exec cp {} "$(dirname "$out")" \;
image=$(ls "$tmp"/boot/vmlinuz-*)
# The payload is an xz or lz4 stream somewhere in the bzImage; what follows it is not the stream's.
payload() { LC_ALL=C grep -abo -m1 -P "$1" "$image" | head -n 1 | cut -d: -f1; }
if at=$(payload '\xfd7zXZ\x00') && [ -n "$at" ]; then
    tail -c "+$((at + 1))" "$image" | xz -dc --single-stream >"$out.tmp" 2>/dev/null || :
elif at=$(payload '\x02\x21\x4c\x18') && [ -n "$at" ]; then
    tail -c "+$((at + 1))" "$image" | lz4 -dc >"$out.tmp" 2>/dev/null || :
else
    echo "the kernel is packed with neither xz nor lz4"
    exit 1
fi
[ "$(head -c 4 "$out.tmp" | tail -c 3)" = ELF ] || { echo "no ELF file in the kernel"; exit 1; }
mv "$out.tmp" "$out"
