# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The emulated hardware under stock drivers beyond the plain case: two processors; master and slave of one
# ATA channel, used at once and beside the network card; transfers at odd places and past several
# descriptors; a disk that is read only; and packets of seven frames, which go round the ring of the NE2000.
# At last the same disks by another driver, which knows ISA's ports and programmed I/O only.
. tests/system/lib.sh
need "$HVRUN"
need_linux_hw
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
echo "PROCESSORS $(grep -c ^processor /proc/cpuinfo) $(grep -c LOC: /proc/interrupts)"
for module in /[12]*.ko; do insmod "$module"; done
# Which disk is found first is chance.
disk_of() { for d in sda sdb; do [ "$(cat /sys/block/$d/size)" != "$1" ] || echo "/dev/$d"; done; }
find_disks() {
    until [ -b /dev/sda ] && [ -b /dev/sdb ]; do sleep 0.1; done
    master=$(disk_of 8192)
    slave=$(disk_of 6144)
}
find_disks
sum() { sha256sum | cut -c1-64; }
slave_sum() { dd if="$slave" bs="$1" iflag=direct 2>/dev/null | sum; }
head -c 4194304 /dev/urandom >/data
ip link set eth0 up
ip addr add 10.0.2.101/24 dev eth0
echo "FRAGMENTS $(ping -c 10 -i 0.2 -s 9000 10.0.2.2 | grep loss)"
{
    dd if=/data of="$master" bs=512k oflag=direct 2>/dev/null
    dd if="$master" bs=512k iflag=direct 2>/dev/null | cmp - /data && echo "MASTER AGREES"
} &
echo "SLAVE $(slave_sum 127k)" &
echo "BUSY $(ping -c 10 -i 0.2 -s 1400 10.0.2.2 | grep loss)"
wait
for to in 1 8191 255 256 257 4095; do
    dd if=/data of="$master" bs=512 count=1 skip=5 seek=$to oflag=direct 2>/dev/null
    dd if=/data of=/data bs=512 count=1 skip=5 seek=$to conv=notrunc 2>/dev/null
done
dd if="$master" bs=64k iflag=direct 2>/dev/null | cmp - /data && echo "SECTORS AGREE"
dd if=/data of="$master" bs=4k conv=fsync 2>/dev/null && echo "SYNCED $(sum </data)"
echo "EXCEPTIONS $(dmesg | grep -c 'ata.*exception')"
dd if=/data of="$slave" bs=4k count=1 oflag=direct 2>/dev/null
dmesg | grep -q 'ata.*failed command: WRITE' && echo "WRITE REFUSED"
echo "STILL $(slave_sum 128k)"
rmmod ata_piix
insmod /linux-hw.pata_legacy.ko all=1
find_disks
dd if=/data of="$master" bs=32k count=1 seek=3 oflag=direct 2>/dev/null
dd if=/data of=/data bs=32k count=1 seek=3 conv=notrunc 2>/dev/null
echo "LEGACY $(cat /sys/class/scsi_host/host*/proc_name | sort -u) $(dd if="$slave" bs=64k count=4 2>/dev/null | sum)"
echo "KEPT $(sum </data)"
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$LINUX_HW".modules/*.ko "$LINUX_HW.pata_legacy.ko"
head -c 4194304 /dev/zero >"$tmp/a.img"
head -c 3145728 /dev/urandom >"$tmp/b.img"
expect 0 "$HVRUN" --strict --mode fv --smp 2 --vcpus 4 --memory 384 --disk "$tmp/a.img" --disk "$tmp/b.img,ro" --net user \
    --timeout 100 --kernel "$LINUX_HW.elf" --ramdisk "$tmp/initrd" --cmdline "console=ttyS0 quiet panic=-1"
sum_of() { sha256sum "$1" | cut -c1-64; }
# The card drops what its ring has no room for; it does not stop.
has "^PROCESSORS 4 1"
has '^FRAGMENTS .* [0-3]\{0,1\}[0-9]% packet loss'
has '^BUSY .* [0-3]\{0,1\}[0-9]% packet loss'
has '^MASTER AGREES'
has '^SECTORS AGREE'
has '^SYNCED '
has "^LEGACY pata_legacy $(head -c 262144 "$tmp/b.img" | sha256sum | cut -c1-64)"
has "^KEPT $(sum_of "$tmp/a.img")"
has '^EXCEPTIONS 0'
has '^WRITE REFUSED'
has "^SLAVE $(sum_of "$tmp/b.img")"
has "^STILL $(sum_of "$tmp/b.img")"
has 'audit: 0 violations'
pass
