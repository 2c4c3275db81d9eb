# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The smallest PV guest, which uses no library of ours, on hv-stub.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$HELLO"
expect 0 "$HVRUN" --timeout 30 --kernel "$HELLO"
has '^hello from a PV guest'
has '^hello: time moves'
gzip -c "$HELLO" >"$tmp/hello.gz"
expect 0 "$HVRUN" --timeout 30 --icount --smp 2 --kernel "$tmp/hello.gz"
has '^hello from a PV guest'
pass
