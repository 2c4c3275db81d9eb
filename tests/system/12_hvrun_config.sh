# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A file that xl would take starts the same domain here; options have the last word; devices reach
# hv-stub and QEMU as they were described.
. tests/system/lib.sh
need "$HVRUN" "$PV"

head -c 1048576 /dev/zero >"$tmp/a,b.img"
head -c 1048576 /dev/zero >"$tmp/c.img"
cat >"$tmp/guest.cfg" <<END
name = "shop"
type = "pv"
kernel = "$PV"
extra = "nothing here"
memory = 48
cpu_weight = 300
on_crash = "preserve"
disk = [ 'phy:$tmp/c.img,xvda,w', 'format=raw,vdev=xvdb,access=ro,target=$tmp/c2.img' ]
vif = [ 'mac=00:16:3e:11:22:33,bridge=xenbr0,rate=10MB/s', '' ]
on_reboot = "restart"
END
cp "$tmp/c.img" "$tmp/c2.img"
expect 0 "$HVRUN" --strict --verbose --timeout 60 --config "$tmp/guest.cfg"
has 'mem=48 vcpus=1 name=shop weight=300 disk=virtio:0,,xvda,,w disk=virtio:1,,xvdb,,r net=mac=00:16:3e:11:22:33,,rate=9765 net reboot=restart crash=preserve -- nothing here' "$err"
has 'virtio-net-pci' "$err"
has 'command line "nothing here"'
hasnt strict

expect 0 "$HVRUN" --strict --verbose --timeout 60 --config "$tmp/guest.cfg" --cmdline 'other' --net switch \
    --disk "$tmp/a,,b.img,dev=xvdf,iops=500" --disk ram:2:both,ro --memory 32
has 'mem=32 .*disk=virtio:0,,xvdf,,w,,iops=500 disk=ram:2:both,,xvda,,r net reboot=restart crash=preserve -- other' "$err"
has 'format=raw,discard=unmap,file=.*/a,,b.img' "$err"
hasnt 'virtio-net-pci' "$err"
has 'command line "other"'

# The same image, read by two.
expect 0 "$HVRUN" --verbose --timeout 60 --kernel "$PV" --disk "$tmp/c.img,ro" --domain --kernel "$PV" \
    --disk "$tmp/c.img,ro" --net user,hostfwd=udp:40123:7
[ "$(grep -o 'drive=disk' "$err" | wc -l)" = 1 ] || fail "one image has not one disk"
has 'hostfwd=udp:127.0.0.1:40123-10.0.2.102:7' "$err"
pass
