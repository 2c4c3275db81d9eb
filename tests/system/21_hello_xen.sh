# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The same file on Xen 4.17.
. tests/system/lib.sh
need "$HELLO"
need_xen
expect 0 sh tests/xen/run.sh --timeout 60 "$HELLO"
has '^hello from a PV guest'
has '^hello: time moves'
pass
