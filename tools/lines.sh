#!/bin/sh
# SPDX-License-Identifier: MIT
# lines.sh [FILE...]: lines of code, without blank ones and comments: of our Linux front-ends, by part, or of FILEs
# (Linux's own: drivers/block/xen-blkfront.c, drivers/net/xen-netfront.c).
set -eu
count() {
    name=$1
    sum=0
    shift
    for file; do
        sum=$((sum + $(gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -c .)))
    done
    printf '%-24s %5d\n' "$name" "$sum"
}
if [ $# != 0 ]; then
    for file; do count "$(basename "$file")" "$file"; done
    exit
fi
cd "$(dirname "$0")/../pv-drivers"
count "block, core" core/blk*.[ch]
count "block, Linux" linux/blk.c linux/compat.h
count "network, core" core/net*.[ch]
count "network, Linux" linux/net.c
count "both, core" core/abi.h core/front.c core/pv_front.h core/shared.[ch] port.h ../hypercall/xenbus_table.c
count "both, Linux" linux/bus.c linux/exports.c linux/front.[ch] linux/names.h linux/port.c linux/xen.c
