/* SPDX-License-Identifier: MIT */
/* What the guest finds at its start: start_info, list of frames, hypercall page, shared_info. */
#include "builder.h"

#define STUB_SIZE 32
#define MAGIC     "xen-3.0-x86_64"

/*
 * push %rcx; push %r11; mov $nr,%eax; syscall; pop %r11; pop %rcx; ret — syscall itself destroys
 * rcx and r11, callers rely on them. iret never comes back: it leaves the three words its frame
 * begins with (struct iret_context: rax, r11, rcx) on the stack instead.
 */
void hypercall_page_fill_pv(void *page)
{
    static const uint8_t stub[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                   0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
    static const uint8_t iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret,
                                   0,    0,    0,    0x0f, 0x05};
    uint8_t *p = page;

    memset(p, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++, p += STUB_SIZE) {
        memcpy(p, stub, sizeof(stub));
        memcpy(p + 4, &nr, sizeof(nr));
    }
    memcpy((uint8_t *)page + __HYPERVISOR_iret * STUB_SIZE, iret, sizeof(iret));
}

static bool bind_rings(struct build *b, struct start_info *si)
{
    struct domain *d = b->d;

    d->console_mfn = MFN(b->p2m[b->console_pfn]);
    d->store_mfn = MFN(b->p2m[b->store_pfn]);
    if (console_ring_init(d) < 0)
        return false;
    si->console.domU.mfn = d->console_mfn.v;
    si->console.domU.evtchn = d->console_port;
    si->store_mfn = d->store_mfn.v;
    si->store_evtchn = d->store_port;
    return true;
}

static void fill_start_info(struct build *b, struct start_info *si)
{
    uint64_t base = b->elf.virt_base;

    memcpy(si->magic, MAGIC, sizeof(MAGIC));
    si->nr_pages = b->nr_pages;
    si->shared_info = b->d->shared_mfn.v << PAGE_SHIFT;
    si->pt_base = base + (b->pt_pfn << PAGE_SHIFT);
    si->nr_pt_frames = b->nr_pt;
    si->mfn_list = base + (b->p2m_pfn << PAGE_SHIFT);
    if (b->elf.init_p2m != ELF_UNSET) {
        si->mfn_list = b->elf.init_p2m;
        si->first_p2m_pfn = b->p2m_table_pfn;
        si->nr_p2m_frames = b->nr_p2m_tables + b->p2m_list_pages;
    }
    if (b->cfg->ramdisk.size) {
        si->mod_start = base + (b->ramdisk_pfn << PAGE_SHIFT);
        si->mod_len = b->cfg->ramdisk.size;
    }
    if (b->cfg->cmdline)
        strcpy_n((char *)si->cmd_line, b->cfg->cmdline, MAX_GUEST_CMDLINE);
}

bool build_start_info(struct build *b)
{
    struct start_info *si = build_page(b, b->start_info_pfn);
    uint64_t hp = b->elf.hypercall_page;

    fill_start_info(b, si);
    build_copy(b, b->p2m_pfn << PAGE_SHIFT, b->p2m, b->nr_pages * 8);
    if (hp != ELF_UNSET)
        hypercall_page_fill_pv(build_page(b, (hp - b->elf.virt_base) >> PAGE_SHIFT));
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) /* a new vcpu starts with events masked */
        b->d->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    return bind_rings(b, si);
}
