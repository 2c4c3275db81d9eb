#!/bin/sh
# SPDX-License-Identifier: MIT
# boot.sh: milliseconds from starting QEMU to the guest's first line, on hv-stub and on Xen.
#
# Wall time, so the two take turns and the best of five counts for each. Same machine, and a guest
# of 64 MiB, hvrun's default, for both.
set -u
B=${B:-build}
pv=$B/guest-shim-pv.elf
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkfifo "$tmp/lines"

# first_line COMMAND...: print the milliseconds, or fail.
first_line() {
    began=$(date +%s%N)
    "$@" >"$tmp/lines" 2>/dev/null </dev/null &
    pid=$!
    found=
    while IFS= read -r line; do
        case $line in *"pvkit shim:"*)
            [ -n "$found" ] || found=$(date +%s%N)
            ;;
        esac
    done <"$tmp/lines"
    wait "$pid"
    [ -n "$found" ] || return 1
    echo $(((found - began) / 1000000))
}

best() { sort -n "$1" 2>/dev/null | head -n 1; }

for _ in 1 2 3 4 5; do
    first_line "$B/hvrun" --timeout 30 --host-memory 512 --memory 64 --kernel "$pv" >>"$tmp/stub"
    first_line sh tests/xen/run.sh --timeout 30 --memory 64 "$pv" >>"$tmp/xen"
done
for who in stub xen; do
    ms=$(best "$tmp/$who")
    echo "boot_ms_$who ${ms:-- the first line of the guest was not seen}"
done
