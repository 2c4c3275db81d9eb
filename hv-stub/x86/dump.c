/* SPDX-License-Identifier: MIT */
/* What is shown of a vcpu that crashed, and of the hypervisor when it did. */
#include "hv.h"
#include "cpu.h"
#include "entry.h"
#include "gdt.h"
#include "paging.h"
#include "pv.h"
#include "svm.h"

#define STACK_WORDS 16

void regs_dump(const struct cpu_user_regs *r)
{
    bool hypercall = r->entry_vector == VEC_HYPERCALL; /* which does not store these two */

    hv_log("  rip %016lx  rsp %016lx  rflags %08lx  cs %04x  ss %04x", r->rip, r->rsp, r->rflags,
           r->cs, r->ss);
    hv_log("  rax %016lx  rbx %016lx  rcx %016lx", r->rax, r->rbx, hypercall ? r->rip : r->rcx);
    hv_log("  rdx %016lx  rsi %016lx  rdi %016lx", r->rdx, r->rsi, r->rdi);
    hv_log("  rbp %016lx  r8  %016lx  r9  %016lx", r->rbp, r->r8, r->r9);
    hv_log("  r10 %016lx  r11 %016lx  r12 %016lx", r->r10, hypercall ? r->rflags : r->r11, r->r12);
    hv_log("  r13 %016lx  r14 %016lx  r15 %016lx", r->r13, r->r14, r->r15);
}

/* The entries on the way to va, down to the first that is not present or maps a page. */
static void walk_dump(mfn_t root, uint64_t va)
{
    if (!pv_has_root(root) || !is_canonical(va)) {
        hv_log("    no page tables, or not a canonical address");
        return;
    }
    for (unsigned l = 4; l >= 1; l--) {
        unsigned i = va >> (3 + 9 * l) & 511;
        uint64_t e = ((const uint64_t *)mfn_to_virt(root))[i];
        mfn_t next = MFN((e & PTE_ADDR) >> PAGE_SHIFT);

        hv_log("    l%u[%03x] %016lx%s", l, i, e, e & PTE_P ? "" : " not present");
        if (!(e & PTE_P) || (l < 4 && (e & PTE_PS)) || !mfn_valid(next))
            return;
        root = next;
    }
}

static void stack_dump(uint64_t sp)
{
    uint64_t word;

    hv_log("  stack at %lx:", sp);
    for (unsigned i = 0; i < STACK_WORDS; i++) {
        if (arch_guest_read(&word, GVA(sp + i * 8), sizeof(word))) {
            hv_log("    not readable from %lx on", sp + i * 8);
            return;
        }
        hv_log("    %016lx", word);
    }
}

static void pv_dump(struct vcpu *v)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    mfn_t root = pv->kernel_mode ? pv->root_kernel : pv->root_user;
    const struct cpu_user_regs *r = v->regs;

    hv_log("guest %s mode, upcall mask %u pending %u, entered by %s %x",
           pv->kernel_mode ? "kernel" : "user", v->info->evtchn_upcall_mask,
           v->info->evtchn_upcall_pending,
           r->entry_vector == VEC_HYPERCALL ? "hypercall" : "vector",
           r->entry_vector == VEC_HYPERCALL ? (uint32_t)vcpu_last_hypercall(v) : r->entry_vector);
    regs_dump(r);
    hv_log("  fs base %016lx  gs base %016lx  cr2 %016lx", rdmsr(MSR_FS_BASE), pv_gs_base(),
           pv->cr2);
    hv_log("  page walk of rip:");
    walk_dump(root, r->rip);
    if (pv->cr2) {
        hv_log("  page walk of cr2:");
        walk_dump(root, pv->cr2);
    }
    stack_dump(r->rsp);
}

void arch_vcpu_dump(struct vcpu *v)
{
    if (v->domain->kind != DOMAIN_PV)
        svm_vcpu_dump(v);
    else if (v == current_vcpu())
        pv_dump(v);
}

/* In the hypercall page? Each call there is 32 bytes: push rcx, push r11, mov, syscall, pops, ret.
 */
static bool in_hypercall_stub(uint64_t rip)
{
    static const uint8_t after[] = {0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
    uint8_t code[sizeof(after)];

    return !arch_guest_read(code, GVA(rip - 2), sizeof(code)) &&
           !memcmp(code, after, sizeof(after));
}

uint64_t arch_guest_rip(const struct vcpu *v)
{
    const struct cpu_user_regs *r = v->regs;
    uint64_t ret;

    if (v->domain->kind != DOMAIN_PV)
        return svm_guest_rip(v);
    if (in_hypercall_stub(r->rip) && !arch_guest_read(&ret, GVA(r->rsp + 16), sizeof(ret)))
        return ret;
    return r->rip;
}
