/* SPDX-License-Identifier: MIT */
/* The end of the machine, and the back trace. */
#include "hv.h"
#include "acpi.h"
#include "cpu.h"
#include "machine.h"
#include "smp.h"

#define DEBUG_EXIT_PORT    0xf4
#define QEMU_PM1A_CNT      0x604
#define PM1_SLP_EN         0x2000 /* with sleep type 0: what QEMU's and Bochs's _S5 says */
#define BACKTRACE_FRAMES   16
#define BACKTRACE_DISTANCE 16384 /* no frame lies farther from the one it called */

void pic_mask_all(void)
{
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

void arch_machine_end(uint8_t code)
{
    smp_halt_others();
    outb(DEBUG_EXIT_PORT, code);
    outw(acpi.pm1a_cnt ? acpi.pm1a_cnt : QEMU_PM1A_CNT, PM1_SLP_EN);
    smp_halt_self();
}

/* Frame pointers of our own code. The chain ends in whatever the guest had in %rbp: stop at the
 * first value that is not a little further up the same stack. */
void arch_backtrace(void)
{
    const uint64_t *fp = __builtin_frame_address(0);

    for (unsigned i = 0; i < BACKTRACE_FRAMES; i++) {
        uint64_t next = fp[0];

        hv_log("  called from %lx", fp[1]);
        if (next <= (uint64_t)fp || next - (uint64_t)fp > BACKTRACE_DISTANCE || (next & 7))
            return;
        fp = (const uint64_t *)next;
    }
}
