# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A disk image survives kill -9 of QEMU at random moments with every flushed write in it. More rounds:
# tests/long/20_disk_kills.sh.
. tests/system/lib.sh
need "$B/hv-stub.elf" "$PV" "$B/blkpattern"
sh tests/disk/kills.sh 5 || fail "flushed writes are not in the image"
pass
