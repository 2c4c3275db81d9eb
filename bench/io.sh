#!/bin/sh
# SPDX-License-Identifier: MIT
# io.sh [--quick]: the block and network measurements, of the same shim in every environment.
#
# Leaves in $O/bench/io: KIND.ENV.log (the console; KIND is blk or net by instruction count, blkw or
# netw by wall time) or KIND.ENV.reason (why there is none), and share.ENV.N.log, N domains at once.
# iotab reads these. --quick: the headline rows only.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
O=${O:-out}
export B O
quick=
[ "${1:-}" = --quick ] && quick=1
dir=$O/bench/io
mkdir -p "$dir"
rm -f "$dir"/*
pv=$B/guest-shim-pv.elf
native=$B/guest-shim-native.elf
blk=blkbench
net=netbench
if [ -n "$quick" ]; then
    blk=blkbench=blk_read4k_qd1,blk_read4k_qd32,blk_read1m
    net=netbench=net_ping_1,net_stream_1500
fi

# run NAME COMMAND...: the console to NAME.log; NAME.reason if it did not get to its end.
run() {
    name=$1
    shift
    printf ' %s' "$name"
    status=0
    "$@" >"$dir/$name.log" 2>"$dir/err" </dev/null || status=$?
    grep -q BENCH-END "$dir/$name.log" && return
    reason=$(tail -n 1 "$dir/err")
    echo "${reason:-exit status $status without BENCH-END}" >"$dir/$name.reason"
    printf '(failed)'
}

hv() { "$B/hvrun" --timeout 400 "$@"; }
fv() { hv --mode fv --kernel "$native" "$@"; }
bare() { # COMMAND LINE
    sh tools/bare.sh --icount --timeout 400 --with "-drive file=$dir/disk.img,format=raw,if=none,id=d0 \
-device ide-hd,drive=d0,bus=ide.0" "$native" "$@"
}
lab() { sh tests/xen/lab.sh run --timeout 400 "$@"; }

# pair OPTIONS... -- KERNEL WORDS: a server and a client on one switch.
pair() {
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    kernel=$2
    words=$3
    # shellcheck disable=SC2086 # options are words
    "$B/hvrun" --timeout 400 $time $options --net switch --kernel "$kernel" \
        --cmdline "netbench netpeer=server $words" \
        --domain $options --net switch --kernel "$kernel" --cmdline "$net netpeer=10.0.2.101 $words"
}

# uplink MODE KERNEL: to programs of this computer, through the uplink and QEMU's user network.
uplink() {
    forward=
    for port in 5001 5002 5003; do
        forward="$forward,guestfwd=tcp:10.0.2.100:$port-cmd:dd of=/dev/null status=none"
    done
    sh tests/machine.sh --timeout 400 "" "$2 kernel mode=$1 mem=64 net -- $net netpeer=10.0.2.100" \
        -netdev "user,id=n0,guestfwd=tcp:10.0.2.100:7-cmd:cat$forward" -device virtio-net-pci,netdev=n0
}

# shares N MS KERNEL OPTIONS: N domains that read for the same MS milliseconds.
shares() {
    n=$1
    ms=$2
    kernel=$3
    options=$4
    set --
    i=0
    while [ $i -lt "$n" ]; do
        [ $i -eq 0 ] || set -- "$@" --domain
        # shellcheck disable=SC2086 # options are words
        set -- "$@" $options --memory 32 --disk ram:8 --kernel "$kernel" \
            --cmdline "blkbench share=$ms start=1000 wait=$((i * 150))"
        i=$((i + 1))
    done
    hv --icount "$@"
}

# The pairs of runs whose times are compared with each other.
wall_blkw() {
    run blkw.pv hv --disk ram:32 --kernel "$pv" --cmdline "$blk"
    run blkw.xen-dom0 lab --disk ram:32 --kernel "$pv" --cmdline "$blk"
}
wall_netw() {
    run netw.pv pair -- "$pv" ""
    run netw.xen-dom0 lab --net --kernel "$pv" --cmdline "netbench netpeer=server" \
        --domain --net --kernel "$pv" --cmdline "$net netpeer=10.0.2.101"
}

# What else the computer did decides between two runs by the clock: a pair that misses its target is
# run again, twice at most.
again() {
    for try in 2 3; do
        missed=$("$B/iotab" --missed "$dir")
        [ -n "$missed" ] || return
        for kind in $missed; do
            printf "; %s missed its target by the clock, run %d:" "$kind" "$try"
            rm -f "$dir/$kind.pv".* "$dir/$kind.xen-dom0".*
            "wall_$kind"
        done
    done
}

truncate -s 32M "$dir/disk.img"
printf 'bench i/o: disk'
run blk.bare-dma bare "$blk" disk=ata-dma
[ -n "$quick" ] || run blk.bare-pio bare "$blk" disk=ata-pio
run blk.fv-pio fv --icount --disk ram:32 --cmdline "$blk disk=ata-pio"
run blk.fv-dma fv --icount --disk ram:32 --cmdline "$blk disk=ata-dma"
run blk.fv-pv fv --icount --xen --disk ram:32 --cmdline "$blk disk=xen"
run blk.pv hv --icount --disk ram:32 --kernel "$pv" --cmdline "$blk"
rm -f "$dir/disk.img"
printf '; net'
time=--icount
run net.fv-ne2k pair --mode fv -- "$native" nic=ne2000
run net.fv-pv pair --mode fv --xen -- "$native" nic=xen
run net.pv pair -- "$pv" ""
time=
if [ -z "$quick" ]; then
    printf '; uplink'
    run netw.up-ne2k uplink fv "$native"
    run netw.up-pv uplink pv "$pv"
    printf '; shares'
    for n in 1 2 4 8; do # the same number of turns for each; an exit takes QEMU long
        run "share.fv-dma.$n" shares "$n" 160 "$native" "--mode fv"
        run "share.pv.$n" shares "$n" 400 "$pv" ""
    done
    if sh tests/xen/lab.sh build >"$dir/lab.out" 2>&1; then
        printf '; wall time, Xen with a Linux dom0'
        wall_blkw
        run blk.xen-dom0 lab --icount --disk ram:32 --kernel "$pv" --cmdline "$blk"
        wall_netw
        again
    else
        for name in blkw.xen-dom0 blk.xen-dom0 netw.xen-dom0; do
            tail -n 1 "$dir/lab.out" >"$dir/$name.reason"
        done
    fi
fi
rm -f "$dir/err" "$dir/lab.out"
echo
