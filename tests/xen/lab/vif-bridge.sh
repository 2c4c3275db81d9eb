#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # $vif is given
# Hot-plug script of a network back-end: its interface, $vif, joins the bridge.
path=$XENBUS_PATH
case $1 in
add | online)
    ip link set dev "$vif" up
    brctl addif "$(xenstore-read "$path/bridge")" "$vif"
    xenstore-write "$path/hotplug-status" connected
    ;;
remove | offline)
    xenstore-rm "$path/hotplug-status" 2>/dev/null
    ;;
esac
exit 0
