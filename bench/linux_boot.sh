#!/bin/sh
# SPDX-License-Identifier: MIT
# linux_boot.sh: milliseconds from starting QEMU to the init of the same stock Linux: bare, as a PV domain on
# hv-stub, and as one on Xen with its dom0.
#
# Wall time, so they take turns and the best of three counts for each. The kernel is the ELF file in all of
# them, so that none unpacks it; each has 256 MiB, bare 512.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
linux=$B/xen/linux.elf
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
[ -r "$linux" ] || sh tests/xen/linux.sh "$linux" >&2
[ -r "$B/xen/lab/dom0.cpio" ] || sh tests/xen/lab.sh build >&2
mkfifo "$tmp/lines"
mkdir "$tmp/root" "$tmp/root/dev"
cp /bin/busybox "$tmp/root/"
printf '#!/busybox sh\necho INIT RUNS\n/busybox poweroff -f\n' >"$tmp/root/init"
chmod 755 "$tmp/root/init"
(cd "$tmp/root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$tmp/initrd"

. bench/first_line.sh

domain() { # COMMAND...
    first_line "INIT RUNS" "$@" --timeout 200 --memory 256 --kernel "$linux" --ramdisk "$tmp/initrd" --cmdline "console=hvc0 quiet panic=-1"
}

for _ in 1 2 3; do
    first_line "INIT RUNS" sh tools/bare.sh --timeout 200 --initrd "$tmp/initrd" "$linux" "console=ttyS0 quiet panic=-1" >>"$tmp/bare"
    domain "$B/hvrun" >>"$tmp/stub"
    domain sh tests/xen/lab.sh run >>"$tmp/xen"
done
for who in bare stub xen; do
    ms=$(best "$tmp/$who")
    echo "linux_boot_ms_$who ${ms:-- its init was not seen}"
done
