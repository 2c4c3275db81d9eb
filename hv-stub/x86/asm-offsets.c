/* SPDX-License-Identifier: MIT */
/* Structure offsets for the assembly sources: compiled to text, the @@ lines become #defines. */
#include "hv.h"

#define OFFSET(name, type, member)                                                                 \
    __asm__ volatile("\n#@@" #name " %0" ::"i"(offsetof(struct type, member)))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(PC_SCRATCH_RSP, percpu, scratch_rsp);
    OFFSET(PC_FRAME_TOP, percpu, frame_top);
    OFFSET(PC_CURRENT, percpu, current);
    OFFSET(PC_UPCALL, percpu, upcall);
    OFFSET(PC_WORK, percpu, work);
    OFFSET(PC_KERNEL_MODE, percpu, kernel_mode);
    OFFSET(PC_IDLE_STACK_TOP, percpu, idle_stack_top);
    OFFSET(VCPU_REGS, vcpu, regs);
    OFFSET(VCPU_HC_TOTAL, vcpu, hc_total);
    OFFSET(VCPU_EXITS, vcpu, exits);
    OFFSET(VCPU_HC_TRACE, vcpu, hc_trace);
    OFFSET(VCPU_HC_COUNT, vcpu, hc_count);
}
