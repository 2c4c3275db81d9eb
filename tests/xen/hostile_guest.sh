# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2010,SC2012,SC2013,SC2154
# The init of a stock Linux guest whose disks and cards but the first ones are served by enemies: all are used as
# they come, and meanwhile the first disk and the first card have to work. Until the peer, 10.0.2.2, says so at
# port 5002; then the drivers are unloaded. Of the command line: stock takes Linux's own drivers.
echo 2 >/proc/sys/kernel/printk
peer=10.0.2.2
block=pv_blkfront
network=pv_netfront
grep -q stock /proc/cmdline && block=xen-blkfront && network=xen-netfront
[ $block = xen-blkfront ] || insmod /pv_front.ko
insmod /$block.ko
insmod /$network.ko
until [ -b /dev/xvda ] && [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
ip addr add 10.0.2.101/24 dev eth0
ip link set eth0 up
dd if=/dev/urandom of=/data bs=1M count=2 2>/dev/null
dd if=/data of=/dev/xvda bs=64k oflag=direct 2>/dev/null
use_disk() {
    while [ -b "/dev/$1" ]; do
        dd if="/dev/$1" of=/dev/null bs=256k count=8 iflag=direct
        dd if=/dev/zero of="/dev/$1" bs=64k count=16 oflag=direct
        dd if="/dev/$1" of=/dev/null bs=4k count=64
        dd if=/dev/zero of="/dev/$1" bs=4k count=64 conv=fsync
        blkdiscard -o 0 -l 1048576 "/dev/$1"
        echo >>/used
    done 2>/dev/null
    rm "/uses.$1"
}
use_card() {
    ip addr add 10.0.9.1/24 dev "$1"
    ip link set "$1" up
    arp -i "$1" -s 10.0.9.2 00:16:3e:00:09:fe
    while [ -e "/sys/class/net/$1" ]; do
        ping -c 1 -W 1 -I "$1" 10.0.9.2
        ping -c 1 -W 1 -s 30000 -I "$1" 10.0.9.2
        echo >>/used
    done >/dev/null 2>&1
    rm "/uses.$1"
}
use_all() {
    while :; do
        for disk in /dev/xvd[b-z]; do
            disk=${disk#/dev/}
            if [ -b "/dev/$disk" ] && ! [ -e "/uses.$disk" ]; then
                touch "/uses.$disk"
                use_disk "$disk" &
            fi
        done
        for card in /sys/class/net/eth[1-9]*; do
            card=${card##*/}
            if [ -e "/sys/class/net/$card" ] && ! [ -e "/uses.$card" ]; then
                touch "/uses.$card"
                use_card "$card" &
            fi
        done
        sleep 0.1
    done
}
use_all &
users=$!
echo READY
n=0
until nc $peer 5002 </dev/null >/stop 2>/dev/null && [ -s /stop ]; do
    dd if=/dev/xvda bs=64k count=32 iflag=direct 2>/dev/null | cmp - /data || echo "FIRST DISK DIFFERS"
    ping -c 1 -W 9 $peer >/dev/null 2>&1 || echo "FIRST CARD IS DEAD"
    n=$((n + 1))
    [ $((n % 5)) != 0 ] || echo "ALIVE $n"
    sleep 1
done
echo "ALIVE $n, USED $(wc -l </used)"
kill $users
# Each removal may take its five seconds.
n=0
while [ "$(ls /sys/bus/xen/devices | grep -c -e ^vbd- -e ^vif-)" != 2 ] && [ $n -lt 300 ]; do
    n=$((n + 1))
    sleep 1
done
echo "DEVICES $(ls /sys/bus/xen/devices | grep -e ^vbd- -e ^vif- | tr '\n' ' ')"
echo vbd-51712 >/sys/bus/xen/drivers/vbd/unbind
echo vif-0 >/sys/bus/xen/drivers/vif/unbind
rmmod $block && rmmod $network && echo UNLOADED
dmesg | grep -e '^.\{14\} \(vbd\|vif\) ' | sed 's/^.\{15\}//; s/[0-9]\+/N/g' | sort | uniq -c | sort -rn | head -n 40 | sed 's/^/SAID /'
complaints='BUG:\|WARNING: CPU\|Oops\|Call Trace\|soft lockup\|detected stall\|Bad page\|corrupt\|Redzone\|Poison over\|hung_task\|blocked for more\|general protection\|segfault'
echo "COMPLAINTS $(dmesg | grep -c -e "$complaints")"
dmesg | grep -A 25 -e "$complaints" | head -n 200
poweroff -f
