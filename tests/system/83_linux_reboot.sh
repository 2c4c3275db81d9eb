# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Stock Linux reboots, panics and powers off, with its disk and its network in use each time: it comes
# back twice, and finds on its disk what it left there. A panic is reported with reason and registers.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
insmod /xen-netfront.ko
while ! [ -b /dev/xvda ]; do sleep 0.1; done
n=$(dd if=/dev/xvda bs=512 count=1 2>/dev/null | tr -cd 0-9)
n=$((${n:-0} + 1))
echo $n | dd of=/dev/xvda bs=512 conv=sync oflag=direct 2>/dev/null
ip addr add 10.0.2.101/24 dev eth0
ip link set eth0 up
ping -c 1 -W 10 10.0.2.2 >/dev/null && echo "LIFE $n HAS DISK AND NETWORK"
[ $n != 1 ] || reboot -f
[ $n != 2 ] || echo c >/proc/sysrq-trigger
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko"
expect 0 "$HVRUN" --smp 2 --timeout 300 --memory 192 --vcpus 2 --on-reboot restart --on-crash restart \
    --disk ram:8 --net user --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1" --domain --kernel "$PV" --cmdline "count count=30"
for n in 1 2 3; do has "LIFE $n HAS DISK AND NETWORK"; done
has '^(hv) d1 ended: reboot'
has '^(hv) d1 ended: crash'
has '^(hv) d1 said: .*Kernel panic - not syncing: sysrq triggered crash$'
has '^(hv) d1v[01] crashed by its own wish'
has '^(hv)   sched_op (29)'
[ "$(grep -c '^(hv) d1 .* starts again' "$out")" = 2 ] || fail "it did not start again twice"
has '^(d2) count 30 '
has '^(hv) audit: 0 violations'
pass
