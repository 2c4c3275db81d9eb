# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The native shim's self-test in plain QEMU: what "unmodified" means is settled here.
. tests/system/lib.sh
need "$NATIVE"
expect 0 sh tools/bare.sh --timeout 100 "$NATIVE" selftest
has '^pvkit shim: native'
selftest_passed
pass
