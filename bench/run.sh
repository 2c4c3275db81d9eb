#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: run the bench in its four environments and take the measures that are not instructions.
#
# Leaves in $O/bench: ENV.log (the console), ENV.reason (why an environment gave nothing), and
# `measures`, lines of `name value` or `name - why there is none`. benchtab reads these.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
O=${O:-out}
export B O
dir=$O/bench
mkdir -p "$dir"
rm -f "$dir"/*.log "$dir"/*.reason "$dir"/*.err "$dir/measures"
pv=$B/guest-shim-pv.elf
native=$B/guest-shim-native.elf

# run ENV DESCRIPTION COMMAND...
run() {
    env=$1
    step=$((step + 1))
    start=$(date +%s)
    printf 'bench %d/7: %-38s ' "$step" "$2"
    shift 2
    status=0
    "$@" >"$dir/$env.log" 2>"$dir/$env.err" || status=$?
    if grep -q BENCH-END "$dir/$env.log"; then
        echo "$(($(date +%s) - start)) s"
        return
    fi
    reason=$(tail -n 1 "$dir/$env.err")
    [ "$status" = 0 ] && reason="ended without BENCH-END"
    echo "no result: ${reason:-exit status $status}"
    echo "${reason:-exit status $status}" >"$dir/$env.reason"
}

# extra ENV COMMAND...: rows that need another machine; only its BENCH lines join the log.
extra() {
    env=$1
    shift
    "$@" 2>>"$dir/$env.err" | grep "^[^{]*BENCH {" >>"$dir/$env.log"
}

# measure DESCRIPTION SCRIPT...
measure() {
    step=$((step + 1))
    start=$(date +%s)
    printf 'bench %d/7: %-38s ' "$step" "$1"
    shift
    "$@" >>"$dir/measures" 2>>"$dir/measures.err"
    echo "$(($(date +%s) - start)) s"
}

if [ ! -r "$B/xen/xen.elf" ]; then
    sh tests/xen/fetch.sh "$B/xen/xen.elf"
fi
step=0
run bare "bare (native guest in plain QEMU)" \
    sh tools/bare.sh --icount --timeout 120 "$native" bench
run fv "fv (the same ELF, trapped by hv-stub)" \
    "$B/hvrun" --mode fv --icount --timeout 120 --kernel "$native" --cmdline bench
run pv "pv (PV ELF on hv-stub)" \
    "$B/hvrun" --icount --timeout 120 --kernel "$pv" --cmdline bench
run xen-pv "xen-pv (the same PV ELF on Xen 4.17)" \
    sh tests/xen/run.sh --icount --timeout 120 "$pv" bench
# Events to somebody else: another vcpu on the same CPU, which Xen too can show, and another domain.
extra pv "$B/hvrun" --icount --timeout 60 --vcpus 2 --kernel "$pv" --cmdline "bench=event_other"
extra xen-pv sh tests/xen/run.sh --icount --timeout 60 --xen dom0_max_vcpus=2 "$pv" bench=event_other
extra pv sh bench/domains.sh
measure "time to the guest's first line" sh bench/boot.sh
measure "time to the init of a stock Linux" sh bench/linux_boot.sh
measure "cost of an idle guest, size of hv-stub" sh bench/idle.sh
sh bench/size.sh >>"$dir/measures"
