/* SPDX-License-Identifier: MIT */
/* One instruction that writes to memory, taken apart and carried out on a copy of what is there. */
#ifndef X86_PV_PTWR_H
#define X86_PV_PTWR_H

#include "insn.h"

struct ptwr {
    struct insn i;
    unsigned size;     /* bytes written: 1, 2, 4 or 8 */
    unsigned reg;      /* register operand, or opcode extension */
    uint64_t imm;      /* sign-extended immediate */
    uint64_t address;  /* of the operand */
    uint64_t old, new; /* the operand before and after */
    uint64_t reg_out;  /* register operand (xchg, xadd) or rax (cmpxchg) afterwards */
    bool writes_reg, writes_rax;
    uint64_t flags, flags_mask; /* arithmetic flags, and those of them that change */
};

/* The instruction at rip of the guest kernel. False: none of those that are known here. */
bool ptwr_decode(struct vcpu *v, struct ptwr *w);
/* From w->old to w->new. Nothing of the guest changes. False: not with these operands. */
bool ptwr_execute(struct ptwr *w, struct cpu_user_regs *r);
/* It is done: registers, flags and rip of the guest. */
void ptwr_retire(const struct ptwr *w, struct cpu_user_regs *r);

#endif
