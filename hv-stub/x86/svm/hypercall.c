/* SPDX-License-Identifier: MIT */
/* Hypercalls from FV guests: VMMCALL with the number in eax, through the page that the guest asked
 * for by MSR or by itself. The calls are those that hypercall_table opens to FV domains. */
#include "svm_internal.h"

#define STUB_BYTES 32

/* Write the stubs into the page the guest named: mov $nr, %eax; vmmcall; ret. */
bool svm_hypercall_page(struct svm_vcpu *sv, uint64_t value)
{
    uint8_t *page = npt_ram(sv->dom, value & ~(uint64_t)(PAGE_SIZE - 1));

    if (!page || value % PAGE_SIZE) /* the low bits choose one of our pages: there is only 0 */
        return false;
    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / STUB_BYTES; nr++) {
        uint8_t stub[] = {0xb8, (uint8_t)nr, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3};

        memcpy(page + nr * STUB_BYTES, stub, sizeof(stub));
    }
    return true;
}

mfn_t svm_gfn_to_mfn(struct domain *d, gfn_t gfn)
{
    void *page = gfn.v >> (64 - PAGE_SHIFT) ? NULL : npt_ram(d->arch.svm, gfn.v << PAGE_SHIFT);

    return page ? virt_to_mfn(page) : INVALID_MFN;
}

static long call(struct svm_vcpu *sv, uint64_t nr)
{
    const struct cpu_user_regs *r = sv->regs;

    if (nr >= HV_NR_HYPERCALLS || !hypercall_table[nr].fn || !hypercall_table[nr].fv)
        return hv_refuse(-XEN_ENOSYS, "hypercall %lu is not open to FV domains", nr);
    return hypercall_table[nr].fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
}

static void skip_vmmcall(struct svm_vcpu *sv)
{
    static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9};

    if (!(svm_features & SVM_FEATURE_NRIPS) && svm_insn_is(sv, 0x010f))
        svm_skip_to(sv, sv->vmcb->rip + sizeof(vmmcall));
    else
        svm_skip(sv, vmmcall, sizeof(vmmcall));
}

/* While a handler runs regs->rip is behind the instruction: hypercall_continue() takes it back. */
void svm_hypercall(struct svm_vcpu *sv)
{
    struct cpu_user_regs *r = sv->regs;
    struct vcpu *v = sv->vcpu;
    struct vmcb *c = sv->vmcb;
    uint64_t nr = c->rax;

    sv->hypercall = false;
    v->exit_count[VMEXIT_VMMCALL]--; /* counted as a hypercall instead */
    if (!svm_64bit(c) || c->cpl) {
        /* The argument registers and structures of 32-bit callers are not the ones served here. */
        svm_inject(sv, EXC_UD, -1);
        return;
    }
    skip_vmmcall(sv);
    r->rip = c->rip;
    r->rax = nr;
    vcpu_note_hypercall(v, nr, r->rdi);
    if (nr < HV_NR_HYPERCALLS)
        v->hc_count[nr]++;
    c->rax = (uint64_t)call(sv, nr);
    c->rip = r->rip;
}

void svm_set_result(struct vcpu *v, uint64_t result)
{
    v->arch.svm->vmcb->rax = result;
}
