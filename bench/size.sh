#!/bin/sh
# SPDX-License-Identifier: MIT
# size.sh: bytes of hv-stub's text and read-only data: allocated sections that are not writable.
set -u
B=${B:-build}
readelf -SW "$B/hv-stub64.elf" 2>/dev/null | awk '
    { sub(/^ *\[ *[0-9]+\] */, "") }
    $2 == "PROGBITS" && $7 ~ /A/ && $7 !~ /W/ { bytes += hex($5) }
    END { if (bytes) print "image_bytes", bytes; else print "image_bytes - no hv-stub64.elf" }
    function hex(s,    i, n) {
        for (i = 1; i <= length(s); i++)
            n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
        return n
    }'
