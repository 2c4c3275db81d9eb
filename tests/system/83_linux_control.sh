# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What a toolstack does to a running Linux: its balloon goes down and up, and what was in memory stays;
# two of its vcpus go and come back, and are of use again; it powers off when asked to.
. tests/system/lib.sh
HVCTL=$B/hvctl
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
mkdir /sbin
printf '#!/bin/sh\npoweroff -f\n' >/sbin/poweroff
chmod 755 /sbin/poweroff
info=/sys/devices/system/xen_memory/xen_memory0/info
cpus=/sys/devices/system/cpu
dd if=/dev/urandom of=/data bs=1M count=12 2>/dev/null
mount -t tmpfs -o size=120m none /mnt
sum=$(md5sum </data)
echo READY
while :; do
    [ "$(md5sum </data)" = "$sum" ] || echo CORRUPT
    kb=$(cat $info/current_kb)
    [ $kb -gt 114688 ] || touch /small
    # Memory that came back holds what is written to it.
    if [ -e /small ] && [ $kb = 196608 ] && [ ! -e /mnt/full ]; then
        dd if=/dev/urandom of=/mnt/full bs=1M count=45 2>/dev/null
        cp /mnt/full /mnt/copy && cmp /mnt/full /mnt/copy && echo FILLED
        rm /mnt/copy
    fi
    # As udev does: a processor that appears is put to use.
    for c in $cpus/cpu1 $cpus/cpu2; do [ "$(cat $c/online 2>/dev/null)" != 0 ] || echo 1 >$c/online; done
    now=$(cat $cpus/online)
    if [ "$now" != "$before" ]; then
        for c in 0 1 2; do taskset -c $c sh -c 'sleep 0.05; md5sum </data' >/dev/null 2>&1 && echo "ONLINE $now WORKS $c"; done
        before=$now
    fi
    echo "KB $kb CPUS $now"
    sleep 0.3
done
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init"
"$HVRUN" --strict --smp 2 --timeout 300 --control "$tmp/control" --memory 192 --vcpus 3 \
    --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" --cmdline "console=hvc0 quiet panic=1" \
    >"$out" 2>"$err" </dev/null &
pid=$!
ctl() { "$HVCTL" --timeout 60 "$tmp/control" "$@" || fail "hvctl $*"; }
# until_line PATTERN: the console's last line of the guest's rounds matches.
until_line() {
    tries=0
    until tr -d '\r' <"$out" | grep '^KB\|^READY' | tail -n 1 | grep -q -e "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || {
            tail -n 20 "$out"
            fail "did not come to: $1"
        }
        sleep 0.2
    done
}
pages() { ctl list --json | sed -n 's/.*"memory_kib": \([0-9]*\),/\1/p'; }

until_line '^KB 196608 CPUS 0-2'
ctl mem-set 1 112
until_line '^KB 114688 '
[ "$(pages)" = 114688 ] || fail "$(pages) KiB, wanted 114688"
ctl audit 1 | grep '^violations=0$' || fail "audit"
ctl mem-set 1 192
until_line '^KB 196608 '
[ "$(pages)" = 196608 ] || fail "$(pages) KiB, wanted 196608"
ctl vcpu-set 1 1
until_line ' CPUS 0$'
ctl list | grep ' 1/3 ' || fail "two vcpus should be down"
ctl vcpu-set 1 3
until_line ' CPUS 0-2'
ctl list | grep ' 3/3 ' || fail "three vcpus should be up"
tries=0
until grep -q '^FILLED' "$out" && [ "$(grep -c '^ONLINE 0-2 WORKS 2' "$out")" = 2 ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { cat "$out"; fail "no work on what came back"; }
    sleep 0.2
done
ctl audit 1 | grep '^violations=0$' || fail "audit"
ctl shutdown 1
got=0
wait $pid || got=$?
tail -n 30 "$out"
cat "$err"
[ $got = 0 ] || fail "status $got"
hasnt CORRUPT
has '^ONLINE 0 WORKS 0'
hasnt '^ONLINE 0 WORKS [12]'
[ "$(grep -c '^ONLINE 0-2 WORKS 1' "$out")" = 2 ] || fail "vcpu 1 did not work twice"
has '^(hv) audit: 0 violations'
pass
