/* SPDX-License-Identifier: MIT */
/* A PV domain from an ELF kernel: lays out start-of-day memory as xen.h describes it, loads the
 * image and the ramdisk, and starts vcpu 0 the way VCPUOP_initialise would. */
#include "builder.h"
#include "mm.h"

#define MAP_ALIGN   (4ull << 20)   /* the initial mapping ends on this boundary … */
#define MAP_PADDING (512ull << 10) /* … and leaves at least this much free behind the stack */

void *build_page(const struct build *b, uint64_t pfn)
{
    HV_ASSERT(pfn < b->nr_pages);
    return mfn_to_virt(MFN(b->p2m[pfn]));
}

void build_copy(const struct build *b, uint64_t pa, const void *src, uint64_t n)
{
    const uint8_t *s = src;

    while (n) {
        uint64_t off = pa % PAGE_SIZE, len = MIN(n, PAGE_SIZE - off);

        memcpy((uint8_t *)build_page(b, pa >> PAGE_SHIFT) + off, s, len);
        pa += len;
        s += len;
        n -= len;
    }
}

static uint64_t end_of_map(const struct build *b)
{
    uint64_t end = b->elf.virt_base + ((b->stack_pfn + 1) << PAGE_SHIFT) + MAP_PADDING;

    return (ROUND_UP(end, MAP_ALIGN) - b->elf.virt_base) >> PAGE_SHIFT;
}

/* The tables lie inside the region they map, so their number and its size depend on each other. */
static void place_tables(struct build *b)
{
    b->nr_pt = 0;
    for (;;) {
        uint64_t need;

        b->stack_pfn = b->pt_pfn + b->nr_pt;
        b->map_pages = end_of_map(b);
        need = 1 + build_count_tables(b->elf.virt_base, b->map_pages);
        if (need <= b->nr_pt)
            return;
        b->nr_pt = need;
    }
}

static const char *lay_out(struct build *b)
{
    const struct elf_image *e = &b->elf;
    uint64_t pfn = DIV_UP(e->pend - e->paddr_offset, PAGE_SIZE), last;

    b->p2m_list_pages = DIV_UP(b->nr_pages * 8, PAGE_SIZE);
    b->ramdisk_pfn = pfn;
    pfn += DIV_UP(b->cfg->ramdisk.size, PAGE_SIZE);
    b->p2m_pfn = pfn;
    if (e->init_p2m == ELF_UNSET)
        pfn += b->p2m_list_pages;
    b->start_info_pfn = pfn++;
    b->store_pfn = pfn++;
    b->console_pfn = pfn++;
    b->pt_pfn = pfn;
    place_tables(b);
    last = b->stack_pfn + 1;
    if (e->init_p2m != ELF_UNSET) { /* behind everything the first mapping covers */
        b->p2m_table_pfn = b->map_pages;
        b->nr_p2m_tables = build_count_tables(e->init_p2m, b->p2m_list_pages);
        b->p2m_pfn = b->p2m_table_pfn + b->nr_p2m_tables;
        last = b->p2m_pfn + b->p2m_list_pages;
    }
    if (e->virt_base + (b->map_pages << PAGE_SHIFT) - 1 < e->virt_base)
        return "the kernel leaves no address space above it for its start-of-day data";
    return last > b->nr_pages ? "too little memory for kernel, ramdisk and page tables" : NULL;
}

static bool give_memory(struct build *b)
{
    b->p2m = hv_alloc(b->nr_pages * 8);
    if (!b->p2m)
        return false;
    for (uint64_t pfn = 0; pfn < b->nr_pages; pfn++) {
        mfn_t m = frame_alloc_domain(b->d, 0);

        if (mfn_eq(m, INVALID_MFN))
            return false;
        b->p2m[pfn] = m.v;
        arch_m2p_set(m, GFN(pfn));
    }
    return true;
}

static void load_image(const struct build *b)
{
    const struct elf_image *e = &b->elf;

    for (uint32_t i = 0; i < e->nr_segments; i++) /* frames come zeroed: bss needs nothing */
        build_copy(b, e->segment[i].paddr - e->paddr_offset, e->data + e->segment[i].offset,
                   e->segment[i].filesz);
    if (b->cfg->ramdisk.size)
        build_copy(b, b->ramdisk_pfn << PAGE_SHIFT, b->cfg->ramdisk.data, b->cfg->ramdisk.size);
}

static bool start_vcpu0(const struct build *b)
{
    static struct vcpu_guest_context ctx; /* large; domains are built one after the other */
    struct vcpu *v = b->d->vcpu[0];
    uint64_t base = b->elf.virt_base;
    int rc;

    memset(&ctx, 0, sizeof(ctx));
    ctx.flags = VGCF_in_kernel | VGCF_online;
    ctx.user_regs.rip = b->elf.virt_entry;
    ctx.user_regs.rsp = base + ((b->stack_pfn + 1) << PAGE_SHIFT);
    ctx.user_regs.rsi = base + (b->start_info_pfn << PAGE_SHIFT);
    ctx.user_regs.rflags = 1u << 9; /* IF: events are masked by the vcpu's own mask byte */
    ctx.user_regs.cs = FLAT_KERNEL_CS;
    ctx.user_regs.ss = FLAT_KERNEL_SS;
    ctx.kernel_ss = ctx.user_regs.ss;
    ctx.kernel_sp = ctx.user_regs.rsp;
    ctx.ctrlreg[3] = xen_pfn_to_cr3(b->p2m[b->pt_pfn]);
    rc = arch_vcpu_set_context(v, &ctx);
    if (rc) {
        hv_log("d%u: the initial page tables were refused (%d)", b->d->id, rc);
        return false;
    }
    v->initialised = true;
    return pv_pin(b->d, MFN(b->p2m[b->pt_pfn]), FT_L4) == 0;
}

static const char *parse_kernel(struct build *b)
{
    static char feature[64];
    const char *why = elf_image_parse(&b->elf, b->cfg->kernel.data, b->cfg->kernel.size);

    if (!why)
        why = elf_image_pv_resolve(&b->elf);
    if (!why && elf_image_missing_feature(&b->elf, feature, sizeof(feature))) {
        hv_log("kernel requires the feature \"%s\"", feature);
        why = "it requires a feature PV domains here do not have";
    }
    return why ? why : lay_out(b);
}

static const char *build(struct build *b, domid_t id)
{
    const char *why = parse_kernel(b);

    if (why)
        return why;
    b->d = domain_create(id, DOMAIN_PV, b->cfg->vcpus, b->nr_pages);
    if (!b->d)
        return "out of hypervisor memory";
    strcpy_n(b->d->name, b->cfg->name, sizeof(b->d->name));
    b->d->weight = b->cfg->weight;
    if (!give_memory(b))
        return "not enough free machine memory";
    load_image(b);
    if (!build_page_tables(b) || !build_start_info(b) || !start_vcpu0(b))
        return "its start state could not be built";
    return NULL;
}

struct domain *pv_domain_build(domid_t id, const struct domain_config *cfg)
{
    static struct build b;
    const char *why;

    memset(&b, 0, sizeof(b));
    b.cfg = cfg;
    b.nr_pages = cfg->mem_mib << (20 - PAGE_SHIFT);
    why = build(&b, id);
    if (b.p2m)
        hv_free(b.p2m, b.nr_pages * 8);
    if (!why)
        return b.d;
    hv_log("d%u (%s) not started: %s", id, cfg->name, why);
    return NULL;
}
