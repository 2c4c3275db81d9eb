# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A whole Debian on our modules: its root disk, fio that verifies what it wrote, iperf3 both ways.
. tests/system/lib.sh
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
# In the order of their names, which is how that initial RAM disk loads them.
mkdir "$tmp/drivers"
cp "$modules/pv_front.ko" "$tmp/drivers/1-pv_front.ko"
cp "$modules/pv_blkfront.ko" "$tmp/drivers/2-pv_blkfront.ko"
cp "$modules/pv_netfront.ko" "$tmp/drivers/3-pv_netfront.ko"
DRIVERS=$(echo "$tmp"/drivers/*)
export DRIVERS
sh tests/long/30_debian.sh
exit $?
