#!/bin/sh
# SPDX-License-Identifier: MIT
# vmlinux.sh BZIMAGE OUT.elf: the ELF file inside a Linux bzImage.
set -eu
image=$1
out=$2
# The payload is an xz or lz4 stream somewhere in the bzImage; what follows it is not the stream's.
payload() { LC_ALL=C grep -abo -m1 -P "$1" "$image" | head -n 1 | cut -d: -f1; }
if at=$(payload '\xfd7zXZ\x00') && [ -n "$at" ]; then
    tail -c "+$((at + 1))" "$image" | xz -dc --single-stream >"$out.tmp" 2>/dev/null || :
elif at=$(payload '\x02\x21\x4c\x18') && [ -n "$at" ]; then
    tail -c "+$((at + 1))" "$image" | lz4 -dc >"$out.tmp" 2>/dev/null || :
else
    echo "$image is packed with neither xz nor lz4"
    exit 1
fi
[ "$(head -c 4 "$out.tmp" | tail -c 3)" = ELF ] || { echo "no ELF file in $image"; exit 1; }
mv "$out.tmp" "$out"
