# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Back-ends that attack our modules in a stock Linux domU on Xen 4.17 (tests/xen/hostile/): the kernel has nothing to
# complain of, a disk and a card with honest back-ends work all the time, and the modules can be unloaded.
. tests/system/lib.sh
need "$B/hostile-backend"
need_linux
need_lab
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
{ echo "kinds=\"${KINDS:-vbd vif}\" first=${FIRST:-22} count=${COUNT:-8} ms=${MS:-300}" && cat; } >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
wait_line 1 '^READY' || exit 1
id=$(domid 1)
for kind in $kinds; do
    n=0
    while [ $n -lt 2 ]; do
        /lab/hostile-backend "$id" $kind $((first + n)) $((first + count)) 2 $ms 2>/dev/null &
        jobs="$jobs $!"
        n=$((n + 1))
    done
done
wait $jobs
while ! [ -e /lab/d1.ended ] && ! echo stop | timeout 20 nc -l -p 5002; do :; done
wait_end 1
END
sh tests/xen/initrd.sh "$tmp/initrd" tests/xen/hostile_guest.sh "$modules"/pv_*.ko "$B"/xen/xen-*front.ko
expect 0 sh tests/xen/lab.sh run --timeout "${LIMIT:-500}" --smp 3 --dom0 "$tmp/dom0.sh" --file "$B/hostile-backend" \
    --memory 320 --vcpus 2 --net --disk ram:32 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1 log_buf_len=4M slub_debug=FZP,kmalloc-* ${WORDS:-}"
for kind in vbd vif; do
    has "^HOSTILE $kind: [1-9][0-9]* seeds, [1-9][0-9]* connections, [1-9][0-9]* requests"
done
has '^ALIVE [0-9]*, USED [1-9]'
hasnt '^FIRST '
has '^DEVICES vbd-51712 vif-0 $'
has '^UNLOADED'
has '^COMPLAINTS 0'
pass
