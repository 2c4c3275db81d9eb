/* SPDX-License-Identifier: MIT */
/* A minimal interrupt table for the first stretch of the boot: report and give up. */
#include "hv.h"
#include "cpu.h"
#include "boot.h"
#include "boot_asm.h"

/* What the stubs leave on the stack, lowest address first. */
struct early_frame {
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

struct idt_gate {
    uint16_t offset_low, selector, type, offset_mid;
    uint32_t offset_high, reserved;
};

extern const char early_trap_stubs[]; /* 32 stubs of 16 bytes */
void early_trap(const struct early_frame *f) __attribute__((noreturn));

static struct idt_gate early_idt[32];

void early_trap(const struct early_frame *f)
{
    hv_panic("exception %lu during boot: error %lx rip %lx rsp %lx cr2 %lx", f->vector, f->error,
             f->rip, f->rsp, read_cr2());
}

void early_traps_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) ptr = {sizeof(early_idt) - 1, (uint64_t)early_idt};

    for (unsigned i = 0; i < ARRAY_SIZE(early_idt); i++) {
        uint64_t entry = (uint64_t)early_trap_stubs + i * 16;

        early_idt[i] = (struct idt_gate){
            .offset_low = (uint16_t)entry,
            .selector = BOOT_CS,
            .type = 0x8e00, /* present interrupt gate */
            .offset_mid = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
    __asm__ volatile("lidt %0" ::"m"(ptr));
}
