/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Last in a signed module; without it nobody looks for a signature. */
#define SIGNED       "~Module signature appended~\n"
#define SIGNED_BYTES (sizeof(SIGNED) - 1)

/* Debian's kernel takes modules without a signature; what they then write is up to them. */
void attack_modules(uint64_t seed)
{
    static char good[1 << 20], bad[1 << 20];
    int fd = open("/module.ko", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, good, sizeof(good));
    unsigned loaded = 0;
    int last = 0;

    if (n <= 0) {
        printf("modules: no /module.ko\n");
        return;
    }
    if (n > (ssize_t)SIGNED_BYTES && !memcmp(good + n - SIGNED_BYTES, SIGNED, SIGNED_BYTES))
        n -= (ssize_t)SIGNED_BYTES;
    close(fd);
    syscall(SYS_delete_module, "msr", 0); /* whose name the broken ones have */
    for (unsigned i = 0; i < 100; i++) {
        memcpy(bad, good, (size_t)n);
        for (unsigned k = 0; k < 1 + i / 4; k++)
            bad[root_random(&seed) % (uint64_t)n] ^= 1 << seed % 8;
        last = syscall(SYS_init_module, bad, (unsigned long)n, "") ? errno : 0;
        loaded += !last;
        syscall(SYS_delete_module, "msr", 0);
    }
    printf("modules: %u of 100 broken ones were loaded, the last: %s\n", loaded, strerror(last));
}

void attack_kexec(uint64_t seed)
{
    /* cli; hlt: whoever runs it with privilege stops the processor. */
    static const uint8_t kernel[4096] = {0xfa, 0xf4, 0xeb, 0xfc};
    struct kexec_segment segment = {kernel, sizeof(kernel), (void *)0x1000000, 4096};
    long rc = syscall(SYS_kexec_load, 0x1000000, 1, &segment, KEXEC_ARCH_X86_64);

    printf("kexec: load %ld\n", rc);
    sync();
    rc =
        syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
    printf("kexec: start %ld\n", rc);
}
