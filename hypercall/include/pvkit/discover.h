/* SPDX-License-Identifier: MIT */
/*
 * Finding the hypervisor: CPUID leaves (<xen/arch-x86/cpuid.h>) and how to reach it from an HVM
 * or PVH guest.
 */
#ifndef PVKIT_DISCOVER_H
#define PVKIT_DISCOVER_H

#include <pvkit/xen.h>
#include <xen/arch-x86/cpuid.h>

/* How to execute cpuid. */
enum pvk_cpuid_way {
    PVK_CPUID_PLAIN,  /* the instruction; in a PV guest it may show the bare machine */
    PVK_CPUID_FORCED, /* with the prefix a PV hypervisor emulates; #UD anywhere else */
};

struct pvk_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* cpuid of `leaf` and `subleaf`. PVK_CPUID_FORCED is for PV guests only. */
struct pvk_cpuid pvk_cpuid(enum pvk_cpuid_way way, uint32_t leaf, uint32_t subleaf);

/*
 * First leaf of the hypervisor interface that has the 12-byte `signature`, searched from
 * 0x40000000 in steps of 0x100 (at most 256). `signature` need not end in NUL. 0 if there is none
 * with at least `leaves` leaves above the first.
 */
uint32_t pvk_cpuid_find(enum pvk_cpuid_way way, const char signature[12], uint32_t leaves);

#define PVK_XEN_SIGNATURE "XenVMMXenVMM"

/* What the leaves say. Fields of leaves that are not there are 0. */
struct pvk_xen {
    uint32_t base;            /* first leaf, normally XEN_CPUID_FIRST_LEAF */
    uint32_t max_leaf;        /* last leaf */
    uint16_t major, minor;    /* version of the hypervisor */
    uint32_t hypercall_pages; /* 1 */
    uint32_t msr;             /* number of the hypercall page MSR */
    uint32_t features;        /* XEN_CPUID_FEAT1_* */
    uint32_t tsc_flags;       /* bit 0 emulated, bit 1 reliable on the host, bit 2 rdtscp */
    uint32_t tsc_mode;
    uint32_t tsc_khz;
    uint32_t hvm_flags;          /* XEN_HVM_CPUID_* */
    uint32_t vcpu_id;            /* valid with XEN_HVM_CPUID_VCPU_ID_PRESENT */
    uint32_t domid;              /* valid with XEN_HVM_CPUID_DOMID_PRESENT */
    uint32_t machine_addr_width; /* PV: bits of a machine address, 0 unknown */
};

/* Find a hypervisor with the Xen ABI and describe it. Returns 0, or -XEN_ENODEV. */
int pvk_xen_find(enum pvk_cpuid_way way, struct pvk_xen *out);

/*
 * HVM and PVH: ask the hypervisor to fill the page at guest physical address `paddr` (that of
 * hypercall_page) with its stubs. Executes wrmsr, so ring 0 only. The page must be mapped
 * executable at hypercall_page from then on. Not before pvk_xen_find() succeeded.
 */
void pvk_hypercall_page_install(const struct pvk_xen *xen, uint64_t paddr);

/* The instruction that the library's own hypercall page contents use; see <pvkit/x86/raw.h>. */
enum pvk_hypercall_insn {
    PVK_INSN_NONE = 0,    /* no hypervisor: calls return -XEN_ENOSYS */
    PVK_INSN_VMCALL = 1,  /* Intel */
    PVK_INSN_VMMCALL = 2, /* AMD, Hygon */
};

/* The instruction that this processor has, by its CPUID vendor. */
enum pvk_hypercall_insn pvk_hypercall_insn_of_cpu(void);

/* Use `insn` from now on. For guests that do not install a page; PV kernels must not care. */
void pvk_hypercall_use(enum pvk_hypercall_insn insn);

#endif
