# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# /sys/hypervisor, /proc/xen and the balloon's nodes of a stock Linux: the same files as in a domain of
# Xen's, with the same contents but for what names the build and the domain.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_lab
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-privcmd.ko
insmod /xenfs.ko
mount -t xenfs xenfs /proc/xen
for file in $(find /sys/hypervisor /proc/xen /sys/devices/system/xen_memory ! -type d | sort); do
    case $file in
    */xenbus | */privcmd | */xsd_* | */uevent) echo "FILE $file" ;;
    *) echo "FILE $file $(head -c 300 $file 2>&1 | tr '\n' ' ')" ;;
    esac
done
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/xen/xenfs.ko" "$B/xen/xen-privcmd.ko"
words="console=hvc0 quiet panic=1"
expect 0 sh tests/xen/lab.sh run --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" --cmdline "$words"
sed -n 's/^FILE //p' "$out" >"$tmp/xen"
expect 0 "$HVRUN" --timeout 120 --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" --cmdline "$words"
sed -n 's/^FILE //p' "$out" >"$tmp/hv"
[ "$(wc -l <"$tmp/xen")" -gt 20 ] || fail "only $(wc -l <"$tmp/xen") files"
# What is named after the build or the domain. Capabilities are what a toolstack can build: hvmloader's
# kinds of guests are none of ours.
builds='compilation/\|version/extra\|properties/changeset\|hypervisor/uuid\|retry_count\|properties/capabilities'
for where in xen hv; do
    cut -d' ' -f1 "$tmp/$where" >"$tmp/$where.names"
    grep -v "$builds" "$tmp/$where" >"$tmp/$where.same"
done
diff "$tmp/xen.names" "$tmp/hv.names" || fail "other files than on Xen"
diff "$tmp/xen.same" "$tmp/hv.same" || fail "other contents than on Xen"
grep -q 'hypervisor/uuid [0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{12\} ' "$tmp/hv" || fail "no UUID"
pass
