# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A machine with memory above 4 GiB, whose other CPUs get their stacks from there.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$HELLO"
expect 0 "$HVRUN" --host-memory 5000 --smp 2 --timeout 60 --kernel "$HELLO"
hasnt 'does not start'
has '^hello from a PV guest'
pass
