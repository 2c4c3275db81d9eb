# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The same on Xen 4.17; a disk and a network card come and go twenty times while they are used.
export CYCLES=100
export HOTPLUG=20
export LIMIT=2500
. tests/system/92_xen_modules.sh
