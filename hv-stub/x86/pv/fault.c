/* SPDX-License-Identifier: MIT */
/* Page faults of PV guests. Few are ours: the descriptor area, writes to page tables, and
 * translations the processor had not noticed to be better by now. All others are the guest's. */
#include "hv.h"
#include "cpu.h"
#include "paging.h"
#include "pv.h"

#define PHYS_LIMIT_OK(e) mfn_valid(MFN(((e)&PTE_ADDR) >> PAGE_SHIFT))

uint64_t pv_walk(mfn_t root, uint64_t va, unsigned *level)
{
    uint64_t rights = PTE_RW | PTE_US, nx = 0, e = 0;

    *level = 5;
    if (!pv_has_root(root) || !is_canonical(va))
        return 0;
    for (unsigned l = 4; l >= 1; l--) {
        const uint64_t *table = mfn_to_virt(root);

        e = READ_ONCE(table[va >> (3 + 9 * l) & 511]);
        *level = l;
        if (!(e & PTE_P))
            return e;
        rights &= e;
        nx |= e & PTE_NX;
        if (l == 1 || (l < 4 && (e & PTE_PS)))
            break;
        if (!PHYS_LIMIT_OK(e))
            return 0;
        root = MFN((e & PTE_ADDR) >> PAGE_SHIFT);
    }
    return (e & ~(PTE_RW | PTE_US | PTE_NX)) | rights | nx;
}

/* Do the page tables allow by now what the fault was about? */
static bool spurious(const struct vcpu *v, uint64_t va, uint32_t ec)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    unsigned level;
    uint64_t e;

    if (ec & PFEC_RSVD)
        return false;
    e = pv_walk(pv->kernel_mode ? pv->root_kernel : pv->root_user, va, &level);
    return (e & PTE_P) && (e & PTE_US) && (!(ec & PFEC_W) || (e & PTE_RW)) &&
           (!(ec & PFEC_I) || !(e & PTE_NX));
}

void pv_page_fault(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    uint64_t cr2 = read_cr2();
    uint32_t ec = regs->error_code;

    if (unlikely(!guest_va_ok(cr2))) {
        /* Loading a selector reads the descriptor area with the processor's own rights. */
        if (!(ec & (PFEC_U | PFEC_RSVD)) && pv_ldt_fault(v, cr2, &cr2))
            return;
    } else if (ec & PFEC_P) {
        if ((ec & (PFEC_W | PFEC_RSVD)) == PFEC_W && v->arch.pv.kernel_mode &&
            pv_ptwr_fault(v, cr2, regs))
            return;
        if (unlikely(spurious(v, cr2, ec))) {
            arch_flush_page_local(cr2);
            return;
        }
    }
    pv_inject_pf(v, cr2, ec);
}
