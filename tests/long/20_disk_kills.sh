# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# tests/system/84_disk_kills.sh with 50 kills.
. tests/system/lib.sh
need "$B/hv-stub.elf" "$PV" "$B/blkpattern"
sh tests/disk/kills.sh 50 || fail "flushed writes are not in the image"
pass
