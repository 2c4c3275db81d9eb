/* SPDX-License-Identifier: MIT */
/* Structure offsets for the assembly sources: compiled to text, the @@ lines become #defines. */
#include "hv.h"
#include "gdt.h"

#define VALUE(name, value)         __asm__ volatile("\n#@@" #name " %0" ::"i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(struct type, member))
#define SLOT(name, member)         VALUE(UREGS_##name, offsetof(struct cpu_user_regs, member))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(PC_SCRATCH_RSP, percpu, scratch_rsp);
    OFFSET(PC_SCRATCH_RAX, percpu, scratch_rax);
    OFFSET(PC_FRAME_TOP, percpu, frame_top);
    OFFSET(PC_CURRENT, percpu, current);
    OFFSET(PC_UPCALL, percpu, upcall);
    OFFSET(PC_WORK, percpu, work);
    OFFSET(PC_HC_LIMIT, percpu, hc_limit);
    OFFSET(PC_IDLE_STACK_TOP, percpu, idle_stack_top);
    OFFSET(VCPU_REGS, vcpu, regs);
    OFFSET(VCPU_HC_TOTAL, vcpu, hc_total);
    OFFSET(VCPU_EXITS, vcpu, exits);
    OFFSET(VCPU_HC_TRACE, vcpu, hc_trace);
    OFFSET(VCPU_HC_COUNT, vcpu, hc_count);
    VALUE(HC_TRACE_MASK, HC_TRACE - 1);
    SLOT(R15, r15);
    SLOT(R14, r14);
    SLOT(R13, r13);
    SLOT(R12, r12);
    SLOT(RBP, rbp);
    SLOT(RBX, rbx);
    SLOT(R11, r11);
    SLOT(R10, r10);
    SLOT(R9, r9);
    SLOT(R8, r8);
    SLOT(RAX, rax);
    SLOT(RCX, rcx);
    SLOT(RDX, rdx);
    SLOT(RSI, rsi);
    SLOT(RDI, rdi);
    SLOT(ERROR, error_code);
    SLOT(VECTOR, entry_vector);
    SLOT(RIP, rip);
    SLOT(CS, cs);
    SLOT(RFLAGS, rflags);
    SLOT(RSP, rsp);
    SLOT(SS, ss);
    VALUE(HV_CS_SEL, HV_CS);
    VALUE(IST_STACK_BYTES, IST_STACK_SIZE);
    VALUE(VECTOR_HYPERCALL, VEC_HYPERCALL);
    VALUE(WORK_FULL_BIT, WORK_FULL);
}
