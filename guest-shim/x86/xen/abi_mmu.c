/* SPDX-License-Identifier: MIT */
/* Page tables: entries and operations that direct paging must refuse. */
#include "abi.h"

/* What the checks work on: a page and its mapping, a table, frames of theirs. */
static struct {
    pfn_t page;
    void *va;
    uint64_t slot;         /* machine address of the level-1 entry that maps it */
    uint64_t l2_slot;      /* of an empty level-2 entry */
    uint64_t mine, l4, l1; /* machine frames: the page, the top level, the table of `slot` */
    uint64_t m2p;          /* a frame of the hypervisor's */
} it;

static bool set_up(void)
{
    xen_pfn_t extents[1];
    unsigned count = 1;
    pte_t *slot, *l2;

    it.page = page_alloc_zeroed();
    it.va = vmap_page(it.page, PROT_KERNEL_RW);
    if (!it.va || hypercall_machphys_mfn_list(extents, &count))
        return false;
    slot = pte_find(&kernel_aspace, (uint64_t)it.va, false);
    it.slot = virt_to_maddr(slot);
    it.mine = pfn_to_mfn(it.page).n;
    it.l4 = pfn_to_mfn(kernel_aspace.top).n;
    it.l1 = it.slot >> PAGE_SHIFT;
    it.m2p = extents[0];
    l2 = pfn_to_virt(kernel_aspace.top);
    for (unsigned level = 4; level > 2; level--)
        l2 = pfn_to_virt(xen_pte_pfn(l2[pt_index((uint64_t)it.va, level)]));
    it.l2_slot = virt_to_maddr(&l2[400]);
    return true;
}

static void tear_down(void)
{
    vunmap_page(it.va);
    page_put(it.page);
}

static uint64_t pte(uint64_t mfn, uint64_t flags)
{
    return mfn << PAGE_SHIFT | flags;
}

static long update(uint64_t ptr, uint64_t value)
{
    struct mmu_update u = {ptr, value};

    return hypercall_mmu_update(&u, 1, NULL, DOMID_SELF);
}

static void check_entries(void)
{
    abi_check("map a page table writable", update(it.slot, pte(it.l4, PROT_KERNEL_RW)), -XEN_EBUSY);
    abi_check("map its own table writable", update(it.slot, pte(it.l1, PROT_KERNEL_RW)),
              -XEN_EBUSY);
    abi_check("map a page table read-only", update(it.slot, pte(it.l4, PROT_KERNEL_RO)), 0);
    abi_check("map the page again", update(it.slot, pte(it.mine, PROT_KERNEL_RW)), 0);
    abi_check("map a frame of the hypervisor", update(it.slot, pte(it.m2p, PROT_KERNEL_RW)),
              -XEN_EBUSY);
    /* The cache attribute bit is for domains that own hardware. */
    abi_check("cache attribute", update(it.slot, pte(it.mine, PROT_KERNEL_RW | 0x80)),
              xen_boot.initial_domain ? 0 : -XEN_EINVAL);
    abi_check("large page at level 2",
              update(it.l2_slot, pte(it.mine & ~511UL, PROT_KERNEL_RW | PTE_LARGE)), -XEN_EINVAL);
    abi_check("data page as a table", update(it.l2_slot, pte(it.mine, PROT_TABLE)), -XEN_EINVAL);
    abi_check("top level as a level-1 table", update(it.l2_slot, pte(it.l4, PROT_TABLE)),
              -XEN_EINVAL);
    abi_check("no such frame as a table", update(it.l2_slot, pte(NO_FRAME, PROT_TABLE)),
              -XEN_EINVAL);
    abi_check("hypervisor slot of the top level",
              update((it.l4 << PAGE_SHIFT) + 256 * 8, pte(it.mine, PROT_TABLE)), -XEN_EINVAL);
    abi_check("last hypervisor slot of the top level", update((it.l4 << PAGE_SHIFT) + 271 * 8, 0),
              -XEN_EINVAL);
}

