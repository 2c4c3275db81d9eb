#!/bin/sh
# SPDX-License-Identifier: MIT
# kills.sh ROUNDS: kill -9 QEMU at random moments while a PV guest writes and flushes through hv-stub,
# and look whether everything it was told to be flushed is in the image.
#
# The image is a qcow2: QEMU keeps what it knows about new clusters to itself until a flush, so that a
# flush that is lost on its way shows. Every other round requests are slowed down, and many are under
# way when the end comes. Exit status 1 with a line for each round that lost something.
set -u
rounds=$1
B=${B:-build}
tmp=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM
# From the kernel's generator, 0 to $1 - 1.
random() { echo $(($(od -An -N4 -tu4 /dev/urandom) % $1)); }

lost=0
for round in $(seq "$rounds"); do
    slow=
    [ $((round % 2)) = 0 ] || slow=,throttling.iops-total=2000
    rm -f "$tmp/out" "$tmp/pid"
    : >"$tmp/out"
    qemu-img create -q -f qcow2 "$tmp/disk" 16M
    sh tests/machine.sh --timeout 60 --memory 256 "" \
        "$B/guest-shim-pv.elf kernel mem=64 disk=virtio:0,xvda,w -- blktest=journal key=$round" \
        -drive "file=$tmp/disk,if=none,id=d0,format=qcow2$slow" -device virtio-blk-pci,drive=d0 \
        -pidfile "$tmp/pid" >>"$tmp/out" 2>"$tmp/err" </dev/null &
    shell=$!
    n=0
    until grep -q '^FLUSHED' "$tmp/out" || [ "$((n += 1))" = 300 ]; do sleep 0.1; done
    sleep "$(printf '0.%03d' "$(random 1000)")"
    pid=$(cat "$tmp/pid")
    kill -9 "$pid"
    wait "$shell" 2>/dev/null
    pid=
    upto=$(tr -d '\r' <"$tmp/out" | sed -n 's/^FLUSHED \([0-9]*\)$/\1/p' | tail -n 1)
    qemu-img convert -q -f qcow2 -O raw "$tmp/disk" "$tmp/raw"
    if [ -z "$upto" ]; then
        echo "round $round: nothing was flushed"
        cat "$tmp/out" "$tmp/err"
        lost=$((lost + 1))
    elif ! "$B/blkpattern" journal "$tmp/raw" "$round" "$upto" >"$tmp/check"; then
        echo "round $round, killed after FLUSHED $upto: $(tail -n 1 "$tmp/check")"
        lost=$((lost + 1))
    else
        echo "round $round: $upto generations, $(tail -n 1 "$tmp/check")"
    fi
done
[ "$lost" = 0 ]
