# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The PV shim's self-test on hv-stub.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
expect 0 "$HVRUN" --timeout 100 --kernel "$PV" --cmdline selftest
has '^pvkit shim: xen'
selftest_passed
pass
