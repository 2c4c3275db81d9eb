# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Stock Linux told of the hypervisor, on two processors: as an HVM guest, which has the emulated disk and
# card taken away before it uses the PV devices, and as a PVH guest, which has nothing else. Both know where
# they are, write what is in the image afterwards, reach the network, and give memory back and take it again.
. tests/system/lib.sh
need "$HVRUN"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in /*.ko; do insmod "$module"; done
until [ -b /dev/xvda ]; do sleep 0.1; done
echo "TYPE $(cat /sys/hypervisor/type) $(cat /sys/hypervisor/guest_type)"
echo "PROCESSORS $(grep -c ^processor /proc/cpuinfo)"
echo "EMULATED $(ls /sys/block | grep -c ^[sh]d) $(ls /sys/bus/pci/devices 2>/dev/null | grep -c :0[34])"
for cpu in 0 1; do
    dd if=/dev/urandom of=/data$cpu bs=1M count=1 2>/dev/null
    taskset $((cpu + 1)) dd if=/data$cpu of=/dev/xvda bs=64k seek=$((cpu * 16)) oflag=direct 2>/dev/null
done
dd if=/dev/xvda bs=4k count=512 iflag=direct 2>/dev/null >/back
cat /data0 /data1 | cmp - /back && echo "SUM $(sha256sum </back | cut -c1-64)"
ip link set eth0 up
udhcpc -i eth0 -n -q -s /bin/true 2>&1 | grep 'lease of'
ip addr add 10.0.2.101/24 dev eth0
echo "PING $(ping -c 5 -i 0.2 -s 1400 10.0.2.2 | grep loss)"
memory=/sys/devices/system/xen_memory/xen_memory0
balloon() {
    echo "$1" >$memory/target_kb
    until [ "$(cat $memory/info/current_kb)" = "$1" ]; do sleep 0.1; done
    echo "BALLOON $2"
}
all=$(cat $memory/target_kb)
balloon $((all - 32768)) down
balloon "$all" up
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko"
linux() { # type console options...
    type=$1
    console=$2
    shift 2
    head -c 4194304 /dev/zero >"$tmp/a.img"
    expect 0 "$HVRUN" --strict "$@" --vcpus 2 --memory 320 --disk "$tmp/a.img" --net user --timeout 200 \
        --kernel "$LINUX" --ramdisk "$tmp/initrd" --cmdline "console=$console quiet panic=-1"
    has "^TYPE xen $type"
    has '^PROCESSORS 2'
    has '^EMULATED 0 0'
    has "^SUM $(head -c 2097152 "$tmp/a.img" | sha256sum | cut -c1-64)"
    has 'lease of 10.0.2.15 obtained from 10.0.2.2'
    has '^PING .* 0% packet loss'
    has '^BALLOON down'
    has '^BALLOON up'
    hasnt '(hv) strict'
    has 'audit: 0 violations'
}
linux HVM ttyS0 --mode fv --xen
linux PVH hvc0 --mode pvh
pass
