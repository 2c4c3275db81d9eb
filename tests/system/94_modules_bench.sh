# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# pv_bench.ko in a stock Linux without any hypervisor, fully virtualized, and that with Xen's interface: its table
# and its JSON, after loading and measured once more. 91 and 92 have it in PV domains of hv-stub and Xen.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
modules=$(need_modules) || skip "no headers of Debian's cloud kernel"
cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
mount -t debugfs debugfs /mnt
insmod /pv_bench.ko
cat /mnt/pv_bench/table
echo 1 >/mnt/pv_bench/run
echo "JSON $(tr -d '\n' </mnt/pv_bench/json)"
rmmod pv_bench && echo UNLOADED
echo "COMPLAINTS $(dmesg | grep -c -e "BUG:" -e "WARNING: CPU" -e "Call Trace")"
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$modules/pv_bench.ko"
# shows ENVIRONMENT ROW...
shows() {
    bench_json '' "$1"
    has "^environment: $1;"
    shift
    for row; do has "^$row  *[1-9]"; done
    has '^UNLOADED'
    has '^COMPLAINTS 0'
}
words="console=ttyS0 quiet panic=-1"
# shellcheck disable=SC2086 # words
expect 0 sh tools/bare.sh --timeout 200 --initrd "$tmp/initrd" "$LINUX" $words
shows bare set_pte
for how in fv fv-pv; do
    option=
    [ $how = fv ] || option=--xen
    # shellcheck disable=SC2086 # a word or none
    expect 0 "$HVRUN" --mode fv $option --timeout 200 --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
        --cmdline "$words"
    shows $how set_pte
done
has '^null_hypercall  *[1-9]'
has '^(hv) audit: 0 violations'
pass
