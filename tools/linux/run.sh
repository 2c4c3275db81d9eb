#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: `make linux`. Debian's stock kernel with a small busybox root disk on hv-stub, its console on
# this terminal. LINUX_SMP (CPUs), LINUX_MEM (MiB), LINUX_CMDLINE (further words for the kernel) and
# LINUX_DISK (the root disk, made if there is none) are read from the environment. A reboot starts the
# machine again; the exit status is that of hvrun.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
smp=${LINUX_SMP:-1}
memory=${LINUX_MEM:-256}
disk=${LINUX_DISK:-$B/linux/root.img}

die() {
    echo "make linux: $*" >&2
    exit 2
}

number() { # NAME VALUE MIN MAX
    case $2 in '' | *[!0-9]* | ?????*) die "$1=$2: a number from $3 to $4 is wanted" ;; esac
    { [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; } || die "$1=$2: a number from $3 to $4 is wanted"
}
number LINUX_SMP "$smp" 1 32
number LINUX_MEM "$memory" 96 8192

# newer FILE THAN...: FILE is there and none of the others is younger.
newer() {
    [ -r "$1" ] && [ -z "$(find "$@" -newer "$1" 2>/dev/null)" ]
}

{ [ -r "$B/xen/vmlinuz" ] && [ -r "$B/xen/xen-netfront.ko" ]; } || sh tests/xen/linux.sh "$B/xen/linux.elf" ||
    die "without Debian's kernel there is nothing to start; is there a network, and a Debian mirror in apt's sources?"
mkdir -p "$B/linux"
newer "$B/linux/initrd" tools/linux/initrd tests/xen/initrd.sh "$B/xen/xen-blkfront.ko" || {
    echo "making the initial RAM disk, $B/linux/initrd"
    sh tests/xen/initrd.sh "$B/linux/initrd" tools/linux/initrd "$B/xen/xen-blkfront.ko" "$B/xen/xen-netfront.ko"
}
[ -e "$disk" ] || {
    echo "making the root disk, $disk"
    sh tools/linux/root.sh "$disk"
}

words="root=/dev/xvda console=hvc0 quiet"
interactive=
if [ -t 0 ] && [ -t 1 ]; then
    interactive=--interactive
    size=$(stty size)
    words="$words LINES=${size% *} COLUMNS=${size#* } TERM=${TERM:-linux}"
    echo "starting Linux with $smp CPU(s) and $memory MiB; \`poweroff\` ends it, Ctrl-\\ kills it"
else
    echo "starting Linux with $smp CPU(s) and $memory MiB; \`poweroff\` ends it"
fi
while :; do
    status=0
    # shellcheck disable=SC2086 # $interactive is a word or nothing
    "$B/hvrun" $interactive --smp "$smp" --vcpus "$smp" --memory "$memory" --kernel "$B/xen/vmlinuz" \
        --ramdisk "$B/linux/initrd" --disk "$disk" --net user \
        --cmdline "$words ${LINUX_CMDLINE:-}" || status=$?
    [ "$status" = 7 ] || exit "$status"
done
