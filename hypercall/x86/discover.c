/* SPDX-License-Identifier: MIT */
#include <pvkit/x86/cpu.h>

#define LEAF_FIRST 0x40000000U
#define LEAF_STEP  0x100U
#define LEAF_END   0x40010000U

/* The word that nopage.S tests. Hidden: reached without a GOT. */
extern uint32_t pvk_hypercall_insn __attribute__((visibility("hidden")));

struct pvk_cpuid pvk_cpuid(enum pvk_cpuid_way way, uint32_t leaf, uint32_t subleaf)
{
    return way == PVK_CPUID_FORCED ? pvk_x86_cpuid_forced(leaf, subleaf)
                                   : pvk_x86_cpuid(leaf, subleaf);
}

/* Four characters of a signature, as cpuid packs them. */
static uint32_t pack(const char *s)
{
    return (uint32_t)(uint8_t)s[0] | (uint32_t)(uint8_t)s[1] << 8 | (uint32_t)(uint8_t)s[2] << 16 |
           (uint32_t)(uint8_t)s[3] << 24;
}

uint32_t pvk_cpuid_find(enum pvk_cpuid_way way, const char signature[12], uint32_t leaves)
{
    uint32_t base;

    for (base = LEAF_FIRST; base < LEAF_END; base += LEAF_STEP) {
        struct pvk_cpuid r = pvk_cpuid(way, base, 0);

        if (r.ebx == pack(signature) && r.ecx == pack(signature + 4) &&
            r.edx == pack(signature + 8) && r.eax >= base && r.eax - base >= leaves)
            return base;
    }
    return 0;
}

/* Leaves that not every hypervisor has; the structure is zero so far. */
static void read_optional(enum pvk_cpuid_way way, struct pvk_xen *xen)
{
    uint32_t last = xen->max_leaf - xen->base;
    struct pvk_cpuid r;

    if (last >= 3) {
        r = pvk_cpuid(way, xen->base + 3, 0);
        xen->tsc_flags = r.eax;
        xen->tsc_mode = r.ebx;
        xen->tsc_khz = r.ecx;
    }
    if (last >= 4) {
        r = pvk_cpuid(way, xen->base + 4, 0);
        xen->hvm_flags = r.eax;
        xen->vcpu_id = r.ebx;
        xen->domid = r.ecx;
    }
    if (last >= 5) {
        r = pvk_cpuid(way, xen->base + 5, 0);
        xen->machine_addr_width = r.ebx & XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK;
    }
}

int pvk_xen_find(enum pvk_cpuid_way way, struct pvk_xen *out)
{
    uint32_t base = pvk_cpuid_find(way, PVK_XEN_SIGNATURE, 2);
    struct pvk_cpuid version, page;

    if (!base)
        return -XEN_ENODEV;
    version = pvk_cpuid(way, base + 1, 0);
    page = pvk_cpuid(way, base + 2, 0);
    *out = (struct pvk_xen){
        .base = base,
        .max_leaf = pvk_cpuid(way, base, 0).eax,
        .major = (uint16_t)(version.eax >> 16),
        .minor = (uint16_t)version.eax,
        .hypercall_pages = page.eax,
        .msr = page.ebx,
        .features = page.ecx,
    };
    read_optional(way, out);
    return 0;
}

/* The MSR takes the page's address with the index of the stub page, 0, in its low bits. */
void pvk_hypercall_page_install(const struct pvk_xen *xen, uint64_t paddr)
{
    pvk_x86_wrmsr(xen->msr, paddr & (uint64_t)PVK_PAGE_MASK);
}

enum pvk_hypercall_insn pvk_hypercall_insn_of_cpu(void)
{
    /* Vendor string in ebx, edx, ecx: "AuthenticAMD", "HygonGenuine"; others follow Intel. */
    struct pvk_cpuid r = pvk_x86_cpuid(0, 0);
    bool amd = r.ebx == pack("Auth") && r.edx == pack("enti") && r.ecx == pack("cAMD");
    bool hygon = r.ebx == pack("Hygo") && r.edx == pack("nGen") && r.ecx == pack("uine");

    return amd || hygon ? PVK_INSN_VMMCALL : PVK_INSN_VMCALL;
}

void pvk_hypercall_use(enum pvk_hypercall_insn insn)
{
    pvk_hypercall_insn = insn;
}
