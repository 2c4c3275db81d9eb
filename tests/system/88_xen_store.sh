# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A domain's own directory in the store and those of its back-ends, connected, as a stock Linux with
# two disks and a network card sees them: on hv-stub the nodes and permissions are those that xl and
# Linux's back-ends make, but for tests/xen/store-differences.
. tests/system/lib.sh
need "$B/hv-stub.elf"
need_lab
need_linux
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /xen-blkfront.ko
insmod /xen-netfront.ko
mkdir -p /lib64 /usr/lib/x86_64-linux-gnu
mv /ld-linux* /lib64/
mv /*.so* /usr/lib/x86_64-linux-gnu/
ln -s /xenstore /bin/xenstore-ls
ln -s /xenstore /bin/xenstore-read
while ! [ -b /dev/xvda ] || ! [ -b /dev/xvdb ]; do sleep 0.1; done
ifconfig eth0 up
until [ "$(xenstore-read /local/domain/0/backend/vif/1/0/state)" = 4 ]; do sleep 0.1; done
for directory in domain/1 domain/0/backend/vbd/1/51712 domain/0/backend/vbd/1/51728 domain/0/backend/vif/1/0; do
    xenstore-ls -fp /local/$directory | sed 's/^/NODE /'
done
poweroff -f
END
image=$B/xen/lab/image
libraries=$image/usr/lib/x86_64-linux-gnu
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B"/xen/xen-*front.ko "$image/bin/xenstore" \
    "$image"/lib64/ld-linux* "$libraries/libc.so.6" "$libraries"/libxenstore* "$libraries"/libxentoolcore*

# nodes NAME: what the console has of them, "path permissions" in $tmp/NAME, the paths alone in NAME.paths.
nodes() {
    sed -n 's/^NODE \([^ ]*\) = ".*" *(\(.*\))$/\1 \2/p' "$out" | sort >"$tmp/$1"
    cut -d' ' -f1 "$tmp/$1" | sort >"$tmp/$1.paths"
    [ "$(wc -l <"$tmp/$1")" -gt 100 ] || fail "only $(wc -l <"$tmp/$1") nodes"
}

words="console=hvc0 quiet panic=1"
expect 0 sh tests/xen/lab.sh run --net --disk ram:8 --disk ram:8,r --memory 256 --kernel "$LINUX" \
    --ramdisk "$tmp/initrd" --cmdline "$words"
nodes xen
expect 0 sh tests/machine.sh --timeout 60 --memory 640 strict "
    $LINUX kernel mode=pv mem=256 vcpus=1 disk=ram:8,xvda,w disk=ram:8,xvdb,r net -- $words
    $tmp/initrd ramdisk"
nodes hv

{
    comm -23 "$tmp/hv.paths" "$tmp/xen.paths" | sed 's/^/hv-stub /'
    comm -13 "$tmp/hv.paths" "$tmp/xen.paths" | sed 's/^/xen /'
    join "$tmp/hv" "$tmp/xen" | awk '$2 != $3 { print "perms", $1 }'
} | sed 's|/local/.*/||' | sort -u >"$tmp/found"
grep -v '^#' tests/xen/store-differences | awk '{ print $1, $2 }' | sort -u >"$tmp/known"
diff "$tmp/known" "$tmp/found" || fail "other differences than tests/xen/store-differences says"
pass
