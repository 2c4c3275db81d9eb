# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The network back-end with front-ends we did not write: two Linux kernels with xen-netfront on one
# switch. Large and small packets, and long ones (TSO) in IPv4 and IPv6, both ways.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-netfront.ko
set -- $(cat /proc/cmdline)
for word; do case $word in who=*) who=${word#who=} ;; esac; done
ip addr add 10.0.2.$((100 + who))/24 dev eth0
ip link set eth0 up
sum() { sha256sum | cut -c1-16; }
# All that was sent has arrived: nobody waits for a machine that is off.
sent() { while grep -qE "^ *[0-9]+: [^ ]+ [^ ]+ (01|04|08|09|0B) " /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done; }
count() { cat /sys/class/net/eth0/statistics/$1; }
if [ "$who" = 1 ]; then # 16 MiB to whoever asks, then as much back
    dd if=/dev/urandom of=/data bs=1M count=16 2>/dev/null
    echo "SUM $(sum </data)"
    nc -l -p 5000 -e cat /data
    echo "MEAN $(($(count tx_bytes) / $(count tx_packets))) BYTES"
    printf '#!/bin/sh\nsha256sum >/sum\n' >/take
    chmod 755 /take
    nc -l -p 5001 -e /take
    until [ -s /sum ]; do sleep 0.1; done
    echo "BACK $(cut -c1-16 /sum)"
    bytes=$(count tx_bytes) packets=$(count tx_packets)
    nc -l -p 5002 -e cat /data
    echo "MEAN6 $((($(count tx_bytes) - bytes) / ($(count tx_packets) - packets))) BYTES"
    sent
    echo "COMPLAINTS $(dmesg | grep -c -i -e 'hw csum' -e 'eth0: ')"
    poweroff -f
fi
get() { until nc "$@" 2>/dev/null; do sleep 0.2; done; }
until ping -c 1 -W 1 10.0.2.101 >/dev/null 2>&1; do :; done
echo "PING $(ping -c 20 -i 0.1 -s 1400 10.0.2.101 | grep loss)"
echo "LARGE PING $(ping -c 10 -i 0.1 -s 20000 10.0.2.101 | grep loss)"
get 10.0.2.101 5000 </dev/null >/data
echo "SUM $(sum </data)"
bytes=$(count tx_bytes) packets=$(count tx_packets)
get 10.0.2.101 5001 -e cat /data
echo "MEAN $((($(count tx_bytes) - bytes) / ($(count tx_packets) - packets))) BYTES"
get fe80::216:3eff:fe00:100%eth0 5002 </dev/null >/data
echo "IPV6 $(sum </data)"
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-netfront.ko"
expect 0 sh tests/machine.sh --timeout 200 --memory 700 --smp 2 "prefix" "
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1 who=1
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 vcpus=2 net -- console=hvc0 quiet panic=1 who=2
    $tmp/initrd ramdisk"
sum=$(sed -n 's/^(d1) SUM //p' "$out")
[ -n "$sum" ] || fail "nothing was sent"
has "^(d2) SUM $sum"
has "^(d2) IPV6 $sum"
has "^(d1) BACK $sum"
for d in d1 d2; do # long packets stay in one piece
    mean=$(sed -n "s/^($d) MEAN \([0-9]*\) BYTES/\1/p" "$out")
    [ "${mean:-0}" -gt 2000 ] || fail "packets of $d have $mean bytes"
done
# Large ones come in 14 pieces that must all arrive; a busy computer may drop some.
has '^(d2) PING .* [0-3]\{0,1\}[0-9]% packet loss'
has '^(d2) LARGE PING .* [0-3]\{0,1\}[0-9]% packet loss'
has '^(d1) COMPLAINTS 0'
has '^(hv) audit: 0 violations'
pass
