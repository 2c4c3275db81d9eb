# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Our modules in a stock Linux domU on Xen 4.17, with Linux's xen-blkback and xen-netback, which lose
# and find the disk again while it is written to; a second disk comes and goes.
. tests/system/lib.sh
need_linux
need_lab
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
{ echo "hotplug=${HOTPLUG:-1}" && cat; } >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null
echo "SUM $(sha256sum </tmp/data | cut -c1-16)"
printf '#!/bin/sh\nsha256sum >/tmp/sum\n' >/tmp/take
chmod 755 /tmp/take
nc -l -p 5000 -e cat /tmp/data &
nc -l -p 5001 -e /tmp/take &
wait_line 1 '^WRITING' && vbd unbind 1 && vbd bind 1 && echo RESTARTED
truncate -s 8M /tmp/second
# xl gives a removal up after ten seconds if the device is in use; then the next one finds it still there.
again() {
    detach=$1
    shift
    until xl "$@"; do
        $detach
        sleep 1
    done
}
n=0
while [ $n -lt $hotplug ]; do
    n=$((n + 1))
    wait_line 1 "^WANT DISK $n" && again "xl block-detach d1 xvdb" block-attach d1 format=raw,vdev=xvdb,access=rw,target=/tmp/second
    wait_line 1 "^HAVE DISK $n" && xl block-detach d1 xvdb
    wait_line 1 "^WANT CARD $n" && again "xl network-detach d1 1" network-attach d1
    wait_line 1 "^HAVE CARD $n" && xl network-detach d1 1
done
wait_end 1
echo "TOOK $(cut -c1-16 /tmp/sum)"
END
sh tests/xen/initrd.sh "$tmp/initrd" tests/xen/modules_guest.sh "$modules"/pv_*.ko
expect 0 sh tests/xen/lab.sh run --timeout "${LIMIT:-500}" --smp 2 --dom0 "$tmp/dom0.sh" \
    --memory 256 --vcpus 2 --net --disk ram:32 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1 me=10.0.2.101 peer=10.0.2.2 cycles=${CYCLES:-3} hotplug=${HOTPLUG:-1}"
modules_worked ''
sum=$(sed -n 's/^SUM //p' "$out")
[ -n "$sum" ] || fail "nothing was sent"
has "^GOT $sum"
has "^TOOK $sum"
has '^RESTARTED'
has "^GONE ${HOTPLUG:-1}"
pass
