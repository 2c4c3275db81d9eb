#!/bin/sh
# SPDX-License-Identifier: MIT
# boot.sh: milliseconds from starting QEMU to the guest's first line, on hv-stub and on Xen.
#
# Wall time, so the two take turns and the best of five counts for each. Same machine, and a guest
# of 64 MiB, hvrun's default, for both.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
pv=$B/guest-shim-pv.elf
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/lines"

. bench/first_line.sh

for _ in 1 2 3 4 5; do
    first_line "pvkit shim:" "$B/hvrun" --timeout 30 --host-memory 512 --memory 64 --kernel "$pv" >>"$tmp/stub"
    first_line "pvkit shim:" sh tests/xen/run.sh --timeout 30 --memory 64 "$pv" >>"$tmp/xen"
done
for who in stub xen; do
    ms=$(best "$tmp/$who")
    echo "boot_ms_$who ${ms:-- the first line of the guest was not seen}"
done
