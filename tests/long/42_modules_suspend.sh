# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A Linux on our modules suspends and goes on, its disk read and its network used all the time.
. tests/system/lib.sh
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
export DRIVERS="$modules/pv_front.ko $modules/pv_blkfront.ko $modules/pv_netfront.ko"
sh tests/system/46_linux_suspend.sh
exit $?
