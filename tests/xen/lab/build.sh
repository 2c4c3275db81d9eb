#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh DIR: what the lab boots, in DIR: Debian's kernel for dom0 (`vmlinux`) and an initramfs with
# busybox, xl and xenstored (`dom0.cpio`).
#
# Made of Debian's packages, downloaded and unpacked, not installed. What was made from the same
# versions of them by the same scripts is not made again.
set -eu
dir=$1
here=tests/xen/lab
xen=usr/lib/xen-4.17/bin
libraries=usr/lib/x86_64-linux-gnu
programs="xl xenstored xenconsoled xen-init-dom0 libxl-save-helper"
modules="xen-blkback xen-netback xen-gntdev xen-gntalloc xen-evtchn xen-privcmd xenfs llc stp bridge
    loop brd virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk"
packages="xen-utils-4.17 xenstore-utils libxenmisc4.17 libxencall1 libxendevicemodel1 libxenevtchn1
    libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenstore4 libxentoolcore1 libxentoollog1
    libyajl2 libuuid1 zlib1g libzstd1 liblzma5 libc6 libgcc-s1 busybox-static"

# What decides whether the lab would come out the same.
key() {
    # shellcheck disable=SC2086 # a list of package names
    apt-cache policy $packages "$kernel" 2>/dev/null | sed -n '/^[^ ]/p; /Candidate:/p'
    cat "$here"/*.sh | sha256sum
}

# copy_libraries FILE...: put the libraries that the files are linked with, and theirs, into the image.
copy_libraries() {
    for needed in $(readelf -d "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
        [ ! -e "$image/$libraries/$needed" ] || continue
        found=$(find "$root" -name "$needed" | head -n 1)
        [ -n "$found" ] || { echo "build.sh: no package has $needed" >&2; exit 1; }
        cp -L "$found" "$image/$libraries/"
        copy_libraries "$image/$libraries/$needed"
    done
}

copy_modules() {
    version=$(basename "$root"/lib/modules/*)
    mkdir -p "$image/lib/modules/$version"
    for module in $modules; do
        found=$(find "$root/lib/modules" -name "$module.ko")
        [ -n "$found" ] || continue # built in
        cp "$found" "$image/lib/modules/$version/"
    done
    touch "$image/lib/modules/$version/modules.builtin" "$image/lib/modules/$version/modules.order"
    (cd "$image/lib/modules/$version" && "$root/bin/busybox" depmod -b "$image" "$version")
}

copy_programs() {
    mkdir -p "$image/bin" "$image/sbin" "$image/$xen" "$image/$libraries" "$image/lib64"
    cp "$root/bin/busybox" "$image/bin/"
    for applet in $("$root/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$image/bin/$applet"
    done
    for program in $programs; do
        cp "$root/$xen/$program" "$image/$xen/"
    done
    cp "$root/usr/bin/xenstore" "$image/bin/"
    for applet in exists list ls read rm watch write; do
        ln -s xenstore "$image/bin/xenstore-$applet"
    done
    copy_libraries "$image/$xen"/* "$image/bin/xenstore"
    # Cancelling a thread loads this one; nothing is linked with it.
    cp -L "$(find "$root" -name libgcc_s.so.1 | head -n 1)" "$image/$libraries/"
    cp -L "$(find "$root" -name ld-linux-x86-64.so.2 | head -n 1)" "$image/lib64/"
}

copy_scripts() {
    mkdir -p "$image/etc/xen/scripts" "$image/lab"
    for folder in proc sys dev tmp run root var/lib/xen var/lib/xenstored var/log/xen/console; do
        mkdir -p "$image/$folder"
    done
    ln -s ../run "$image/var/run"
    ln -s ../run/lock "$image/var/lock"
    echo 'autoballoon="off"' >"$image/etc/xen/xl.conf"
    cp "$here/block.sh" "$image/etc/xen/scripts/block"
    cp "$here/vif-bridge.sh" "$image/etc/xen/scripts/vif-bridge"
    cp "$here/init.sh" "$image/init"
    cp "$here/domains.sh" "$here/lib.sh" "$image/lab/"
    chmod +x "$image/init" "$image/etc/xen/scripts/"*
}

mkdir -p "$dir"
dir=$(realpath "$dir")
exec 9>"$dir/lock"
flock 9
kernel=$(sh tests/xen/kernel-package.sh amd64)
key >"$dir/key.new"
if [ -r "$dir/dom0.cpio" ] && cmp -s "$dir/key.new" "$dir/key"; then
    exit 0
fi
rm -f "$dir/key"
root=$dir/root
image=$dir/image
rm -rf "$image"
if ! { [ -e "$root/complete" ] && sed '$d' "$dir/key.new" | cmp -s - "$root/complete"; }; then
    rm -rf "$root"
    mkdir -p "$root"
    sh tests/xen/unpack.sh "$packages $kernel" "$root"
    sh tests/xen/vmlinux.sh "$root/boot/vmlinuz-${kernel#linux-image-}" "$dir/vmlinux"
    # Most of the kernel package is drivers nobody asked for.
    for folder in sound fs net/netfilter drivers/gpu drivers/media drivers/net/wireless drivers/net/ethernet; do
        rm -rf "$root"/lib/modules/*/kernel/"$folder"
    done
    sed '$d' "$dir/key.new" >"$root/complete"
fi
copy_programs
copy_modules
copy_scripts
(cd "$image" && find . -mindepth 1 | LC_ALL=C sort | "$root/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) \
    >"$dir/dom0.cpio.tmp"
mv "$dir/dom0.cpio.tmp" "$dir/dom0.cpio"
mv "$dir/key.new" "$dir/key"
