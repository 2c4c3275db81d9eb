/* SPDX-License-Identifier: MIT */
/*
 * Accesses to the registers of the APICs in memory. The processor says where, and whether it is a
 * write; which register of the processor takes part, and how long the instruction is, has to be
 * read from it. Known are the moves of 32 bits that drivers use.
 */
#include "svm_internal.h"

#define NO_REGISTER 0xff

struct access {
    const uint8_t *bytes;
    unsigned int nr, pos; /* bytes there are; the next one */
    uint8_t rex, reg;     /* reg: NO_REGISTER: an immediate value */
    bool address32, write, exchange;
    uint32_t immediate;
};

static uint8_t next(struct access *a)
{
    return a->pos < a->nr ? a->bytes[a->pos++] : (a->pos++, 0);
}

static uint64_t *gpr(struct svm_vcpu *sv, unsigned int n)
{
#define AT(r) offsetof(struct cpu_user_regs, r)
    static const uint8_t at[16] = {0,       AT(rcx), AT(rdx), AT(rbx), 0,       AT(rbp),
                                   AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                                   AT(r12), AT(r13), AT(r14), AT(r15)};

    if (n == 0)
        return &sv->vmcb->rax;
    return n == 4 ? &sv->vmcb->rsp : (uint64_t *)((char *)sv->regs + at[n]);
}

/* Prefixes, down to the opcode. Operands of other sizes than 32 bits are not known. */
static bool take_prefixes(struct access *a, bool wide, uint8_t *opcode)
{
    for (;;) {
        uint8_t b = next(a);

        if (b == 0x67) {
            a->address32 = wide;
        } else if (wide && (b & 0xf0) == 0x40) {
            a->rex = b;
        } else if (b != 0x26 && b != 0x2e && b != 0x36 && b != 0x3e && b != 0x64 && b != 0x65) {
            *opcode = b;
            return b != 0x66 && !(a->rex & 8);
        }
    }
}

static bool take_modrm(struct access *a)
{
    uint8_t modrm = next(a), mod = modrm >> 6, rm = modrm & 7;

    a->reg = (modrm >> 3 & 7) | (a->rex & 4) << 1;
    if (rm == 4 && (next(a) & 7) == 5 && mod == 0)
        mod = 2; /* an index without base: 32 bits follow */
    if (mod == 0 && rm == 5)
        mod = 2;
    a->pos += mod == 1 ? 1 : mod == 2 ? 4 : 0;
    return mod != 3;
}

static bool decode(struct access *a, bool wide)
{
    uint8_t opcode;

    if (!take_prefixes(a, wide, &opcode))
        return false;
    switch (opcode) {
    case 0x87: /* xchg r, m */
    case 0x89: /* mov r, m */
    case 0x8b: /* mov m, r */
        a->write = opcode != 0x8b;
        a->exchange = opcode == 0x87;
        return take_modrm(a);
    case 0xc7: /* mov $, m */
        if (!take_modrm(a) || (a->reg & 7))
            return false;
        a->write = true;
        a->reg = NO_REGISTER;
        for (unsigned int i = 0; i < 32; i += 8)
            a->immediate |= (uint32_t)next(a) << i;
        return true;
    case 0xa1: /* mov m, eax; mov eax, m: with an address and nothing else */
    case 0xa3:
        a->write = opcode == 0xa3;
        a->reg = 0;
        a->pos += wide && !a->address32 ? 8 : 4;
        return true;
    default:
        return false;
    }
}

static uint32_t device_read(struct svm_vcpu *sv, uint64_t gpa)
{
    if (gpa >> PAGE_SHIFT == LAPIC_BASE >> PAGE_SHIFT)
        return svm_apic_read(sv, gpa % PAGE_SIZE);
    return machine_ioapic_read(sv, gpa % PAGE_SIZE);
}

static void device_write(struct svm_vcpu *sv, uint64_t gpa, uint32_t value)
{
    if (gpa >> PAGE_SHIFT == LAPIC_BASE >> PAGE_SHIFT)
        svm_apic_write(sv, gpa % PAGE_SIZE, value);
    else
        machine_ioapic_write(sv, gpa % PAGE_SIZE, value);
}

bool svm_is_mmio(const struct svm_vcpu *sv, uint64_t gpa)
{
    if (gpa >> PAGE_SHIFT == LAPIC_BASE >> PAGE_SHIFT)
        return sv->lapic.enabled && !sv->lapic.x2apic;
    return gpa >> PAGE_SHIFT == IOAPIC_BASE >> PAGE_SHIFT && sv->dom->hardware;
}

bool svm_mmio(struct svm_vcpu *sv, uint64_t gpa)
{
    struct vmcb *c = sv->vmcb;
    uint8_t bytes[INSN_MAX];
    struct access a = {.bytes = bytes, .nr = svm_fetch(sv, bytes)};
    uint64_t *reg;
    uint32_t value;

    if (!(c->cs.attrib & (SEG_ATTR_DB | SEG_ATTR_L)) || !decode(&a, svm_64bit(c)) || a.pos > a.nr)
        return false;
    reg = a.reg == NO_REGISTER ? NULL : gpr(sv, a.reg);
    value = reg ? (uint32_t)*reg : a.immediate;
    if (!a.write || a.exchange)
        *reg = device_read(sv, gpa);
    if (a.write)
        device_write(sv, gpa, value);
    svm_skip_to(sv, svm_64bit(c) ? c->rip + a.pos : (uint32_t)(c->rip + a.pos));
    return true;
}
