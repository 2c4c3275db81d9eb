#!/bin/sh
# SPDX-License-Identifier: MIT
# hvm.sh DIR: what dom0 needs for HVM domains besides, in DIR/hvm.cpio: Xen's hvmloader, and QEMU as the
# device model with its firmware. Made of Debian's packages, like the rest of the lab, once.
set -eu
dir=$(realpath "$1")
libraries=usr/lib/x86_64-linux-gnu
packages="qemu-system-xen qemu-system-data seabios xen-utils-4.17 libfdt1 libglib2.0-0 libjpeg62-turbo libpixman-1-0
    libspice-server1 libusb-1.0-0 libssl3 libdw1 libelf1 libffi8 libgstreamer1.0-0 libgstreamer-plugins-base1.0-0
    liblz4-1 libopus0 liborc-0.4-0 libpcre2-8-0 libsasl2-2 libstdc++6 libudev1 libunwind8 libbz2-1.0"

exec 9>"$dir/hvm.lock"
flock 9
if [ -e "$dir/hvm.cpio" ] && [ -z "$(find "$0" -newer "$dir/hvm.cpio")" ]; then
    exit 0
fi
root=$dir/hvm.root
image=$dir/hvm.image
rm -rf "$root" "$image"
mkdir -p "$root" "$image/$libraries" "$image/usr/libexec" "$image/usr/share/qemu/keymaps" "$image/usr/share/seabios" \
    "$image/usr/lib/xen-4.17"
sh tests/xen/unpack.sh "$packages" "$root"

# What dom0 has already, it has.
copy_libraries() {
    for needed in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        if [ -e "$image/$libraries/$needed" ] || [ -e "$dir/image/$libraries/$needed" ]; then
            continue
        fi
        found=$(find "$root" "$dir/root" -name "$needed" | head -n 1)
        [ -n "$found" ] || continue
        cp -L "$found" "$image/$libraries/"
        copy_libraries "$image/$libraries/$needed"
    done
}

cp "$root/usr/libexec/xen-qemu-system-i386" "$image/usr/libexec/"
copy_libraries "$image/usr/libexec/xen-qemu-system-i386"
cp -r "$root/usr/lib/xen-4.17/boot" "$image/usr/lib/xen-4.17/"
cp -L "$root/usr/share/seabios/bios-256k.bin" "$image/usr/share/seabios/"
cp -L "$root"/usr/share/qemu/linuxboot*.bin "$image/usr/share/qemu/"
cp -L "$root/usr/share/qemu/keymaps/en-us" "$image/usr/share/qemu/keymaps/"
(cd "$image" && find . -mindepth 1 | LC_ALL=C sort | "$dir/root/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) \
    >"$dir/hvm.cpio.tmp"
rm -rf "$root" "$image"
mv "$dir/hvm.cpio.tmp" "$dir/hvm.cpio"
