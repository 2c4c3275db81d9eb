# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The native shim's self-test, fully virtualized by hv-stub.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$NATIVE"
expect 0 "$HVRUN" --mode fv --timeout 100 --kernel "$NATIVE" --cmdline selftest
has '^pvkit shim: native'
selftest_passed
pass
