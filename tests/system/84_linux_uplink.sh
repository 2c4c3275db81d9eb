# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The uplink: Linux domains reach QEMU's user network through the switch and a virtio device. Leases by
# DHCP, 4 MiB from a server behind it and back, compared with the host's files.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_linux
head -c 4194304 /dev/urandom >"$tmp/there"
cat >"$tmp/serve" <<END
#!/bin/sh
exec cat $tmp/there
END
cat >"$tmp/take" <<END
#!/bin/sh
sha256sum >$tmp/back.\$\$
END
chmod 755 "$tmp/serve" "$tmp/take"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-netfront.ko
ip link set eth0 up
printf '#!/bin/sh\n[ "$1" != bound ] || { ip addr add $ip/24 dev eth0; ip route add default via $router; echo "LEASE $ip $router"; }\n' >/script
chmod 755 /script
udhcpc -q -n -t 20 -T 1 -i eth0 -s /script >/out 2>&1
grep LEASE /out || cat /out
nc 10.0.2.100 80 </dev/null >/data
echo "SUM $(sha256sum </data)"
nc 10.0.2.101 80 </data
cat /sys/class/net/eth0/statistics/tx_packets
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-netfront.ko"
user="user,id=n0,guestfwd=tcp:10.0.2.100:80-cmd:$tmp/serve,guestfwd=tcp:10.0.2.101:80-cmd:$tmp/take"
expect 0 sh tests/machine.sh --memory 700 --smp 2 "prefix" "
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1
    $tmp/initrd ramdisk" \
    -netdev "$user" -device virtio-net-pci,netdev=n0
sum=$(sha256sum <"$tmp/there")
for d in d1 d2; do
    has "^($d) LEASE 10.0.2.1[5-9] 10.0.2.2"
    has "^($d) SUM $sum"
done
has '^(hv) audit: 0 violations'
[ "$(cat "$tmp"/back.* | grep -c "$sum")" = 2 ] || fail "what came back is not what was sent"
pass
