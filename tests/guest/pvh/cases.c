/* SPDX-License-Identifier: MIT */
/* Contexts for VCPUOP_initialise, each wrong in one thing (or right after all). */
#include "pvh.h"

#define CR0_PE   1u
#define CR0_PG   (1u << 31)
#define CR4_PAE  (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define AR_CODE  0xc9b
#define AR_DATA  0xc93
#define AR_TSS   0x8b

void set_valid64(struct vcpu_hvm_context *c)
{
    *c = (struct vcpu_hvm_context){.mode = VCPU_HVM_MODE_64B};
    c->cpu_regs.x86_64 = (struct vcpu_hvm_x86_64){.rip = (uint64_t)ap64_start,
                                                  .rflags = 2,
                                                  .cr0 = CR0_PE | CR0_PG,
                                                  .cr3 = (uint64_t)tables,
                                                  .cr4 = CR4_PAE,
                                                  .efer = EFER_LME | EFER_LMA};
}

void set_valid32(struct vcpu_hvm_context *c)
{
    *c = (struct vcpu_hvm_context){.mode = VCPU_HVM_MODE_32B};
    c->cpu_regs.x86_32 = (struct vcpu_hvm_x86_32){.eip = (uint32_t)(uintptr_t)ap32_start,
                                                  .eflags = 2,
                                                  .cr0 = CR0_PE,
                                                  .cs_limit = ~0u,
                                                  .ds_limit = ~0u,
                                                  .ss_limit = ~0u,
                                                  .es_limit = ~0u,
                                                  .tr_limit = 0x67,
                                                  .cs_ar = AR_CODE,
                                                  .ds_ar = AR_DATA,
                                                  .ss_ar = AR_DATA,
                                                  .es_ar = AR_DATA,
                                                  .tr_ar = AR_TSS};
}

/* Result of one context, on a vcpu that is not initialised yet. */
static void try_one(const char *name, struct vcpu_hvm_context *c)
{
    long rc = hypercall_vcpu_op(VCPUOP_initialise, 1, c);

    result(name, rc);
    if (!rc)
        reset_vcpu1();
}

#define TRY64(name, change)                             \
    do {                                                \
        struct vcpu_hvm_x86_64 *r = &c.cpu_regs.x86_64; \
        set_valid64(&c);                                \
        change;                                         \
        (void)r;                                        \
        try_one("64: " name, &c);                       \
    } while (0)

static void try_long(void)
{
    static struct vcpu_hvm_context c;

    TRY64("mode 2", c.mode = 2);
    TRY64("padding", c.pad = 1);
    TRY64("no PG", r->cr0 = CR0_PE);
    TRY64("no PE", r->cr0 = CR0_PG);
    TRY64("CR0 above 32 bits", r->cr0 |= 1ull << 40);
    TRY64("CR0 reserved", r->cr0 |= 1u << 7);
    TRY64("NW without CD", r->cr0 |= 1u << 29);
    TRY64("no PAE", r->cr4 = 0);
    TRY64("CR4 reserved", r->cr4 |= 1u << 30);
    TRY64("CR4 above 32 bits", r->cr4 |= 1ull << 40);
    TRY64("VMXE", r->cr4 |= 1u << 13);
    TRY64("no LMA", r->efer = EFER_LME);
    TRY64("no LME", r->efer = EFER_LMA);
    TRY64("EFER none", r->efer = 0);
    TRY64("EFER reserved", r->efer |= 2);
    TRY64("SVME", r->efer |= 1u << 12);
    TRY64("SCE and NXE", r->efer |= 1u << 11 | 1);
    TRY64("rip not canonical", r->rip = 1ull << 60);
    TRY64("rflags 0", r->rflags = 0);
    TRY64("rflags VM", r->rflags |= 1u << 17);
    TRY64("rflags all", r->rflags = ~0ull);
    TRY64("cr3 above the addresses", r->cr3 = 1ull << 60);
}

