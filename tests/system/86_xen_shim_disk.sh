# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The block front-end with a back-end we did not write: Linux's xen-blkback on Xen 4.17. The same
# harness as on hv-stub, with the same kernel; what it wrote to a disk image is checked here. One
# domain loses its back-end while it works, and gets it again.
. tests/system/lib.sh
need "$PV" "$B/blkpattern"
need_lab
truncate -s 8M "$tmp/image"
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
wait_line 2 '^DISK' || exit 1
device=vbd-$(domid 2)-51712
domain=$(domid 2)
states() {
    echo "$(xenstore-read /local/domain/$domain/device/vbd/51712/state)$(xenstore-read /local/domain/0/backend/vbd/$domain/51712/state)"
}
# Linux may still write Closed for the device that was, over the InitWait of the one that is; so again.
for i in 1 2; do
    until [ "$(states)" = 44 ]; do sleep 0.1; done
    until [ "$(states)" = 44 ] && [ -n "$bound" ]; do
        echo $device >/sys/bus/xen-backend/drivers/vbd/unbind
        sleep 1
        echo $device >/sys/bus/xen-backend/drivers/vbd/bind
        sleep 2
        bound=1
        echo "states $(states)"
    done
    bound=
done
END
expect 0 sh tests/xen/lab.sh run --smp 2 --dom0 "$tmp/dom0.sh" \
    --kernel "$PV" --disk "virtio:$tmp/image" --disk ram:8,r --cmdline "blktest key=9" \
    --domain --kernel "$PV" --disk ram:8 --cmdline "blktest blkring=4 blkseg=64" \
    --domain --kernel "$PV" --disk file:8 --cmdline "blktest blkring=2 blkseg=0" \
    --domain --kernel "$PV" --disk ram:8 --disk ram:8,r --cmdline "blktest unit=1"
for domain in 1 2 3 4; do
    has "^(d$domain) SELFTEST: [1-9][0-9]* passed, 0 failed"
done
has '^(d2) DISK xen: .* 512 requests at a time'
has '^(d2) xen: device/vbd/51712: connected again'
has '^(d4) TEST blk_readonly ok'
"$B/blkpattern" verify "$tmp/image" 9 || fail "the image is not what the shim wrote"
pass
