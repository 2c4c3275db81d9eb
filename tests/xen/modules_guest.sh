# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2012,SC2013,SC2154
# The init of a stock Linux guest with our modules in place of xen-blkfront and xen-netfront: a disk
# xvda, a network card, and at 10.0.2.2 or the address peer= a peer with `nc` on ports 5000 (sends 8 MiB
# of which SUM is said) and 5001 (takes as much, and says its sum). Of the command line: cycles=N loads and unloads
# each driver N times; hotplug=N wants a second disk and card N times, and has them used while they go.
echo 2 >/proc/sys/kernel/printk
for word in $(cat /proc/cmdline); do
    case $word in me=* | peer=* | cycles=* | hotplug=*) export "${word?}" ;; esac
done
insmod /pv_front.ko
load() {
    insmod "/$1.ko"
    n=0
    while ! [ -e "$2" ] && [ $n -lt 300 ]; do
        sleep 0.1
        n=$((n + 1))
    done
}
block() { load pv_blkfront /dev/xvda; }
network() {
    load pv_netfront /sys/class/net/eth0
    ip addr add "$me/24" dev eth0
    ip link set eth0 up
}
# A driver with a device stays, as Linux's own do: let go of that first.
unload() {
    echo "$2" >"/sys/bus/xen/drivers/${2%-*}/unbind"
    rmmod "$1"
}
sum() { sha256sum | cut -c1-16; }
# What there is of kernel memory (KiB) and event channels.
holds() {
    echo 3 >/proc/sys/vm/drop_caches
    sleep 0.5
    memory=$(awk '/^(MemFree|Cached|Buffers|SReclaimable):/ { n += $2 } END { print n }' /proc/meminfo)
    channels=$(grep -c xen-dyn /proc/interrupts)
}
# kept WHAT: since holds() was called.
kept() {
    before=$memory
    ports=$channels
    holds
    echo "KEPT $1: $((before - memory)) KiB, $((channels - ports)) channels"
}
block
echo "DRIVER $(basename "$(readlink /sys/bus/xen/devices/vbd-51712/driver)") SIZE $(cat /sys/block/xvda/size) QUEUES $(ls /sys/block/xvda/mq | wc -l)"
dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null
dd if=/data of=/dev/xvda bs=64k oflag=direct 2>/dev/null
dd if=/dev/xvda bs=4k count=2048 iflag=direct 2>/dev/null | cmp - /data && echo SMALL READS AGREE
dd if=/dev/xvda bs=1M count=8 iflag=direct 2>/dev/null | cmp - /data && echo LARGE READS AGREE
dd if=/data of=/dev/xvda bs=512 seek=65535 count=1 conv=notrunc oflag=direct 2>/dev/null && echo LAST SECTOR
dd if=/data of=/dev/xvda bs=512 seek=65536 count=1 conv=notrunc oflag=direct 2>/dev/null || echo NOT BEYOND
mke2fs /dev/xvda >/dev/null 2>&1
mount -t ext2 /dev/xvda /mnt && cp /data /mnt/data && sync && umount /mnt && echo FILE SYSTEM MADE
holds
i=0
while [ $i -lt "${cycles:-3}" ]; do
    mount -t ext2 /dev/xvda /mnt
    rmmod pv_blkfront 2>/dev/null && echo "REMOVED IN USE"
    cmp /mnt/data /data || echo "CYCLE $i: DATA DIFFERS"
    umount /mnt
    unload pv_blkfront vbd-51712 || echo "CYCLE $i: NOT REMOVED"
    [ -e /dev/xvda ] && echo "CYCLE $i: STILL THERE"
    block
    i=$((i + 1))
done
echo "CYCLES $i"
kept "$i disks"
# Two writers over a time in which somebody may restart the back-end.
echo WRITING
(dd if=/data of=/dev/xvda bs=16k seek=512 oflag=direct 2>/dev/null; echo "WRITER A $?") &
dd if=/data of=/dev/xvda bs=256k seek=64 oflag=direct 2>/dev/null
echo "WRITER B $?"
wait
dd if=/dev/xvda bs=16k skip=512 count=512 iflag=direct 2>/dev/null | cmp - /data && echo A AGREES
dd if=/dev/xvda bs=256k skip=64 count=32 iflag=direct 2>/dev/null | cmp - /data && echo B AGREES

network
holds
i=0
while [ $i -lt "${cycles:-3}" ]; do
    until ping -c 1 -W 1 "$peer" >/dev/null 2>&1; do :; done
    unload pv_netfront vif-0 || echo "CYCLE $i: NET NOT REMOVED"
    network
    i=$((i + 1))
done
echo "NET CYCLES $i"
kept "$i cards"
echo "NET DRIVER $(basename "$(readlink /sys/class/net/eth0/device/driver)")"
until ping -c 1 -W 1 "$peer" >/dev/null 2>&1; do :; done
until nc "$peer" 5000 </dev/null >/got 2>/dev/null && [ -s /got ]; do sleep 0.2; done
echo "GOT $(sum </got)"
until nc "$peer" 5001 </got >/dev/null 2>&1; do sleep 0.2; done
i=0
while [ $i -lt "${hotplug:-0}" ]; do
    i=$((i + 1))
    echo "WANT DISK $i"
    until [ -b /dev/xvdb ]; do sleep 0.1; done
    dd if=/data of=/dev/xvdb bs=64k oflag=direct 2>/dev/null
    dd if=/dev/xvdb bs=64k count=128 iflag=direct 2>/dev/null | cmp - /data && echo "HAVE DISK $i"
    while dd if=/dev/xvdb of=/dev/null bs=16k count=64 iflag=direct 2>/dev/null; do :; done
    while [ -e /dev/xvdb ]; do sleep 0.1; done
    echo "WANT CARD $i"
    until [ -e /sys/class/net/eth1 ]; do sleep 0.1; done
    ip addr add 10.0.9.1/24 dev eth1
    ip link set eth1 up
    echo "HAVE CARD $i"
    while ping -c 1 -W 1 -I eth1 10.0.9.2 >/dev/null 2>&1 || [ -e /sys/class/net/eth1 ]; do :; done
    echo "GONE $i"
done
insmod /pv_bench.ko
mount -t debugfs debugfs /mnt
grep -e "^environment" -e "^null_hypercall" -e "^set_pte" -e "^event_self" -e "^grant_pair" /mnt/pv_bench/table
echo "JSON $(tr -d '\n' </mnt/pv_bench/json)"
rmmod pv_bench && echo BENCH UNLOADED
echo "COMPLAINTS $(dmesg | grep -c -e "BUG:" -e "WARNING: CPU" -e "hw csum" -e "Call Trace")"
dmesg | grep -A 20 -e "BUG:" -e "WARNING: CPU"
poweroff -f
