# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# pv_shim.ko in a stock Linux that was booted with nopv on two processors: it finds the hypervisor, and its ring
# disk and card work beside the trapped disk, which has the same medium; all of it goes and comes again, and
# the devices can be taken away while they are used. Where no hypervisor shows itself, and in a Linux that is a guest already, the module refuses.
. tests/system/lib.sh
need "$HVRUN"
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in /2*.ko; do insmod "$module" 2>/dev/null; done
insmod /pv_front.ko
refusal() { dmesg | sed -n 's/^.*\(pv_shim: .*\)/REFUSAL \1/p'; }
insmod /pv_blkfront.ko 2>/dev/null || echo "NO BUS"
insmod /pv_shim.ko || { refusal; poweroff -f; }
until [ -b /dev/sda ]; do sleep 0.1; done
appears() { until [ -e "$1" ]; do sleep 0.1; done; }
load() {
    insmod /pv_blkfront.ko
    insmod /pv_netfront.ko
    appears /dev/xvda
    appears /sys/class/net/eth0
}
sum() { dd if="/dev/$1" bs="$2" iflag=direct 2>/dev/null | sha256sum | cut -c1-16; }
load
echo "DEVICES" $(ls /sys/bus/pvshim/devices)
echo "FIRST $(sum xvda 64k) $(sum sda 64k)"
dd if=/dev/urandom of=/data bs=1M count=2 2>/dev/null
dd if=/data of=/dev/xvda bs=16k oflag=direct 2>/dev/null
dd if=/data of=/dev/sda bs=64k seek=32 oflag=direct 2>/dev/null
cat /data /data | sha256sum | sed 's/^\(.\{16\}\).*/WRITTEN \1/'
interrupts() { awk '/pv_shim/ {print $2 + $3}' /proc/interrupts; }
before=$(interrupts)
echo "BY RING $(sum xvda 4k) BY TRAPS $(sum sda 256k)"
echo "INTERRUPTS $(($(interrupts) - before))"
network() {
    ip link set eth0 up
    ip addr add 10.0.2.101/24 dev eth0
    echo "PING $(ping -c 5 -i 0.2 -s 1400 10.0.2.2 | grep loss)"
}
network
rmmod pv_shim 2>/dev/null && echo "REMOVED IN USE"
i=0
while [ $i -lt 2 ]; do
    until rmmod pv_blkfront 2>/dev/null; do sleep 0.1; done # it may be looking for partitions
    rmmod pv_netfront || echo "CYCLE $i: CARD NOT REMOVED"
    rmmod pv_shim || echo "CYCLE $i: NOT REMOVED"
    [ -e /dev/xvda ] && echo "CYCLE $i: STILL THERE"
    grep -q pv_shim /proc/interrupts && echo "CYCLE $i: STILL INTERRUPTS"
    grep -q pv_shim /proc/iomem && echo "CYCLE $i: STILL MAPPED"
    insmod /pv_shim.ko
    # The disk is used while module and card come and go.
    dd if=/dev/sda of=/dev/null bs=64k iflag=direct 2>/dev/null &
    load
    wait
    i=$((i + 1))
done
echo "CYCLES $i"
echo "AGAIN $(sum xvda 64k)"
network
ping -i 0.01 10.0.2.2 >/dev/null 2>&1 &
echo "TAKE THEM AWAY"
while dd if=/dev/xvda of=/dev/null bs=64k iflag=direct 2>/dev/null; do :; done
until [ -z "$(ls /sys/bus/pvshim/devices)" ]; do sleep 0.1; done
echo "LEFT $(ls -d /dev/xvda /sys/class/net/eth0 2>/dev/null)"
killall ping 2>/dev/null
until rmmod pv_blkfront pv_netfront pv_shim; do sleep 0.1; done
echo "COMPLAINTS $(dmesg | grep -c -e "BUG:" -e "WARNING: CPU" -e "nobody cared" -e "Call Trace" -e "exception")"
dmesg | grep -A 20 -e "BUG:" -e "WARNING: CPU"
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B"/xen/linux.modules/2*.ko "$modules"/pv_*.ko
head -c 4194304 /dev/urandom >"$tmp/a.img"
first=$(sha256sum "$tmp/a.img" | cut -c1-16)
guest="--kernel $LINUX --ramdisk $tmp/initrd --memory 256"
words="quiet panic=-1"
# shellcheck disable=SC2086 # words
expect 0 "$HVRUN" --timeout 200 --mode fv $guest --cmdline "console=ttyS0 $words" \
    --domain --mode pv $guest --cmdline "console=hvc0 $words"
has '^(d1) REFUSAL pv_shim: CPUID shows no hypervisor'
has '^(d2) REFUSAL pv_shim: Linux runs as a guest of Xen'
taker() {
    until grep -q "TAKE THEM AWAY" "$out" 2>/dev/null; do sleep 0.2; done
    for type in vif vbd; do "$B/hvctl" --timeout 60 "$tmp/control" xenstore-rm "/local/domain/1/device/$type"; done
}
taker &
taker=$!
trap 'kill $taker 2>/dev/null; rm -rf "$tmp"' EXIT
# shellcheck disable=SC2086 # words
expect 0 "$HVRUN" --strict --timeout 200 --control "$tmp/control" --mode fv --xen --vcpus 2 --disk "$tmp/a.img" \
    --net user $guest --cmdline "console=ttyS0 nopv $words"
has '^NO BUS'
has '^DEVICES vbd-51712 vif-0'
has "^FIRST $first $first"
written=$(sed -n 's/^WRITTEN //p' "$out")
[ -n "$written" ] || fail "nothing was written"
has "^BY RING $written BY TRAPS $written"
# A request, an interrupt: its line is down again when the guest has seen to it.
interrupts=$(sed -n 's/^INTERRUPTS //p' "$out")
[ "$interrupts" -le 1400 ] || fail "$interrupts interrupts for 1024 requests"
has '^CYCLES 2'
has "^AGAIN $written"
[ "$(grep -c '^PING .* 0% packet loss' "$out")" = 2 ] || fail "wanted two good pings"
has '^LEFT $'
has '^COMPLAINTS 0'
hasnt 'REMOVED IN USE'
hasnt '^CYCLE [0-9]*: '
[ "$written" = "$(sha256sum "$tmp/a.img" | cut -c1-16)" ] || fail "the image is not what was written"
hasnt '(hv) strict'
has 'audit: 0 violations'
pass
