/* SPDX-License-Identifier: MIT */
/* x86 parts of struct domain and struct vcpu. */
#ifndef X86_ARCH_TYPES_H
#define X86_ARCH_TYPES_H

#include "hv_types.h"

struct frame;
struct svm_domain;
struct svm_vcpu;

#define PV_MAX_GDT_PAGES 14 /* FIRST_RESERVED_GDT_PAGE: entries above are ours */

/* State of a PV vcpu (x86/pv/). While it runs, segment bases and FPU live in the hardware. */
struct pv_vcpu {
    mfn_t root_kernel, root_user;  /* top-level tables; each holds a reference and an FT_L4 type */
    bool kernel_mode;              /* guest kernel (true) or guest user: which root is loaded */
    uint64_t kernel_ss, kernel_sp; /* stack for traps from guest user mode (stack_switch) */
    struct trap_info trap[256];
    /* Callbacks; address 0: not registered. masks_events: start it with upcalls masked. */
    uint64_t event_eip, failsafe_eip, syscall_eip, syscall32_eip, sysenter_eip;
    bool failsafe_masks_events, syscall_masks_events, syscall32_masks_events, sysenter_masks_events;
    bool failsafe_pending; /* a selector could not be reloaded: call back before going on */
    bool nmi_pending;
    struct frame *gdt_frame[PV_MAX_GDT_PAGES]; /* each with a reference and an FT_DESC type */
    uint32_t gdt_ents;
    uint64_t ldt_base; /* guest address */
    uint32_t ldt_ents;
    uint32_t ldt_mapped; /* bit per LDT page faulted in; ldt_frame holds what gdt_frame does */
    struct frame *ldt_frame[16];
    uint64_t cr0, cr2, cr4; /* the guest's view: cr0 has TS only, cr4 what it may choose */
    uint64_t xcr0;          /* chosen by the guest; means something while CR4.OSXSAVE is set */
    uint64_t xcr0_all;      /* states it ever enabled, and x87 and SSE: what is kept for it */
    uint64_t dr[4], dr6, dr7;
    uint64_t dr7_io;    /* enable bits of I/O breakpoints, kept out of the real DR7 */
    uint32_t iopl;      /* virtual, 0..3 */
    uint64_t iobmp_gva; /* I/O permission bitmap in guest memory, 0 bits = allowed */
    uint32_t iobmp_ports;
    uint64_t fs_base, gs_base_kernel,
        gs_base_user;        /* of the GS pair the active one is in hardware */
    uint16_t ds, es, fs, gs; /* selectors, while not running */
    uint32_t tsc_aux;        /* what RDTSCP returns besides the time */
    struct desc_page *desc;  /* page 14 of this vcpu's GDT: hypervisor selectors */
};

struct arch_vcpu {
    struct pv_vcpu pv;
    struct svm_vcpu *svm; /* FV domains */
    void *fpu;            /* a page: FXSAVE image, or XSAVE area while CR4.OSXSAVE is set */
};

struct arch_domain {
    mfn_t perdomain_l3;      /* L4 slot 260: GDT/LDT areas of this domain's vcpus */
    uint64_t **perdomain_l1; /* one L1 table per 16 vcpus, through the direct map */
    uint64_t dirty_cpus;     /* CPUs whose TLB may hold this domain's entries */
    uint64_t max_pfn, p2m_list_mfn;
    uint32_t pci_address; /* port 0xcf8 of a PV domain */
    struct svm_domain *svm;
};

#endif
