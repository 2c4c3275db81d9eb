/* SPDX-License-Identifier: MIT */
/* A crash report's view of an FV vcpu. */
#include "svm_internal.h"

#define STACK_WORDS 16
#define CODE_BYTES  16

static void dump_registers(const struct cpu_user_regs *r, const struct vmcb *c)
{
    hv_log("rip %016lx rflags %08lx cpl %u", c->rip, c->rflags, c->cpl);
    hv_log("rax %016lx rbx %016lx rcx %016lx", c->rax, r->rbx, r->rcx);
    hv_log("rdx %016lx rsi %016lx rdi %016lx", r->rdx, r->rsi, r->rdi);
    hv_log("rbp %016lx rsp %016lx r8  %016lx", r->rbp, c->rsp, r->r8);
    hv_log("r9  %016lx r10 %016lx r11 %016lx", r->r9, r->r10, r->r11);
    hv_log("r12 %016lx r13 %016lx r14 %016lx", r->r12, r->r13, r->r14);
    hv_log("r15 %016lx cr0 %08lx cr2 %016lx", r->r15, c->cr0, c->cr2);
    hv_log("cr3 %016lx cr4 %08lx efer %04lx", c->cr3, c->cr4, c->efer & ~EFER_SVME);
}

static void dump_segment(const char *name, const struct vmcb_seg *s)
{
    hv_log("%s %04x attr %03x limit %08x base %016lx", name, s->selector, s->attrib, s->limit,
           s->base);
}

static void dump_exit(const struct vmcb *c)
{
    hv_log("exit %lx info1 %lx info2 %lx int_info %lx inject %lx", c->exit_code, c->exit_info1,
           c->exit_info2, c->exit_int_info, c->event_inj);
}

static void dump_code(struct svm_vcpu *sv)
{
    const struct vmcb *c = sv->vmcb;
    uint64_t linear = svm_64bit(c) ? c->rip : (uint32_t)(c->cs.base + c->rip);
    uint8_t b[CODE_BYTES];
    char text[CODE_BYTES * 3 + 1];
    struct gmem_fault fault;
    size_t got = CODE_BYTES - gmem_copy(sv, linear, b, CODE_BYTES, GMEM_READ, &fault);

    text[0] = 0;
    for (size_t i = 0; i < got; i++)
        hv_snprintf(text + i * 3, sizeof(text) - i * 3, " %02x", b[i]);
    hv_log("code%s%s", text, got < CODE_BYTES ? " (end of mapped memory)" : "");
}

static void dump_stack(struct svm_vcpu *sv)
{
    const struct vmcb *c = sv->vmcb;
    size_t word = svm_64bit(c) ? 8 : 4;
    uint64_t base = svm_64bit(c) ? 0 : c->ss.base;

    for (unsigned int i = 0; i < STACK_WORDS; i++) {
        uint64_t value = 0, linear = base + c->rsp + i * word;
        struct gmem_fault fault;

        if (gmem_copy(sv, linear, &value, word, GMEM_READ, &fault))
            break;
        hv_log("stack %016lx: %016lx", linear, value);
    }
}

void svm_vcpu_dump(struct vcpu *v)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);
    const struct vmcb *c = sv->vmcb;

    dump_registers(sv->regs, c);
    dump_segment("cs", &c->cs);
    dump_segment("ss", &c->ss);
    dump_segment("ds", &c->ds);
    dump_segment("gdtr", &c->gdtr);
    dump_segment("idtr", &c->idtr);
    dump_exit(c);
    dump_code(sv);
    dump_stack(sv);
}

uint64_t svm_guest_rip(const struct vcpu *v)
{
    return svm_vcpu_of(v)->vmcb->rip;
}
