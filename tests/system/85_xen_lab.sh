# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The lab: domains of Xen 4.17 made by xl, with disks and network cards from Linux's back-ends. Our
# kernel passes the same self-tests there as on hv-stub, and what a stock Linux wrote to its disk, a
# RAM disk, a loop device, and a file here, is read back by dom0 and by us.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
need_lab
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
insmod /xen-netfront.ko
while ! [ -b /dev/xvdd ]; do sleep 0.1; done
ip addr add 10.0.2.102/24 dev eth0
ip link set eth0 up
ping -c 2 10.0.2.2
dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null
for disk in xvda xvdb xvdc; do
    dd if=/data of=/dev/$disk bs=1M conv=fsync 2>/dev/null
    echo "sum $(md5sum </dev/$disk)"
done
dd if=/data of=/dev/xvdd bs=1M 2>/dev/null || echo "xvdd is read-only"
poweroff -f
END
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
wait_end 2
for device in /dev/ram0 /lab/d2b.img; do
    echo "sum $(md5sum <$device)"
done
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B"/xen/xen-*front.ko
truncate -s 8M "$tmp/disk" "$tmp/read-only"

expect 0 sh tests/xen/lab.sh run --smp 2 --dom0 "$tmp/dom0.sh" --kernel "$PV" --cmdline selftest \
    --domain --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1" --net --disk ram:8 --disk file:8 \
    --disk "virtio:$tmp/disk" --disk "virtio:$tmp/read-only,r"
cp "$out" "$tmp/lab"
has '^(d2) .*2 packets received'
has '^(d2) xvdd is read-only'
sums=$(grep -o 'sum [0-9a-f]*' "$out")
[ "$(echo "$sums" | wc -l)" = 5 ] || fail "there are not five checksums"
[ "$(echo "$sums" | sort -u)" = "sum $(md5sum <"$tmp/disk" | cut -d' ' -f1)" ] || fail "the checksums differ"

# The same tests with the same outcome, but for the console that only dom0 has.
sed -n 's/^(d1) \(.*TEST [a-z]\)/\1/p' "$tmp/lab" | grep -v abi_console >"$tmp/there"
expect 0 "$HVRUN" --timeout 60 --kernel "$PV" --cmdline selftest
selftest_passed
grep '^[^ ]*TEST [a-z]' "$out" | grep -v abi_console >"$tmp/here"
diff "$tmp/here" "$tmp/there" || fail "not the self-tests of hv-stub"

# How domains end.
expect 6 sh tests/xen/lab.sh run --kernel README.md
has 'no loader found'
pass
