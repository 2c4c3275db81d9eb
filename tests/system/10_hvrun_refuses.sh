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
expect 2 "$HVRUN" --hv "$tmp/none" --kernel "$HELLO"
one_error_line
has 'hypervisor.*No such file' "$err"
pass
