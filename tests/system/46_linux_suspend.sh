# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A stock Linux with two vcpus suspends through control/shutdown and goes on: where it was, as if it had been
# restored elsewhere, and so again with a vcpu unplugged, which comes back. Each time its disk has what was
# written before, and the network answers.
. tests/system/lib.sh
HVCTL=$B/hvctl
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf"
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
for module in $modules; do insmod /$module; done
ip addr add 10.0.2.101/24 dev eth0
ip link set eth0 up
while ! [ -b /dev/xvda ]; do sleep 0.1; done
dd if=/dev/urandom of=/data bs=64k count=16 2>/dev/null
dd if=/data of=/dev/xvda bs=64k conv=fsync 2>/dev/null
sum=$(md5sum </data)
cpu1=/sys/devices/system/cpu/cpu1/online
while true; do
    ! [ -f $cpu1 ] || [ "$(cat $cpu1)" = 1 ] || echo 1 >$cpu1
    echo 3 >/proc/sys/vm/drop_caches
    [ "$(dd if=/dev/xvda bs=64k count=16 2>/dev/null | md5sum)" = "$sum" ] || echo "WRONG data"
    ping -c 1 -W 20 10.0.2.2 >/dev/null && echo "ALIVE with $(nproc) cpus"
    sleep 0.2
done
END
# The front-ends: Linux's, unless somebody else's are named.
drivers=${DRIVERS:-$B/xen/xen-blkfront.ko $B/xen/xen-netfront.ko}
# shellcheck disable=SC2086 # a list of files
sed -i "1i modules='$(for module in $drivers; do basename "$module"; done | xargs)'" "$tmp/init"
# shellcheck disable=SC2086
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" $drivers
ctl() { "$HVCTL" --timeout 100 "$tmp/control" "$@"; }
# lives: three more rounds, from now on.
lives() {
    before=$(alive)
    tries=0
    until [ "$(alive)" -gt $((before + 3)) ]; do
        tries=$((tries + 1))
        [ $tries -lt 800 ] || fail "Linux does not go on"
        sleep 0.1
    done
}

"$HVRUN" --strict --timeout 240 --control "$tmp/control" --memory 256 --vcpus 2 --disk ram:4 --net user \
    --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" --cmdline "console=hvc0 panic=1 loglevel=6" \
    >"$out.raw" 2>"$err" </dev/null &
pid=$!
alive() { grep -c "^ALIVE with $cpus cpus" "$out.raw"; }
cpus=2
lives
for how in "" new "new 1"; do
    if [ "$how" = "new 1" ]; then
        ctl vcpu-set 1 1 || fail "not unplugged"
        cpus=1
        lives
    fi
    { ctl suspend 1 && ctl wait 1 suspended; } || fail "not suspended"
    before=$(alive)
    ctl audit 1 >"$tmp/audit"
    has '^violations=0$' "$tmp/audit"
    [ "$(alive)" = "$before" ] || fail "it runs while it is suspended"
    # shellcheck disable=SC2086 # a word or none
    ctl resume 1 ${how% 1} || fail "not resumed"
    if [ $cpus = 1 ]; then
        lives
        ctl vcpu-set 1 2 || fail "not plugged in"
        cpus=2
    fi
    lives
done
got=0
ctl resume 1 2>"$tmp/refused" || got=$?
[ $got = 1 ] || fail "status $got of a resume that nobody waits for"
ctl destroy 1
got=0
wait $pid || got=$?
tr -d '\r' <"$out.raw" >"$out"
cat "$out" "$err"
[ $got = 0 ] || fail "status $got"
has '^(hv) d1 is suspended'
hasnt '^WRONG'
hasnt 'BUG:'
hasnt '(hv) strict'
has '^(hv) audit: 0 violations'
pass
