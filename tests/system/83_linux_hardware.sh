# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The emulated hardware with drivers we did not write: Debian's stock kernel for hardware, unmodified and
# told of nothing, finds the PCI bus by ACPI, a disk by ata_piix, and a network card by ne2k-pci. What it
# writes by bus master reads back by programmed I/O, and is in the image on the host.
. tests/system/lib.sh
need "$HVRUN"
need_linux_hw
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in /*.ko; do insmod "$module"; done
disk() { until [ -b /dev/sda ]; do sleep 0.1; done; }
disk
dd if=/dev/urandom of=/data bs=1M count=2 2>/dev/null
dd if=/data of=/dev/sda bs=64k oflag=direct 2>/dev/null
dd if=/dev/sda bs=4k count=512 iflag=direct 2>/dev/null | cmp - /data && echo DMA AGREES
echo "MODE $(cat /sys/class/ata_device/dev1.0/xfer_mode)"
echo "SUM $(sha256sum </data | cut -c1-64)"
echo "PART $(head -c 200000 /data | sha256sum | cut -c1-64)"
ip link set eth0 up
udhcpc -i eth0 -n -q -s /bin/true 2>&1 | grep 'lease of'
ip addr add 10.0.2.101/24 dev eth0
echo "PING $(ping -c 20 -i 0.1 -s 1400 10.0.2.2 | grep loss)"
nc 10.0.2.200 80 </dev/null >/there
echo "FETCHED $(sha256sum </there | cut -c1-16)"
head -c 200000 /data | nc 10.0.2.201 80
rmmod sd_mod ata_piix libata
insmod /17-libata.ko dma=0
insmod /18-ata_piix.ko
insmod /19-sd_mod.ko
disk
echo "MODE $(cat /sys/class/ata_device/dev1.0/xfer_mode)"
dd if=/dev/sda bs=64k count=32 iflag=direct 2>/dev/null | cmp - /data && echo PIO AGREES
dd if=/data of=/dev/sda bs=4k seek=512 oflag=direct 2>/dev/null
dmesg | grep -E 'ata1.*(exception|DRDY|timed out|lost)' | sed 's/.*ata1/LIBATA/'
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$LINUX_HW".modules/*.ko
head -c 4194304 /dev/zero >"$tmp/a.img"
# QEMU with a server and a taker behind its user network.
head -c 200000 /dev/urandom >"$tmp/there"
printf '#!/bin/sh\nexec cat %s/there\n' "$tmp" >"$tmp/serve"
printf '#!/bin/sh\nsha256sum | cut -c1-64 >%s/back\n' "$tmp" >"$tmp/take"
cat >"$tmp/qemu" <<END
#!/bin/sh
for word; do
    shift
    case \$word in user,id=*) word=\$word,guestfwd=tcp:10.0.2.200:80-cmd:$tmp/serve,guestfwd=tcp:10.0.2.201:80-cmd:$tmp/take ;; esac
    set -- "\$@" "\$word"
done
exec qemu-system-x86_64 "\$@"
END
chmod 755 "$tmp/serve" "$tmp/take" "$tmp/qemu"
export HVRUN_QEMU="$tmp/qemu"
expect 0 "$HVRUN" --strict --mode fv --memory 384 --disk "$tmp/a.img" --net user --timeout 300 \
    --kernel "$LINUX_HW.elf" --ramdisk "$tmp/initrd" --cmdline "console=ttyS0 panic=-1"
has 'PCI Root Bridge \[PCI0\]'
has '^DMA AGREES'
has '^PIO AGREES'
has '^MODE XFER_MW_DMA_2'
has '^MODE XFER_PIO_4'
hasnt '^LIBATA'
has 'lease of 10.0.2.15 obtained from 10.0.2.2'
# A busy computer drops a packet; a card that does not work loses most, and TCP with it.
has '^PING .* [0-3]\{0,1\}[0-9]% packet loss'
[ "$(sed -n 's/^FETCHED //p' "$out")" = "$(sha256sum <"$tmp/there" | cut -c1-16)" ] || fail "what TCP brought differs"
has 'audit: 0 violations'
sum=$(sed -n 's/^SUM //p' "$out")
[ "$(cat "$tmp/back")" = "$(sed -n 's/^PART //p' "$out")" ] || fail "what TCP took to the host differs"
for skip in 0 1; do
    [ "$(dd if="$tmp/a.img" bs=2M skip=$skip count=1 2>/dev/null | sha256sum | cut -c1-64)" = "$sum" ] ||
        fail "half $skip of the image is not what the guest wrote"
done
pass
