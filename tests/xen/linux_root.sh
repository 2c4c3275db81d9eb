#!/bin/sh
# SPDX-License-Identifier: MIT
# linux_root.sh VMLINUZ MODULE...: a Linux bzImage with hvrun, from power-on to power-off, on an ext4 root
# disk: with one virtual CPU, then rebooted with four. The console goes to stdout.
#
# In the guest: /proc/xen and /sys/hypervisor; the time of day is the host's and its seconds are as long; a
# lease by DHCP; a file from a server on the host by TCP, kept on the disk over the reboot, and back again.
set -eu
B=${B:-build}
vmlinuz=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
die() {
    echo "linux_root: $*"
    exit 1
}

head -c 3000000 /dev/urandom >"$tmp/there"
sum=$(sha256sum <"$tmp/there" | cut -c1-16)
printf '#!/bin/sh\nexec cat %s/there\n' "$tmp" >"$tmp/serve"
printf '#!/bin/sh\nsha256sum | cut -c1-16 >>%s/back\n' "$tmp" >"$tmp/take"
printf '#!/bin/sh\nexec date +%%s%%N\n' >"$tmp/clock"
# QEMU with these three in its user network.
cat >"$tmp/qemu" <<END
#!/bin/sh
for word; do
    shift
    case \$word in user,id=*)
        for at in 80-cmd:$tmp/serve 81-cmd:$tmp/take 82-cmd:$tmp/clock; do
            word=\$word,guestfwd=tcp:10.0.2.200:\$at
        done
        ;;
    esac
    set -- "\$@" "\$word"
done
exec qemu-system-x86_64 "\$@"
END
chmod 755 "$tmp/serve" "$tmp/take" "$tmp/clock" "$tmp/qemu"
export HVRUN_QEMU="$tmp/qemu"

cat >"$tmp/check" <<'END'
#!/bin/sh
export PATH=/bin:/sbin
echo "DATE $(date +%s)"
sh /etc/init.d/rcS
echo "CPUS $(nproc) CLOCK $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) ROOT $(grep ' / ext4' /proc/mounts)"
echo "LEASE $(ip -4 -o addr show dev eth0)"
mount -t xenfs xenfs /proc/xen
cd /sys/hypervisor || exit
echo "XENFS" /proc/xen/* "CAPABILITIES <$(cat /proc/xen/capabilities)>"
echo "HYPERVISOR $(cat type) $(cat version/major).$(cat version/minor) $(cat guest_type) $(cat uuid) $(cat properties/capabilities)"
# The host's clock, and the guest's centiseconds since its boot before and after asking for it.
ask() {
    before=$(cut -d' ' -f1 /proc/uptime)
    host=$(nc 10.0.2.200 82 </dev/null)
    echo "CLOCKS $before $host $(cut -d' ' -f1 /proc/uptime)"
}
sum() { sha256sum | cut -c1-16; }
ask
if [ -e /data ]; then
    echo "KEPT $(sum </data)"
    nc 10.0.2.200 81 </data
    for cpu in 1 2 3; do echo "CPU$cpu $(taskset $((1 << cpu)) sh -c 'echo ran')"; done
    end=poweroff
else
    nc 10.0.2.200 80 </dev/null >/data
    echo "FETCHED $(sum </data)"
    end=reboot
fi
sleep 3
ask
mount -o remount,ro /
$end -f
END
chmod 755 "$tmp/check"
sh tools/linux/root.sh "$tmp/root.img" "$tmp/check"
sh tests/xen/initrd.sh "$tmp/initrd" tools/linux/initrd "$@"

# boot CPUS STATUS: the domain ends with that, and its clocks were right.
boot() {
    began=$(date +%s)
    status=0
    "$B/hvrun" --timeout 120 --smp 2 --vcpus "$1" --memory 256 --kernel "$vmlinuz" --ramdisk "$tmp/initrd" \
        --disk "$tmp/root.img" --net user --strict \
        --cmdline "console=hvc0 quiet root=/dev/xvda init=/check" </dev/null >"$tmp/out" || status=$?
    ended=$(date +%s)
    tr -d '\r' <"$tmp/out" >"$tmp/text"
    cat "$tmp/text"
    [ $status = "$2" ] || die "exit status $status with $1 CPUs, wanted $2"
    said=$(sed -n 's/^DATE //p' "$tmp/text")
    { [ "$said" -ge $((began - 2)) ] && [ "$said" -le $((ended + 2)) ]; } ||
        die "the guest's date is $said; it began at $began and ended at $ended"
    # Between two questions the host's clock went on by what lies between the shortest and the longest
    # that the guest's can have seen, with 1 % for the calibration of the emulated one.
    awk '$1 == "CLOCKS" { if (++n == 1) { b = $2; h = $3; a = $4; next }
        passed = ($3 - h) / 1e9; least = ($2 - a) * 0.99 - 0.05; most = ($4 - b) * 1.01 + 0.05
        printf "host %.2f s, guest between %.2f and %.2f s\n", passed, least, most
        good = passed >= least && passed <= most }
        END { exit !(n == 2 && good) }' "$tmp/text" || die "the guest's clock does not keep time"
}
boot 1 7
boot 4 0
[ "$(cat "$tmp/back")" = "$sum" ] || die "sent $(cat "$tmp/back"), the file is $sum"
for word in FETCHED KEPT; do
    sed -n "s/^$word //p" "$tmp/text" | grep -qv "$sum" && die "$word is not $sum"
done
e2fsck -f -n "$tmp/root.img" || die "the root disk's file system is not clean"
