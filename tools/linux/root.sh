#!/bin/sh
# SPDX-License-Identifier: MIT
# root.sh OUT.img [FILE...]: an ext4 file system of 64 MiB with busybox as a root, for a Linux domain with a
# disk and a network card; the files are in its root folder. Nothing is mounted, so anybody can make it.
set -eu
out=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
mkdir -p "$root/bin" "$root/sbin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/root" "$root/mnt" \
    "$root/run" "$root/etc/init.d" "$root/etc/udhcpc"
cp /bin/busybox "$root/bin/"
for file in "$@"; do cp -r "$file" "$root/"; done
/bin/busybox --list-full | while read -r path; do
    case $path in
    bin/busybox) ;;
    sbin/* | usr/sbin/*) ln -s ../bin/busybox "$root/sbin/${path##*/}" ;;
    *) ln -s busybox "$root/bin/${path##*/}" ;;
    esac
done
ln -s sbin/init "$root/init"

cat >"$root/etc/inittab" <<'END'
::sysinit:/etc/init.d/rcS
hvc0::respawn:-/bin/sh
::ctrlaltdel:/sbin/reboot
::shutdown:/bin/mount -o remount,ro /
END
cat >"$root/etc/init.d/rcS" <<'END'
#!/bin/sh
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
# The host made the file system under its user's id.
[ "$(stat -c %u /bin/busybox)" = 0 ] || find / -xdev -exec chown -h 0:0 {} +
hostname pvkit
ip link set lo up
ip link set eth0 up 2>/dev/null &&
    { udhcpc -q -n -t 10 -T 1 -i eth0 >/tmp/udhcpc 2>&1 || echo "no address by DHCP: see /tmp/udhcpc"; }
END
cat >"$root/etc/udhcpc/default.script" <<'END'
#!/bin/sh
case $1 in
deconfig)
    ip link set $interface up
    ip addr flush dev $interface
    ;;
bound | renew)
    ip addr replace $ip/${mask:-24} dev $interface
    [ -z "$router" ] || ip route replace default via ${router%% *}
    for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
    ;;
esac
END
chmod 755 "$root/etc/init.d/rcS" "$root/etc/udhcpc/default.script"
cat >"$root/etc/profile" <<'END'
export HOME=/root PS1='\u@\h:\w\$ '
cd
# The window's size as it was at the start; `resize` asks for it anew.
[ -z "$LINES" ] || stty rows "$LINES" cols "$COLUMNS"
unset LINES COLUMNS
if [ ! -e /tmp/welcomed ]; then
    : >/tmp/welcomed
    echo "Linux $(uname -r), a PV guest of $(cat /sys/hypervisor/type) $(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)'s ABI; root on $(df -h / | tail -n 1 | cut -d' ' -f1), address $(ip -4 -o addr show dev eth0 2>/dev/null | sed 's,.*inet \([^/]*\).*,\1,')"
    echo "dmesg shows how it booted; poweroff ends it, reboot starts it again"
fi
END
echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"
echo 127.0.0.1 localhost >"$root/etc/hosts"
rm -f "$out.tmp"
truncate -s 64M "$out.tmp"
mke2fs -q -t ext4 -L pvkit -E root_owner=0:0 -d "$root" "$out.tmp"
mv "$out.tmp" "$out"
