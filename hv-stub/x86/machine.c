/* SPDX-License-Identifier: MIT */
/* The end of the machine, and the back trace. */
#include "hv.h"
#include "acpi.h"
#include "cpu.h"
#include "machine.h"
#include "smp.h"

#define DEBUG_EXIT_PORT 0xf4
#define QEMU_PM1A_CNT   0x604
#define PM1_SLP_EN      0x2000 /* with sleep type 0: what QEMU's and Bochs's _S5 says */
#define BACKTRACE_CALLS 16
#define STACK_BLOCK     8192 /* stacks are multiples of this, and aligned to it */

extern const char _image_start[], _text_end[]; /* hv.lds */

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

/* There are no frame pointers: what looks like a return address on the stack may be one. The first
 * ones are right, later ones can be left over from earlier calls. */
void arch_backtrace(void)
{
    const uint64_t *sp = __builtin_frame_address(0);
    const uint64_t *end = (const uint64_t *)ROUND_UP((uint64_t)sp + 8, STACK_BLOCK);

    for (unsigned n = 0; sp < end && n < BACKTRACE_CALLS; sp++)
        if (*sp >= (uint64_t)_image_start && *sp < (uint64_t)_text_end) {
            hv_log("  called from %lx", *sp);
            n++;
        }
}
