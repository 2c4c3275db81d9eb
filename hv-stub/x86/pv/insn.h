/* SPDX-License-Identifier: MIT */
/* One instruction of the guest that trapped, read once and taken apart as far as we emulate. */
#ifndef PV_INSN_H
#define PV_INSN_H

#include "hv.h"

#define INSN_MAX 15

struct insn {
    uint8_t byte[INSN_MAX];
    uint8_t avail; /* bytes that could be read */
    uint8_t len;   /* consumed so far; the whole length after decoding */
    uint8_t rex;
    uint8_t segment; /* last override prefix, 0: none */
    bool opsize, adsize, rep, lock;
    bool is64;
    uint16_t opcode; /* 0x0fxx for two-byte opcodes */
    uint8_t modrm;   /* of those that have one and are listed in insn_decode() */
};

/* Read and decode what is at rip: prefixes, opcode, ModRM. False when it cannot be read, is longer
 * than the bytes there are, or runs in a code segment with a base. */
bool insn_decode(struct vcpu *v, struct insn *i);
/* Does the present guest run 64-bit code with this selector? Kernels have some of their own. */
bool insn_is64_slow(const struct vcpu *v, uint16_t cs);
static inline bool insn_is64(const struct vcpu *v, uint16_t cs)
{
    return likely(cs == FLAT_RING3_CS64) || insn_is64_slow(v, cs);
}
/* Another byte of it. */
bool insn_byte(struct insn *i, uint8_t *b);
/* Register number 0..15 of a frame. */
static inline uint64_t *insn_reg(struct cpu_user_regs *r, uint64_t n)
{
#define AT(reg) offsetof(struct cpu_user_regs, reg)
    static const uint8_t at[16] = {AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
                                   AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                                   AT(r12), AT(r13), AT(r14), AT(r15)};
#undef AT

    return (uint64_t *)((char *)r + at[n & 15]);
}

/* ---- io.c */
enum emul { EMUL_NO, EMUL_DONE, EMUL_AGAIN, EMUL_GP, EMUL_UD, EMUL_PF };
/* Does the virtual IOPL cover the present mode? */
bool pv_iopl_allows(const struct vcpu *v);
/* in, out, ins, outs. EMUL_AGAIN: part of a rep was done, rip stays. EMUL_PF: the fault was
 * injected. */
enum emul pv_emulate_io(struct vcpu *v, struct insn *i);

/* ---- msr.c: false is #GP */
bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/* ---- cr.c: false is #GP */
bool pv_read_cr(struct vcpu *v, unsigned cr, uint64_t *val);
/* 0; -HV_ERESTART: other work waits, execute the instruction again; another errno is #GP. */
long pv_write_cr(struct vcpu *v, unsigned cr, uint64_t val);
uint64_t pv_cr4_guest(uint64_t wanted);

/* ---- cpuid.c */
void pv_cpuid(struct vcpu *v, struct cpu_user_regs *r);

#endif
