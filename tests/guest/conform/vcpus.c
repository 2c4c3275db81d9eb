/* SPDX-License-Identifier: MIT */
/* Start states of other vcpus: each wrong, or unusual, in one thing. One that is taken uses its
 * vcpu up. */
#include "conform.h"

#include <xen/vcpu.h>

static struct vcpu_guest_context ctx;
static unsigned next = 1;
static volatile uint64_t ran, ran_rsp, ran_rflags, ran_cs;
static char stack[8192] __attribute__((aligned(4096)));

static void run(uint64_t arg)
{
    __asm__ volatile("mov %%rsp, %0; pushf; pop %1; mov %%cs, %2"
                     : "=r"(ran_rsp), "=r"(ran_rflags), "=r"(ran_cs));
    ran = arg;
    for (;;)
        (void)pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_down, arg, NULL);
}

static void plain(void)
{
    char *c = (char *)&ctx;

    for (unsigned i = 0; i < sizeof(ctx); i++)
        c[i] = 0;
    ctx.flags = VGCF_in_kernel;
    ctx.user_regs.rip = (uint64_t)run;
    ctx.user_regs.rsp = (uint64_t)stack + sizeof(stack) - 8;
    ctx.user_regs.rdi = next;
    ctx.user_regs.rflags = 0x202;
    ctx.user_regs.cs = FLAT_KERNEL_CS;
    ctx.user_regs.ss = FLAT_KERNEL_SS;
    ctx.kernel_ss = FLAT_KERNEL_SS;
    ctx.kernel_sp = ctx.user_regs.rsp;
    ctx.event_callback_eip = (uint64_t)callback_stubs;
    ctx.failsafe_callback_eip = (uint64_t)callback_stubs;
    ctx.ctrlreg[3] = mfn_of((void *)start->pt_base) << 12;
}

static void initialise(const char *what)
{
    long rc = pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, next, &ctx);

    number(what, rc);
    next += rc == 0;
    plain();
}

static void ask_wrong(void)
{
    ctx.ctrlreg[3] = 0;
    initialise("no page tables");
    ctx.ctrlreg[3] = mfn_of(scratch[0]) << 12;
    initialise("a page as page tables");
    ctx.ctrlreg[3] |= 0x18;
    initialise("low bits in cr3");
    ctx.ctrlreg[1] = mfn_of(scratch[0]) << 12;
    initialise("a page as user page tables");
    ctx.flags = 0;
    initialise("user mode without page tables");
    ctx.user_regs.rip = NONCANONICAL;
    initialise("rip");
    ctx.event_callback_eip = NONCANONICAL;
    initialise("event callback");
    ctx.failsafe_callback_eip = NONCANONICAL;
    initialise("failsafe callback");
    ctx.syscall_callback_eip = NONCANONICAL;
    initialise("system call callback");
    ctx.trap_ctxt[40].address = NONCANONICAL;
    initialise("trap handler");
    ctx.fs_base = NONCANONICAL;
    initialise("fs base");
    ctx.gs_base_kernel = NONCANONICAL;
    initialise("gs base");
    ctx.gs_base_user = NONCANONICAL;
    initialise("user gs base");
    ctx.gdt_ents = 7169;
    initialise("gdt of 7169 entries");
    ctx.gdt_ents = 1;
    initialise("gdt of no frame");
    ctx.gdt_ents = 1;
    ctx.gdt_frames[0] = mfn_of(scratch[0]);
    initialise("gdt of a writable frame");
    ctx.ldt_ents = 8193;
    initialise("ldt of 8193 entries");
    ctx.ldt_ents = 1;
    ctx.ldt_base = 0x1008;
    initialise("ldt at a byte offset");
    ctx.ldt_ents = 1;
    ctx.ldt_base = HV_SPACE;
    initialise("ldt in the hypervisor");
    ctx.debugreg[7] = 0x2400;
    initialise("general detect");
}

static void ask_unusual(void)
{
    ctx.user_regs.rsp = NONCANONICAL;
    initialise("rsp");
    ctx.kernel_sp = HV_SPACE;
    initialise("kernel stack");
    ctx.debugreg[0] = HV_SPACE;
    initialise("breakpoint in the hypervisor");
    ctx.user_regs.cs = 0;
    initialise("cs 0");
    ctx.user_regs.cs = 0xe008;
    initialise("cs of the hypervisor");
    ctx.user_regs.ds = 0x1234;
    initialise("ds");
    ctx.ctrlreg[4] = ~0ul;
    initialise("cr4");
    ctx.ctrlreg[0] = ~0ul;
    initialise("cr0");
    ctx.vm_assist = ~0ul;
    initialise("vm_assist");
    ctx.flags = ~0ul;
    initialise("all flags");
    ctx.user_regs.rflags = ~0ul;
    initialise("all rflags");
}

static void ask_running(unsigned vcpu)
{
    number("initialise", pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu, &ctx));
    number("again", pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu, &ctx));
    number("is up", pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, vcpu, NULL));
    number("up", pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_up, vcpu, NULL));
    number("up again", pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_up, vcpu, NULL));
    for (unsigned i = 0; i < 1000000 && !ran; i++)
        hypercall_sched_yield();
    hex("argument", ran);
    hex("rsp", ran_rsp & 4095);
    hex("rflags", ran_rflags & ~0xd5ul);
    hex("cs", ran_cs);
}

void ask_vcpus(void)
{
    plain();
    ask_wrong();
    ask_running(next++);
    ask_unusual();
}
