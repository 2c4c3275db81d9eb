# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# pv_shim.ko in an HVM domain of Xen 4.17, with QEMU as its device model and Linux's back-ends: the ring disk has
# what the trapped one has, keeps what is written, the card reaches dom0, and all of it goes and comes again.
. tests/system/lib.sh
need_linux
need_lab
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in /2*.ko; do insmod "$module" 2>/dev/null; done
insmod /pv_front.ko
sum() { dd if="/dev/$1" bs=64k iflag=direct 2>/dev/null | sha256sum | cut -c1-16; }
load() {
    for module in shim blkfront netfront; do insmod "/pv_$module.ko"; done
    until [ -b /dev/xvda ] && [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
}
load
dmesg | sed -n 's/.*\(pv_shim: Xen\)/FOUND \1/p'
until [ -b /dev/sda ]; do sleep 0.1; done
echo "FIRST $(sum xvda) $(sum sda)"
dd if=/dev/urandom of=/data bs=1M count=1 2>/dev/null
dd if=/data of=/dev/xvda bs=4k oflag=direct 2>/dev/null
echo "WRITTEN $(sum xvda)"
echo "INTERRUPTS $(awk '/pv_shim/ {print $2}' /proc/interrupts)"
ip link set eth0 up
ip addr add 10.0.2.101/24 dev eth0
echo "PING $(ping -c 5 -s 1400 10.0.2.2 | grep loss)"
for module in netfront blkfront shim; do until rmmod "pv_$module" 2>/dev/null; do sleep 0.1; done; done
load
echo "AGAIN $(sum xvda)"
echo "COMPLAINTS $(dmesg | grep -c -e "BUG:" -e "WARNING: CPU" -e "nobody cared")"
poweroff -f
END
head -c 2097152 /dev/urandom >"$tmp/a.img"
first=$(sha256sum "$tmp/a.img" | cut -c1-16)
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B"/xen/linux.modules/2*.ko "$modules"/pv_*.ko
expect 0 sh tests/xen/lab.sh run --timeout 1500 --smp 2 --type hvm --memory 256 --net \
    --disk "virtio:$tmp/a.img" --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" --cmdline "console=ttyS0 quiet panic=-1 nopv"
has '^FOUND pv_shim: Xen 4\.17.*, domain 1'
has "^FIRST $first $first\$"
written=$(sed -n 's/^WRITTEN //p' "$out")
has "^AGAIN $written"
[ "$written" = "$(sha256sum "$tmp/a.img" | cut -c1-16)" ] || fail "the image is not what was written"
has '^PING .* 0% packet loss'
has '^COMPLAINTS 0'
pass
