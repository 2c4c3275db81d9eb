# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Two Linux domains and a shim on two CPUs, each with a disk of its own, talk TCP to one another. One
# Linux is destroyed in the midst of it: the other one and the shim go on, and all three disks are in order.
. tests/system/lib.sh
need "$HVRUN" "$B/hvctl" "$B/hv-stub.elf" "$PV"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
insmod /xen-netfront.ko
for word in $(cat /proc/cmdline); do case $word in who=*) who=${word#who=} ;; esac; done
other=10.0.2.$((103 - who))
ip link set lo up
ip addr add 10.0.2.$((100 + who))/24 dev eth0
ip link set eth0 up
until [ -b /dev/xvda ]; do sleep 0.1; done
mount -t ext4 /dev/xvda /mnt
nc -ll -p 7 -e cat &

# swap PEER: 300 KB from the disk to a peer and back.
swap() {
    if [ "$who $1" = "2 10.0.2.103" ]; then # the shim serves one client at a time at each port
        timeout 30 nc "$1" 5003 </mnt/there 2>/dev/null
        return
    fi
    timeout 30 nc "$1" 7 </mnt/there >/mnt/back 2>/dev/null && cmp /mnt/there /mnt/back
}
# round N PEER...: a new file on the disk, to each of them and back.
round() {
    n=$1
    shift
    dd if=/dev/urandom of=/mnt/there bs=1000 count=300 2>/dev/null
    sync
    echo 3 >/proc/sys/vm/drop_caches
    for peer; do
        until swap "$peer"; do
            [ $# = 1 ] || ping -c 1 -W 2 "$peer" >/dev/null || return 1
            sleep 0.2
        done
    done
    echo "ROUND $n WITH $# PEERS"
}
for peer in $other 10.0.2.103; do
    until ping -c 1 -W 1 $peer >/dev/null 2>&1; do :; done
done
n=1
while round $n $other 10.0.2.103; do
    n=$((n + 1))
done
echo ALONE
for n in 1 2 3; do round "$n LATER" 10.0.2.103; done
echo "ERRORS $(dmesg | grep -c -i -e 'I/O error' -e BUG: -e 'EXT4-fs error')"
umount /mnt
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko"
for n in 1 2; do
    truncate -s 16M "$tmp/disk$n"
    mke2fs -q -t ext4 "$tmp/disk$n" || error mke2fs
done
truncate -s 8M "$tmp/disk3"

"$HVRUN" --timeout 250 --control "$tmp/control" --smp 2 --name survivor \
    --vcpus 2 --memory 160 --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" --disk "$tmp/disk1" \
    --net switch --cmdline "console=hvc0 quiet who=1" \
    --domain --name victim --memory 160 --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" --disk "$tmp/disk2" \
    --net switch --cmdline "console=hvc0 quiet who=2" \
    --domain --name shim --kernel "$PV" --disk "$tmp/disk3" --net switch \
    --cmdline "blktest key=3 nettest netpeer=server" >"$out" 2>"$err" </dev/null &
pid=$!

# await PATTERN: a line that matches is on the console.
await() {
    until tr -d '\r' <"$out" | grep -q -e "$1"; do
        kill -0 $pid 2>/dev/null || {
            cat "$out" "$err"
            fail "ended before: $1"
        }
        sleep 0.2
    done
}
await '^(d1) ROUND 2 WITH 2 PEERS'
await '^(d2) ROUND 2 WITH 2 PEERS'
"$B/hvctl" --timeout 60 "$tmp/control" destroy victim || fail "not destroyed"
await '^(d1) ERRORS'
"$B/hvctl" --timeout 60 "$tmp/control" destroy shim || fail "not destroyed"
finished $pid
has '^(d1) ALONE'
has '^(d1) ROUND 3 LATER WITH 1 PEERS'
has '^(d1) ERRORS 0'
hasnt '^(d2) ALONE'
has '^(d3) SELFTEST: [1-9][0-9]* passed, 0 failed'
has '^(hv) audit: 0 violations'
e2fsck -f -n "$tmp/disk1" || fail "the survivor's disk is not in order"
e2fsck -f -p "$tmp/disk2"
e2fsck -f -n "$tmp/disk2" || fail "the journal of the dead domain's disk does not repair it"
pass
