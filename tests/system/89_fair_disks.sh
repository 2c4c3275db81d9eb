# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Eight domains write and flush as fast as they can, on one CPU, to RAM disks and to images of their
# own: when the first has written so many generations, none has less than 60 % of the mean.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"

# fair GENERATIONS DISK...: eight domains, the Nth with the Nth disk.
fair() {
    generations=$1
    shift
    next=
    for disk in "$@"; do
        set -- "$@" ${next:+--domain} --memory 32 --disk "$disk" --kernel "$PV" --cmdline "blktest=journal generations=$generations"
        shift
        next=1
    done
    expect 0 "$HVRUN" --timeout 100 "$@"
    awk -v all="$generations" '
        $2 == "FLUSHED" { done[$1] = $3; total++ }
        $3 == all { exit }
        END {
            for (domain in done)
                if (done[domain] >= total / 8 * 0.6) fair++
            print "after", total, "generations", fair + 0, "of 8 have their share"
        }' "$out" | tee "$tmp/verdict"
    has '8 of 8 have their share' "$tmp/verdict"
}

fair 300 ram:8 ram:8 ram:8 ram:8 ram:8 ram:8 ram:8 ram:8
# In memory if possible: how the host shares its own disk is not what is tested.
images=$tmp
[ -w /dev/shm ] && images=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$tmp" "$images"' EXIT
set --
for i in 1 2 3 4 5 6 7 8; do
    truncate -s 8M "$images/disk$i"
    set -- "$@" "$images/disk$i"
done
fair 150 "$@"
