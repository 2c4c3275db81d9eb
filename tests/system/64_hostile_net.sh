# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A front-end that breaks every rule of the network rings, while two Linux domains use the same switch
# and talk to it too: each attack is answered as it should be, and theirs goes on untouched.
. tests/system/lib.sh
HOSTILE=$B/guest-hostile-pv.elf
need "$B/hv-stub.elf" "$HOSTILE"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-netfront.ko
set -- $(cat /proc/cmdline)
for word; do case $word in who=*) who=${word#who=} ;; esac; done
echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip addr add 10.0.2.$((100 + who))/24 dev eth0
ip link set eth0 up
arp -s 10.0.2.103 00:16:3e:00:03:00
printf '#!/bin/sh\nsha256sum >>/sums\n' >/take
chmod 755 /take
if [ "$who" = 1 ]; then
    ping -i 0.005 -s 1400 10.0.2.103 >/dev/null & # who stops to take them
    for i in 1 2 3; do nc -l -p 500$i -e /take; done
    until [ "$(wc -l </sums)" = 3 ]; do sleep 0.1; done
    cut -c1-16 /sums
    poweroff -f
fi
dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null
until ping -c 1 -W 1 10.0.2.101 >/dev/null 2>&1; do :; done
for i in 1 2 3; do until nc 10.0.2.101 500$i </data 2>/dev/null; do sleep 0.2; done; done
sha256sum </data | cut -c1-16
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-netfront.ko"
expect 0 sh tests/machine.sh --timeout 150 --memory 700 --smp 2 "prefix" "
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1 who=1
    $tmp/initrd ramdisk
    $LINUX kernel mode=pv mem=256 net -- console=hvc0 quiet panic=1 who=2
    $tmp/initrd ramdisk
    $HOSTILE kernel mem=32 net -- group=net"
sums=$(sed -n 's/^(d[12]) \([0-9a-f]\{16\}\)$/\1/p' "$out" | sort | uniq -c | sed 's/^ *//')
[ "${sums%% *}" = 4 ] || fail "what arrived is not what was sent: $sums"

# 0 is a good answer (or a packet that is simply dropped), -1 an error, 77 the end of the connection.
answers() {
    want=$1
    shift
    for name; do has "^(d3) HOSTILE net_$name -> $want\$"; done
}
answers 0 good gso_one gso_wrong_family gso_no_headers gso_header_beyond other_address \
    one_page_for_both state_storm notify_storm flood bad_buffers left_open
answers -1 no_such_grant foreign_grant foreign_frame runt parts_exceed_whole many_slots
answers 77 producer_jump producer_back cross_page huge_slot too_many_slots slots_missing \
    endless_extras unknown_extra gso_zero gso_unknown ring_not_granted ring_read_only \
    port_of_nobody port_in_use too_many_queues queue_missing
has '^(hv) audit: 0 violations'
pass
