# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The uplink: Linux domains reach QEMU's user network through the switch and a virtio device. Leases by
# DHCP, 4 MiB from a server behind it and back, compared with the host's files. Then one of them dies in
# the midst of a transfer to the other, which goes on.
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
set -- $(cat /proc/cmdline)
for word; do case $word in who=*) who=${word#who=} ;; esac; done
ip addr add 10.0.2.$((100 + who))/24 dev eth0
ip link set eth0 up
printf '#!/bin/sh\n[ "$1" != bound ] || { ip addr add $ip/24 dev eth0; ip route add default via $router; echo "LEASE $ip $router"; }\n' >/script
chmod 755 /script
udhcpc -q -n -t 20 -T 1 -i eth0 -s /script >/out 2>&1
grep LEASE /out || cat /out
nc 10.0.2.200 80 </dev/null >/data
echo "SUM $(sha256sum </data)"
nc 10.0.2.201 80 </data
if [ "$who" = 1 ]; then
    printf '#!/bin/sh\nhead -c 1000000 | wc -c >/begun\ncat >/dev/null\n' >/take
    chmod 755 /take
    nc -l -p 5000 -e /take &
    until [ -s /begun ]; do sleep 0.1; done
    while ping -c 1 -W 1 10.0.2.102 >/dev/null; do :; done
    nc 10.0.2.200 80 </dev/null >/data
    echo "AGAIN $(sha256sum </data)"
else
    (until nc 10.0.2.101 5000 </dev/zero; do sleep 0.2; done) 2>/dev/null &
    until [ "$(cat /sys/class/net/eth0/statistics/tx_bytes)" -gt 10000000 ]; do :; done
fi
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-netfront.ko"
user="user,id=n0,guestfwd=tcp:10.0.2.200:80-cmd:$tmp/serve,guestfwd=tcp:10.0.2.201:80-cmd:$tmp/take"
expect 0 sh tests/machine.sh --timeout 150 --memory 700 --smp 2 "prefix" "
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1 who=1
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1 who=2
    $tmp/initrd ramdisk" \
    -netdev "$user" -device virtio-net-pci,netdev=n0
sum=$(sha256sum <"$tmp/there")
for d in d1 d2; do
    has "^($d) LEASE 10.0.2.1[5-9] 10.0.2.2"
    has "^($d) SUM $sum"
done
has "^(d1) AGAIN $sum"
has '^(hv) audit: 0 violations'
[ "$(cat "$tmp"/back.* | grep -c "$sum")" = 2 ] || fail "what came back is not what was sent"
pass
