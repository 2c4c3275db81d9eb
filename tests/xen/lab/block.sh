#!/bin/sh
# SPDX-License-Identifier: MIT
# Hot-plug script of a block back-end: which device is it? Xen's own wants bash, udev and seconds.
path=$XENBUS_PATH
case $1 in
add)
    device=$(xenstore-read "$path/params")
    if [ ! -b "$device" ]; then
        file=$device
        device=$(losetup -f)
        losetup "$device" "$file"
        xenstore-write "$path/node" "$device"
    fi
    xenstore-write "$path/physical-device" "$(stat -L -c %t:%T "$device")" \
        "$path/physical-device-path" "$device" "$path/hotplug-status" connected
    ;;
remove)
    if loop=$(xenstore-read "$path/node" 2>/dev/null); then
        losetup -d "$loop"
    fi
    xenstore-rm "$path/hotplug-status" 2>/dev/null
    ;;
esac
exit 0
