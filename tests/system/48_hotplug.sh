# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Disks and cards are attached to and detached from a stock Linux that runs and uses them: the data is on the
# medium and in the guest, nothing is kept, and wrong requests change nothing. A domain that starts again has
# what it had. HOTPLUG says how often, MODE what kind of guest; DRIVERS=ours has our modules in it.
. tests/system/lib.sh
HVCTL=$B/hvctl
HOTPLUG=${HOTPLUG:-2}
MODE=${MODE:-pv}
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf" "$PV"
need_linux
set -- "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko"
if [ "${DRIVERS:-stock}" = ours ]; then
    modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
    set -- "$modules"/pv_front.ko "$modules"/pv_blkfront.ko "$modules"/pv_netfront.ko
fi
{ echo "hotplug=$HOTPLUG" && cat; } >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in /pv_front.ko /*blkfront.ko /*netfront.ko; do [ ! -e $module ] || insmod $module; done
until_there() { until [ -e "$1" ]; do sleep 0.05; done; }
until_gone() { while [ -e "$1" ]; do sleep 0.05; done; }
if [ -e /sys/bus/xen/devices/vbd-51728 ]; then
    until_there /dev/xvdb
    until_there /sys/class/net/eth0
    echo "AGAIN $(dd if=/dev/xvdb bs=1M count=4 2>/dev/null | sha256sum | cut -c1-16) $(cat /sys/class/net/eth0/address)"
    poweroff -f
fi
holds() {
    echo 3 >/proc/sys/vm/drop_caches
    memory=$(awk '/^(MemFree|Cached|Buffers|SReclaimable):/ { n += $2 } END { print n }' /proc/meminfo)
    channels=$(grep -c xen-dyn /proc/interrupts)
}
# They go a moment after the device's files.
settle() {
    tries=0
    while [ "$(grep -c xen-dyn /proc/interrupts)" -gt "$1" ] && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    holds
}
dd if=/dev/urandom of=/data bs=1M count=4 2>/dev/null
at_first=$(grep -c xen-dyn /proc/interrupts)
n=0
while [ $n -lt "$hotplug" ]; do
    n=$((n + 1))
    echo "WANT DISK $n"
    until_there /dev/xvdb
    dd if=/data of=/dev/xvdb bs=64k oflag=direct 2>/dev/null
    dd if=/dev/xvdb bs=16k count=256 iflag=direct 2>/dev/null | cmp - /data && echo "HAVE DISK $n $(cat /sys/block/xvdb/size)"
    dd if=/data of=/dev/xvdb bs=4k seek=1024 oflag=direct 2>/dev/null &
    while dd if=/dev/xvdb of=/dev/null bs=16k count=64 iflag=direct 2>/dev/null; do :; done
    wait
    until_gone /dev/xvdb
    echo "WANT CARD $n"
    until_there /sys/class/net/eth0
    ip addr add 10.0.2.101/24 dev eth0
    ip link set eth0 up
    until ping -c 1 -W 1 10.0.2.102 >/dev/null 2>&1; do :; done
    ping -f -c 2000 -s 1400 10.0.2.102 >/dev/null 2>&1 &
    echo "HAVE CARD $n $(cat /sys/class/net/eth0/address)"
    wait
    until_gone /sys/class/net/eth0
    [ $n != 1 ] || settle "$at_first"
done
before=$memory
ports=$channels
settle "$at_first"
echo "KEPT $((before - memory)) KiB, $((channels - ports)) channels"
echo "WANT FILES"
until_there /dev/xvdb
mke2fs /dev/xvdb >/dev/null 2>&1
mount -t ext2 /dev/xvdb /mnt
cp /data /mnt/data
sync
echo "MOUNTED"
# Linux's driver leaves a disk in use to its users, dead; ours waits for them, here until a second one comes.
if [ -e /pv_front.ko ]; then
    until_there /dev/xvdc
    umount /mnt
fi
until_gone /dev/xvdb
[ -e /pv_front.ko ] || umount /mnt
echo "COMPLAINTS $(dmesg | grep -c -e "BUG:" -e "WARNING: CPU" -e "Call Trace")"
dmesg | grep -A 20 -e "BUG:" -e "WARNING: CPU"
echo "WANT LAST"
until_there /dev/xvdb
until_there /sys/class/net/eth0
dd if=/data of=/dev/xvdb bs=1M conv=fsync 2>/dev/null
echo "SUM $(sha256sum </data | cut -c1-16)"
reboot -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$@"
truncate -s 16M "$tmp/a disk"
truncate -s 16M "$tmp/b"
"$HVRUN" --strict --timeout "${LIMIT:-150}" --smp 2 --host-memory 700 --control "$tmp/control" \
    --mode "$MODE" ${MODE:+$([ "$MODE" != fv ] || echo --xen)} --memory 256 --vcpus 2 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1" --on-reboot restart \
    --domain --kernel "$PV" --cmdline "nettest netpeer=server" --net switch --disk "$tmp/b,ro" >"$out" 2>"$err" </dev/null &
pid=$!
ctl() { "$HVCTL" --timeout 60 "$tmp/control" "$@"; }
do_ctl() { ctl "$@" || fail "hvctl $*"; }
# says PATTERN: until the first domain has said so.
says() {
    tries=0
    until grep -q "^(d1) $1" "$out"; do
        tries=$((tries + 1))
        { [ $tries -lt 1200 ] && kill -0 $pid; } || { cat "$out" "$err"; fail "the guest does not say $1"; }
        sleep 0.1
    done
}
# refused PATTERN COMMAND...: hvctl says no, and why.
refused() {
    pattern=$1
    shift
    got=0
    ctl "$@" >"$tmp/refused" 2>&1 || got=$?
    case $got in 1 | 2) ;; *) fail "status $got of hvctl $*" ;; esac
    has "$pattern" "$tmp/refused"
}
first="format=raw,vdev=xvdb,access=rw,target=$tmp/a disk"
free_pages() { ctl info | sed 's/.*free_pages=\([0-9]*\).*/\1/'; }
n=0
while [ $n -lt "$HOTPLUG" ]; do
    n=$((n + 1))
    says "WANT DISK $n"
    do_ctl block-attach 1 "$first"
    says "HAVE DISK $n 32768"
    do_ctl block-list 1 >"$tmp/list"
    has '^51728 0   1      4 .*/local/domain/0/backend/vbd/1/51728 xvdb$' "$tmp/list"
    do_ctl block-detach 1 xvdb
    says "WANT CARD $n"
    do_ctl network-attach 1 mac=00:16:3e:00:00:0$((n % 5))
    says "HAVE CARD $n 00:16:3e:00:00:0$((n % 5))"
    do_ctl network-list 1 >"$tmp/list"
    has "^0   0   00:16:3e:00:00:0$((n % 5)) 0      4 " "$tmp/list"
    do_ctl network-detach 1 0
    do_ctl audit 1 >"$tmp/audit"
    has '^violations=0$' "$tmp/audit"
    [ $n != 1 ] || pages=$(free_pages)
