# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Debian's own GRUB image for Xen (grub-xen-host): it reads its menu from the disk, keys move through it,
# and the entry chosen boots the bzImage from that disk as the domain's kernel.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux_hw
[ -r "$B/xen/grub-host.bin" ] || {
    sh tests/xen/unpack.sh grub-xen-host "$tmp/grub" &&
        cp "$tmp/grub/usr/lib/grub-xen/grub-x86_64-xen.bin" "$B/xen/grub-host.bin"
} || skip "Debian's GRUB for Xen could not be downloaded"

mkdir -p "$tmp/boot/grub"
cat >"$tmp/boot/grub/grub.cfg" <<'END'
set timeout=-1
menuentry "first entry" { echo "the first entry was chosen"; halt }
menuentry "second entry" {
    linux /boot/vmlinuz root=/dev/xvda console=hvc0 quiet init=/check
    initrd /boot/initrd
}
menuentry "third entry" { echo "the third entry was chosen"; halt }
END
cat >"$tmp/check" <<'END'
#!/bin/sh
export PATH=/bin:/sbin
echo "BOOTED $(uname -r) ROOT $(grep ' / ext4' /proc/mounts) FROM $(cut -d' ' -f1 /proc/cmdline)"
poweroff -f
END
chmod 755 "$tmp/check"
cp "$LINUX_HW.vmlinuz" "$tmp/boot/vmlinuz"
sh tests/xen/initrd.sh "$tmp/boot/initrd" tools/linux/initrd "$LINUX_HW.pv"/*.ko
sh tools/linux/root.sh "$tmp/root.img" "$tmp/boot" "$tmp/check"
mkfifo "$tmp/keys"
exec 3<>"$tmp/keys"
"$HVRUN" --timeout 200 --vcpus 2 --memory 320 --kernel "$B/xen/grub-host.bin" --disk "$tmp/root.img" \
    <"$tmp/keys" >"$out" 2>"$err" 3>&- &
pid=$!

# await PATTERN: it is on the screen.
await() {
    until grep -q -a -e "$1" "$out"; do
        kill -0 $pid 2>/dev/null || {
            cat "$out" "$err"
            fail "ended before: $1"
        }
        sleep 0.2
    done
}
await '\*first entry'
printf '\033[B' >&3
await '\*second entry'
printf '\033[B' >&3
await '\*third entry'
printf '\033[A\r' >&3
status=0
wait $pid || status=$?
tr -d '\r' <"$out" | sed 's/\x1b\[[0-9;]*[A-Za-z]/ /g' >"$out.text"
mv "$out.text" "$out"
cat "$out" "$err"
[ $status = 0 ] || fail "exit status $status"
hasnt 'entry was chosen'
has 'BOOTED [0-9.]*-[0-9]*-amd64 ROOT /dev/xvda / ext4'
has '^(hv) audit: 0 violations'
pass
