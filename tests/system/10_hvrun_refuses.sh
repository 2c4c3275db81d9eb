# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Whatever is wrong with options or files: one line, status 2, nothing started.
. tests/system/lib.sh
need "$HVRUN" "$HELLO"

# A QEMU that leaves a trace: it must never run here.
HVRUN_QEMU=$tmp/qemu
export HVRUN_QEMU
printf '#!/bin/sh\necho started >%s/started\n' "$tmp" >"$HVRUN_QEMU"
chmod +x "$HVRUN_QEMU"
printf '\177ELF' >"$tmp/hv"

# refused PATTERN ARGUMENT...
refused() {
    pattern=$1
    shift
    expect 2 "$HVRUN" --hv "$tmp/hv" "$@"
    one_error_line
    has "$pattern" "$err"
    [ ! -e "$tmp/started" ] || fail "QEMU was started"
}

refused 'no --kernel'
refused 'unknown option' --kernel "$HELLO" --frobnicate
refused 'unknown argument' --kernel "$HELLO" stray
refused 'wants a value' --kernel
refused 'domain 2 has no --kernel' --kernel "$HELLO" --domain --memory 64
refused 'twice' --kernel "$HELLO" --kernel "$HELLO"
refused 'mode wants' --kernel "$HELLO" --mode hvm
for value in 0 -1 64M 99999999999999999999 '' 0x40; do
    refused 'memory wants' --kernel "$HELLO" --memory "$value"
done
refused 'vcpus wants' --kernel "$HELLO" --vcpus 33
refused 'timeout wants' --kernel "$HELLO" --timeout 0
refused 'timeout wants' --kernel "$HELLO" --timeout nan
refused 'name wants' --kernel "$HELLO" --name 'a b'
refused 'cmdline' --kernel "$HELLO" --cmdline "$(printf '%01024d' 0)"
refused 'control character' --kernel "$HELLO" --cmdline "$(printf 'a\nb')"
refused 'icount' --kernel "$HELLO" --icount --accel kvm

refused 'No such file' --kernel "$tmp/missing"
refused 'not a regular file' --kernel "$tmp"
mkfifo "$tmp/fifo"
refused 'not a regular file' --kernel "$tmp/fifo"
: >"$tmp/empty"
refused 'empty' --kernel "$tmp/empty"
refused 'not an ELF' --kernel Makefile
refused 'not a Xen PV kernel' --kernel "$HVRUN"
refused 'neither a PVH note nor a Multiboot header' --mode fv --kernel "$HELLO"
size=$(wc -c <"$HELLO")
for keep in 3 40 63 100 4096 $((size / 2)) $((size - 1)); do
    head -c "$keep" "$HELLO" >"$tmp/cut"
    refused 'truncated\|not an ELF' --kernel "$tmp/cut"
done
gzip -c "$HELLO" | head -c 1000 >"$tmp/cut.gz"
refused 'gzip' --kernel "$tmp/cut.gz"
refused 'ramdisk.*No such file' --kernel "$HELLO" --ramdisk "$tmp/missing"
refused 'too little' --kernel "$HELLO" --memory 1
head -c 4000000 /dev/zero >"$tmp/disk"
refused 'too little' --kernel "$HELLO" --memory 4 --ramdisk "$tmp/disk"
refused 'host-memory' --kernel "$HELLO" --memory 200 --host-memory 200
refused 'this computer has' --kernel "$HELLO" --memory 1048576
refused 'statistics file' --kernel "$HELLO" --stats "$tmp/no/such/dir.json"

# Disks and network cards.
: >"$tmp/img"
refused 'not a multiple of 512' --kernel "$HELLO" --disk "$tmp/img"
head -c 513 /dev/zero >"$tmp/img"
refused 'not a multiple of 512' --kernel "$HELLO" --disk "$tmp/img"
head -c 512 /dev/zero >"$tmp/img"
refused 'no such file; `truncate' --kernel "$HELLO" --disk "$tmp/none"
refused 'neither a file nor a block device' --kernel "$HELLO" --disk "$tmp,ro"
refused 'not a qcow2 image' --kernel "$HELLO" --disk "$tmp/img,format=qcow2"
refused 'only read-only disks' --kernel "$HELLO" --disk "$tmp/img" --disk "$tmp/img,ro"
refused 'only read-only disks' --kernel "$HELLO" --disk "$tmp/img" --domain --kernel "$HELLO" --disk "$tmp/../${tmp##*/}/img"
flock -s "$tmp/img" sleep 20 &
locker=$!
while flock -n -x "$tmp/img" true; do sleep 0.1; done
refused 'another hvrun uses it' --kernel "$HELLO" --disk "$tmp/img"
kill "$locker"
wait "$locker" 2>/dev/null
refused 'unknown word' --kernel "$HELLO" --disk "$tmp/img,rw,frob"
refused 'ram:MiB wants' --kernel "$HELLO" --disk ram:0
refused 'wants a name' --kernel "$HELLO" --disk 'ram:1:a b'
refused 'wants xvda' --kernel "$HELLO" --disk ram:1,dev=xyz
refused 'of this name already' --kernel "$HELLO" --disk ram:1,dev=xvda --disk ram:1,dev=xvda
refused 'at most 4 disks' --kernel "$HELLO" --disk ram:1 --disk ram:1 --disk ram:1 --disk ram:1 --disk ram:1
refused 'this computer has' --kernel "$HELLO" --disk ram:65536
refused 'wants user, switch or none' --kernel "$HELLO" --net bridge
refused 'six bytes' --kernel "$HELLO" --net user,mac=00:16
refused "group's address" --kernel "$HELLO" --net user,mac=01:16:3e:00:00:00
refused 'goes with --net user' --kernel "$HELLO" --net switch,hostfwd=80:80
refused 'hostfwd' --kernel "$HELLO" --net user,hostfwd=80
refused 'stands alone' --kernel "$HELLO" --net none --net user
refused 'PV and PVH guests always see Xen' --kernel "$HELLO" --xen
refused 'is for guests that see Xen' --kernel "$HELLO" --mode fv --observer
printf 'kernel = "%s\n' "$HELLO" >"$tmp/cfg"
expect 2 "$HVRUN" --hv "$tmp/hv" --config "$tmp/cfg"
has 'not an xl.cfg file' "$err"
printf 'type = "arm"\nkernel = "%s"\n' "$HELLO" >"$tmp/cfg"
refused 'type must be pv, pvh or hvm' --config "$tmp/cfg"
printf 'memory = 0\nkernel = "%s"\n' "$HELLO" >"$tmp/cfg"
refused 'memory must be' --config "$tmp/cfg"
refused 'No such file' --config "$tmp/no.cfg"

expect 2 "$HVRUN" --hv "$tmp/none" --kernel "$HELLO"
one_error_line
has 'hypervisor.*No such file' "$err"
pass
