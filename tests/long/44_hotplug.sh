# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Disks and cards come to and go from a Linux of each kind twenty times while they are used, with Linux's own
# drivers and with ours.
for mode in pv pvh fv; do
    for drivers in stock ours; do
        echo "== $mode, $drivers"
        HOTPLUG=20 LIMIT=900 MODE=$mode DRIVERS=$drivers sh tests/system/48_hotplug.sh || exit
    done
done
