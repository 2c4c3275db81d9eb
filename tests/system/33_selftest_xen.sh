# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The PV shim's self-test on Xen 4.17: the byte-identical file that test 32 ran.
. tests/system/lib.sh
need "$PV"
need_xen
expect 0 sh tests/xen/run.sh --timeout 100 "$PV" selftest
has 'pvkit shim: xen'
selftest_passed
pass
