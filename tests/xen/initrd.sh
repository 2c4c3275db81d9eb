#!/bin/sh
# SPDX-License-Identifier: MIT
# initrd.sh OUT SCRIPT [FILE...]: an initial RAM disk of busybox, the files in its root folder, and a
# shell script that is its init: it finds /proc, /sys, /dev and every command of busybox, and the programs
# among the files their libraries.
set -eu
out=$1
script=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/proc" "$tmp/sys" "$tmp/dev" "$tmp/mnt"
cp /bin/busybox "$tmp/bin/"
for file in "$@"; do cp "$file" "$tmp/"; done
for file in "$@"; do ldd "$file" 2>/dev/null || :; done | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | sort -u |
    while read -r library; do
        mkdir -p "$tmp$(dirname "$library")"
        cp -L "$library" "$tmp$library"
    done
cat >"$tmp/init" <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
# xenconsoled looks at a console 30 times in 200 ms at most, and what it has not read by the domain's end is lost.
poweroff() {
    sleep 0.3
    command poweroff "$@"
}
END
cat "$script" >>"$tmp/init"
chmod 755 "$tmp/init"
(cd "$tmp" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) | gzip -1 >"$out.tmp"
mv "$out.tmp" "$out"