#define TRY32(name, change)                             \
    do {                                                \
        struct vcpu_hvm_x86_32 *r = &c.cpu_regs.x86_32; \
        set_valid32(&c);                                \
        change;                                         \
        try_one("32: " name, &c);                       \
    } while (0)

static void try_segments(void)
{
    static struct vcpu_hvm_context c;

    TRY32("cs null", r->cs_ar = 0);
    TRY32("ds null", r->ds_ar = 0);
    TRY32("es null", r->es_ar = 0);
    TRY32("ss null", r->ss_ar = 0);
    TRY32("tr null", r->tr_ar = 0);
    TRY32("cs unused bits", r->cs_ar |= 0x1000);
    TRY32("tr unused bits", r->tr_ar |= 0x8000);
    TRY32("cs is data", r->cs_ar = AR_DATA);
    TRY32("cs is a system segment", r->cs_ar = AR_CODE & ~0x10);
    TRY32("cs not present", r->cs_ar = AR_CODE & ~0x80);
    TRY32("cs only executable", r->cs_ar = 0xc99);
    TRY32("cs conforming", r->cs_ar = 0xc9f);
    TRY32("cs long", r->cs_ar = AR_CODE | 0x200);
    TRY32("cs 16 bits", r->cs_ar = AR_CODE & ~0x400);
    TRY32("ss read-only", r->ss_ar = 0xc91);
    TRY32("ss is code", r->ss_ar = AR_CODE);
    TRY32("ss not present", r->ss_ar = AR_DATA & ~0x80);
    TRY32("ss expands down", r->ss_ar = 0xc97);
    TRY32("ds read-only", r->ds_ar = 0xc91);
    TRY32("ds readable code", r->ds_ar = AR_CODE);
    TRY32("ds only executable", r->ds_ar = 0xc99);
    TRY32("ds not present", r->ds_ar = AR_DATA & ~0x80);
    TRY32("es is a system segment", r->es_ar = AR_DATA & ~0x10);
    TRY32("tr available", r->tr_ar = 0x89);
    TRY32("tr 16 bits", r->tr_ar = 0x83);
    TRY32("tr is data", r->tr_ar = 0x93);
    TRY32("tr not present", r->tr_ar = 0x0b);
    TRY32("not accessed", r->ds_ar = 0xc92);
}

static void try_protected(void)
{
    static struct vcpu_hvm_context c;

    TRY32("padding 1", r->pad1 = 1);
    TRY32("padding 2", r->pad2[2] = 1);
    TRY32("eip beyond the limit", (r->cs_limit = 0xfff, r->cs_ar &= (uint16_t)~0x800));
    TRY32("eip within granular limit", r->cs_limit = 0xfff);
    TRY32("limit below a page", r->cs_limit = 0x10);
    TRY32("ss privilege", r->ss_ar |= 0x60);
    TRY32("cs privilege", r->cs_ar |= 0x60);
    TRY32("cs and ss privilege", (r->cs_ar |= 0x60, r->ss_ar |= 0x60));
    TRY32("ds privilege", r->ds_ar |= 0x60);
    TRY32("es privilege", r->es_ar |= 0x20);
    TRY32("LMA alone", r->efer = EFER_LMA);
    TRY32("LME alone", r->efer = EFER_LME);
    TRY32("EFER reserved", r->efer = 2);
    TRY32("NXE", r->efer = 1u << 11);
    TRY32("CR4 reserved", r->cr4 = 1u << 30);
    TRY32("CR4 of a 486", r->cr4 = 0x1c);
    TRY32("PG without PE", r->cr0 = CR0_PG);
    TRY32("real mode", r->cr0 = 0);
    TRY32("paging", (r->cr0 |= CR0_PG, r->cr3 = (uint32_t)(uintptr_t)tables));
    TRY32("eflags 0", r->eflags = 0);
    TRY32("eflags VM", r->eflags |= 1u << 17);
    TRY32("base unaligned", r->ds_base = 0x12345);
    TRY32("LMA without PAE", (r->cr0 |= CR0_PG, r->efer = EFER_LMA | EFER_LME));
}

void try_contexts(void)
{
    try_long();
    try_segments();
    try_protected();
}
