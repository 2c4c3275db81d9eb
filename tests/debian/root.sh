#!/bin/sh
# SPDX-License-Identifier: MIT
# root.sh OUT.img: a Debian made by debootstrap, with systemd, fio and iperf3, as an ext4 file system of
# 1 GiB. Its root has no password; networkd asks for an address. For the superuser only.
set -eu
out=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
root=$tmp/root
mirror=$(sed -n -e 's/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) .*/\2/p' -e 's/^URIs: \(http[^ ]*\).*/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
echo "debootstrap from ${mirror:=http://deb.debian.org/debian}"
debootstrap --variant=minbase --include=systemd-sysv,udev,iproute2,fio,iperf3 bookworm "$root" "$mirror" >"$tmp/log" 2>&1 || {
    tail -n 5 "$tmp/log"
    exit 1
}
chroot "$root" passwd -q -d root
echo pvkit >"$root/etc/hostname"
echo "/dev/xvda / ext4 defaults 0 1" >"$root/etc/fstab"
printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/ether.network"
# Emulated, and perhaps on a busy computer: it may take its time.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStartSec=15min\nDefaultDeviceTimeoutSec=15min\n' >"$root/etc/systemd/system.conf.d/slow.conf"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"
rm -rf "$root"/var/cache/apt/archives/*.deb
truncate -s 1G "$out.tmp"
mke2fs -q -t ext4 -L debian -d "$root" "$out.tmp"
mv "$out.tmp" "$out"
