#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel.sh FOLDER: a small Linux for PV guests in FOLDER, from Debian's linux-source package, that looks for
# wrong locking (lockdep), sleeping where one must not, and memory that nobody knows of any more (kmemleak).
# Debian packages no such kernel. Half an hour on a busy computer; modules build against FOLDER. Wants flex, bison,
# bc and libelf-dev.
set -eu
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if ! [ -r "$folder/Makefile" ]; then
    (cd "$folder" && apt-get download -qq linux-source-6.1)
    dpkg-deb --fsys-tarfile "$folder"/linux-source-*.deb | tar -x -O ./usr/src/linux-source-6.1.tar.xz |
        tar -x -J --strip-components=1 -C "$folder"
    rm "$folder"/linux-source-*.deb
fi
cd "$folder"
make -s tinyconfig
for option in 64BIT SMP PRINTK TTY MODULES MODULE_UNLOAD BLOCK BLK_DEV BLK_DEV_INITRD RD_GZIP BINFMT_ELF BINFMT_SCRIPT \
    DEVTMPFS PROC_FS SYSFS DEBUG_FS TMPFS SYSCTL FUTEX EPOLL EVENTFD SIGNALFD TIMERFD SHMEM AIO MULTIUSER POSIX_TIMERS \
    HIGH_RES_TIMERS NO_HZ_IDLE HYPERVISOR_GUEST PARAVIRT PARAVIRT_SPINLOCKS XEN XEN_PV XEN_PV_SMP HVC_XEN XENFS SWIOTLB \
    XEN_DEV_EVTCHN NET PACKET UNIX INET NETDEVICES NET_CORE EXT2_FS MAGIC_SYSRQ KALLSYMS KALLSYMS_ALL STACKTRACE \
    BUG DEBUG_KERNEL PROVE_LOCKING DEBUG_ATOMIC_SLEEP DEBUG_LIST DEBUG_SG SLUB_DEBUG DEBUG_KMEMLEAK \
    DEBUG_KMEMLEAK_AUTO_SCAN X86_X2APIC ACPI PCI CPU_SUP_AMD CPU_SUP_INTEL FILE_LOCKING ADVISE_SYSCALLS MEMBARRIER; do
    ./scripts/config -e "$option"
done
./scripts/config -d DEBUG_INFO_NONE -d RETPOLINE -d XEN_BLKDEV_FRONTEND -d XEN_NETDEV_FRONTEND -d WERROR \
    --set-val NR_CPUS 4 --set-val DEBUG_KMEMLEAK_MEM_POOL_SIZE 16000
make -s olddefconfig
make -s -j"$(nproc)" bzImage modules_prepare
make -s -j"$(nproc)" modules
