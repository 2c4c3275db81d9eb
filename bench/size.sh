#!/bin/sh
# SPDX-License-Identifier: MIT
# size.sh: bytes of hv-stub's text and read-only data: allocated sections that are not writable.
# image_bytes is all of it; image_core_bytes is what processors, memory, events, time and consoles
# take: all but the control channel, what observers read, grants, XenStore, block and net back-ends, their
# drivers, the emulated disk and network hardware and the emulated APICs, as the linker's map attributes them.
set -u
B=${B:-build}
RINGS='/hv/((backend|driver)/|core/(control|sysctl|domctl|perfc|restart|suspend|disk|grant|xs_)|x86/(msi|pci|features)|device/(ata|ide|pci|piix|ne2000|lapic|ioapic)|x86/svm/(machine_(disk|nic)|apic|mmio|insn))'

all=$(readelf -SW "$B/hv-stub64.elf" 2>/dev/null | awk '
    { sub(/^ *\[ *[0-9]+\] */, "") }
    $2 == "PROGBITS" && $7 ~ /A/ && $7 !~ /W/ { bytes += hex($5) }
    END { print bytes + 0 }
    function hex(s,    i, n) {
        for (i = 1; i <= length(s); i++)
            n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
        return n
    }')
if [ "$all" -eq 0 ]; then
    echo "image_bytes - no hv-stub64.elf"
    echo "image_core_bytes - no hv-stub64.elf"
    exit 0
fi
# Lines of the map are "section address size file", the section on a line of its own if it is long.
# Strings are merged by the linker and counted to the rest.
rings=$(awk -v rings="$RINGS" '
    /^Linker script and memory map/ { map = 1 }
    !map { next }
    NF == 1 { name = $1; next }
    NF == 4 { name = $1; size = $3; file = $4 }
    NF == 3 { size = $2; file = $3 }
    (NF == 3 || NF == 4) && name ~ /^\.(text|rodata)/ && name !~ /\.str/ && file ~ rings { print size }
    { if (NF != 1) name = "" }' "$B/hv-stub.map" | {
    sum=0
    while read -r n; do sum=$((sum + n)); done
    echo "$sum"
})
echo "image_bytes $all"
echo "image_core_bytes $((all - rings))"
