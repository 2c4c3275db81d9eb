#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh OUT.elf: unpack Debian's Xen 4.17 hypervisor to OUT.elf. Nothing is installed.
set -eu
package=xen-hypervisor-4.17-amd64
out=$1
dir=$(dirname "$out")
mkdir -p "$dir"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"

download() {
    (cd "$tmp" && apt-get download -qq "$package") >"$tmp/log" 2>&1
}

echo "xen: fetching $package"
if ! download && { ! apt-get update -qq >/dev/null 2>&1 || ! download; }; then
    cat "$tmp/log" >&2
    echo "xen: cannot download $package" >&2
    exit 1
fi
dpkg -x "$tmp"/"$package"_*.deb "$tmp/root"
gunzip -c "$tmp"/root/boot/xen-4.17*-amd64.gz >"$out.tmp"
mv "$out.tmp" "$out"