static void check_targets(void)
{
    struct mmu_update two[2] = {{it.slot, pte(it.mine, PROT_KERNEL_RW)}, {3, 0}};
    unsigned done = 99;

    abi_check("mmu_update of 0", hypercall_mmu_update(NULL, 0, NULL, DOMID_SELF), 0);
    abi_check("mmu_update unmapped",
              hypercall_mmu_update((void *)BAD_UNMAPPED, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    abi_check("mmu_update in hypervisor",
              hypercall_mmu_update((void *)BAD_HYPERVISOR, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    abi_check("mmu_update for nobody", hypercall_mmu_update(two, 1, NULL, NO_DOMAIN), -XEN_ESRCH);
    abi_check("no-translate",
              update(it.slot | MMU_PT_UPDATE_NO_TRANSLATE, pte(it.mine, PROT_KERNEL_RW)), 0);
    abi_check("mmu_update in no such frame", update(NO_FRAME << PAGE_SHIFT, 0), -XEN_EINVAL);
    abi_check("mmu_update in a frame of the hypervisor", update(it.m2p << PAGE_SHIFT, 0),
              -XEN_EINVAL);
    abi_check("mmu_update in an ordinary page", update((it.mine << PAGE_SHIFT) + 8, 42), 0);
    abi_check("it was written", ((uint64_t *)pfn_to_virt(it.page))[1], 42);
    abi_check("mmu_update, second is bad", hypercall_mmu_update(two, 2, &done, DOMID_SELF),
              -XEN_EINVAL);
    abi_check("one was done", done, 1);
    abi_check("mmu_update, count unmapped",
              hypercall_mmu_update(two, 1, (void *)BAD_UNMAPPED, DOMID_SELF), 0);
    abi_check("machphys of an own frame",
              update(it.mine << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, it.page.n), 0);
    abi_check("machphys of no such frame", update(NO_FRAME << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0),
              -XEN_EINVAL);
    abi_check("machphys of the hypervisor", update(it.m2p << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0),
              -XEN_EINVAL);
    abi_check("preserve A/D",
              update(it.slot | MMU_PT_UPDATE_PRESERVE_AD, pte(it.mine, PROT_KERNEL_RW)), 0);
}

enum outcome abi_mmu_update(void)
{
    if (!set_up())
        return test_fail("set-up");
    abi_begin();
    check_entries();
    check_targets();
    tear_down();
    return abi_end();
}

enum outcome abi_va_mapping(void)
{
    uint64_t va, good;

    if (!set_up())
        return test_fail("set-up");
    va = (uint64_t)it.va;
    good = pte(it.mine, PROT_KERNEL_RW);
    abi_begin();
    abi_check("update_va_mapping", hypercall_update_va_mapping(va, good, UVMF_INVLPG), 0);
    abi_check("update_va_mapping without a table",
              hypercall_update_va_mapping(0x5000000000UL, good, 0), -XEN_EINVAL);
    abi_check("update_va_mapping in hypervisor",
              hypercall_update_va_mapping(BAD_HYPERVISOR, good, 0), -XEN_EINVAL);
    abi_check("update_va_mapping non-canonical",
              hypercall_update_va_mapping(BAD_NONCANONICAL, good, 0), -XEN_EINVAL);
    abi_check("update_va_mapping of a page table",
              hypercall_update_va_mapping(va, pte(it.l4, PROT_KERNEL_RW), 0), -XEN_EBUSY);
    abi_check("update_va_mapping of the hypervisor",
              hypercall_update_va_mapping(va, pte(it.m2p, PROT_KERNEL_RW), 0), -XEN_EBUSY);
    abi_check("update_va_mapping flush 3", hypercall_update_va_mapping(va, good, 3), 0);
    abi_check("update_va_mapping mask unmapped",
              hypercall_update_va_mapping(va, good, UVMF_TLB_FLUSH | BAD_UNMAPPED), -XEN_EFAULT);
    abi_check("update_va_mapping_otherdomain of nobody",
              hypercall_update_va_mapping_otherdomain(va, good, 0, NO_DOMAIN), -XEN_ESRCH);
    tear_down();
    return abi_end();
}

static long ext(unsigned cmd, uint64_t arg1, uint64_t arg2)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = arg1;
    op.arg2.src_mfn = arg2;
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void check_pins(void)
{
    abi_check("pin a writable page", ext(MMUEXT_PIN_L1_TABLE, it.mine, 0), -XEN_EINVAL);
    abi_check("pin no such frame", ext(MMUEXT_PIN_L1_TABLE, NO_FRAME, 0), -XEN_EINVAL);
    abi_check("pin a frame of the hypervisor", ext(MMUEXT_PIN_L4_TABLE, it.m2p, 0), -XEN_EINVAL);
    abi_check("pin a table at another level", ext(MMUEXT_PIN_L3_TABLE, it.l4, 0), -XEN_EINVAL);
    abi_check("pin twice", ext(MMUEXT_PIN_L4_TABLE, it.l4, 0), -XEN_EINVAL);
    abi_check("unpin what is not pinned", ext(MMUEXT_UNPIN_TABLE, it.mine, 0), -XEN_EINVAL);
    abi_check("unpin no such frame", ext(MMUEXT_UNPIN_TABLE, NO_FRAME, 0), -XEN_EINVAL);
    abi_check("new base: an ordinary page", ext(MMUEXT_NEW_BASEPTR, it.mine, 0), -XEN_EINVAL);
    abi_check("new base: a level-1 table", ext(MMUEXT_NEW_BASEPTR, it.l1, 0), -XEN_EINVAL);
    abi_check("new base: no such frame", ext(MMUEXT_NEW_BASEPTR, NO_FRAME, 0), -XEN_EINVAL);
    abi_check("new user base: an ordinary page", ext(MMUEXT_NEW_USER_BASEPTR, it.mine, 0),
              -XEN_EINVAL);
    abi_check("new user base: none", ext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
}

static void check_others(void)
{
    struct mmuext_op bad = {.cmd = 99};

    abi_check("mmuext_op of 0", hypercall_mmuext_op(NULL, 0, NULL, DOMID_SELF), 0);
    abi_check("mmuext_op unmapped", hypercall_mmuext_op((void *)BAD_UNMAPPED, 1, NULL, DOMID_SELF),
              -XEN_EFAULT);
    abi_check("mmuext_op for nobody", hypercall_mmuext_op(&bad, 1, NULL, NO_DOMAIN), -XEN_ESRCH);
    abi_check("mmuext_op 99", ext(99, 0, 0), -XEN_ENOSYS);
    abi_check("tlb_flush_multi, mask unmapped", ext(MMUEXT_TLB_FLUSH_MULTI, 0, BAD_UNMAPPED),
              -XEN_EINVAL);
    abi_check("invlpg_multi, mask unmapped", ext(MMUEXT_INVLPG_MULTI, 0, BAD_UNMAPPED),
              -XEN_EINVAL);
    abi_check("invlpg in hypervisor", ext(MMUEXT_INVLPG_LOCAL, BAD_HYPERVISOR, 0), 0);
    abi_check("invlpg non-canonical", ext(MMUEXT_INVLPG_LOCAL, BAD_NONCANONICAL, 0), 0);
    abi_check("set_ldt misaligned", ext(MMUEXT_SET_LDT, (uint64_t)it.va + 8, 1), -XEN_EINVAL);
    abi_check("set_ldt of 8193", ext(MMUEXT_SET_LDT, (uint64_t)it.va, 8193), -XEN_EINVAL);
    abi_check("set_ldt in hypervisor", ext(MMUEXT_SET_LDT, BAD_HYPERVISOR, 1), -XEN_EINVAL);
    abi_check("clear_page", ext(MMUEXT_CLEAR_PAGE, it.mine, 0), 0);
    abi_check("clear_page of no such frame", ext(MMUEXT_CLEAR_PAGE, NO_FRAME, 0), -XEN_EINVAL);
    abi_check("clear_page of a page table", ext(MMUEXT_CLEAR_PAGE, it.l1, 0), -XEN_EINVAL);
    abi_check("copy_page from no such frame", ext(MMUEXT_COPY_PAGE, it.mine, NO_FRAME),
              -XEN_EINVAL);
    abi_check("copy_page to a page table", ext(MMUEXT_COPY_PAGE, it.l1, it.mine), -XEN_EINVAL);
    abi_check("mark_super", ext(MMUEXT_MARK_SUPER, it.mine, 0), -XEN_EOPNOTSUPP);
}

enum outcome abi_mmuext(void)
{
    if (!set_up())
        return test_fail("set-up");
    abi_begin();
    check_pins();
    check_others();
    tear_down();
    return abi_end();
}