done
says 'WANT FILES'
now=$(free_pages)
[ $((pages - now)) -lt 8 ] || fail "of $pages free pages $now are left"
[ "$(ctl block-list 1 | wc -l)" = 1 ] || fail "the list is not empty"
refused 'the disk is read-only' block-attach 1 "format=raw,vdev=xvdb,access=rw,target=$tmp/b"
refused 'No such file' block-attach 1 "format=raw,vdev=xvdb,access=rw,target=$tmp/none"
refused "wants a disk as xl does" block-attach 1 access=rw
refused 'its address is taken' network-attach 1 mac=00:16:3e:00:02:00
refused 'has no disk' block-detach 1 xvdb
refused 'has no card' network-detach 1 0
do_ctl block-attach 1 "$first"
refused 'two disks of the same name' block-attach 1 "format=raw,vdev=xvdb,access=rw,target=ram:1"
says 'MOUNTED'
if [ "${DRIVERS:-stock}" = ours ]; then
    got=0
    "$HVCTL" --timeout 3 "$tmp/control" block-detach 1 xvdb >"$tmp/refused" 2>&1 || got=$?
    { [ $got = 1 ] && has 'domain 1 does not let go of xvdb' "$tmp/refused"; } || fail "status $got"
    do_ctl block-attach 1 format=raw,vdev=xvdc,access=rw,target=ram:8
    says 'WANT LAST'
    do_ctl block-detach 1 xvdc
else
    do_ctl block-detach 1 xvdb
fi
says 'WANT LAST'
do_ctl block-attach 1 "$first"
do_ctl network-attach 1 rate=100MB/s
do_ctl block-attach 1 "format=raw,vdev=xvdc,access=r,target=$tmp/b" # the other domain reads it too
do_ctl block-detach 2 xvda --force
says 'AGAIN'
do_ctl wait 1 ended
do_ctl block-attach 2 "$first" # nobody's any more
do_ctl destroy 2
finished $pid
sum=$(sed -n 's/^(d1) SUM //p' "$out")
has "^(d1) AGAIN $sum 00:16:3e:00:01:00"
[ "$(dd if="$tmp/a disk" bs=1M count=4 2>/dev/null | sha256sum | cut -c1-16)" = "$sum" ] || fail "it is not on the medium"
has '^(d1) COMPLAINTS 0'
has '^(d1) KEPT .*, 0 channels'
kept=$(sed -n 's/^(d1) KEPT \(-*[0-9]*\) KiB.*/\1/p' "$out")
# With the same back-end and our modules nothing is missing; Linux's xen-netfront (6.1) keeps the pages of the receive
# ring of a card that goes, 256 for each of its two queues.
[ "${DRIVERS:-stock}" = ours ] && ring=0 || ring=2048
[ "$kept" -lt $((3000 + ring * HOTPLUG)) ] || fail "$kept KiB of the guest's memory are lost"
hasnt '^(hv) strict'
has '^(hv) audit: 0 violations'
pass
