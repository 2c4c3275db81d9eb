/* SPDX-License-Identifier: MIT */
/* The virtual machine control block. Source: AMD APM vol. 2, chapter 15 and appendices B and C. */
#ifndef X86_SVM_VMCB_H
#define X86_SVM_VMCB_H

#include "hv_types.h"

struct vmcb_seg {
    uint16_t selector;
    uint16_t attrib; /* descriptor bits 55:52 and 47:40, packed into 12 bits */
    uint32_t limit;  /* in bytes, granularity applied */
    uint64_t base;
};

#define SEG_ATTR_DPL(a) ((a) >> 5 & 3)
#define SEG_ATTR_L      (1u << 9)
#define SEG_ATTR_DB     (1u << 10)
#define SEG_ATTR_CODE   0xc9b /* 32-bit code, read, accessed, present, 4 KiB granular */
#define SEG_ATTR_CODE64 0xa9b
#define SEG_ATTR_DATA   0xc93
#define SEG_ATTR_TSS    0x08b /* busy 32-bit TSS */
#define SEG_ATTR_LDT    0x082

struct vmcb {
    /* Control area */
    uint16_t intercept_cr_read, intercept_cr_write;
    uint16_t intercept_dr_read, intercept_dr_write;
    uint32_t intercept_exceptions;
    uint32_t intercept1, intercept2, intercept3;
    uint8_t reserved_018[0x3c - 0x18];
    uint16_t pause_threshold, pause_count;
    uint64_t iopm_pa, msrpm_pa;
    uint64_t tsc_offset;
    uint32_t asid;
    uint8_t tlb_control;
    uint8_t reserved_05d[3];
    uint64_t int_ctl;
    uint64_t int_shadow;
    uint64_t exit_code, exit_info1, exit_info2, exit_int_info;
    uint64_t np_enable;
    uint8_t reserved_098[0xa8 - 0x98];
    uint64_t event_inj;
    uint64_t n_cr3;
    uint64_t lbr_enable;
    uint32_t clean; /* bit set: that group of fields is as the last VMRUN here left it */
    uint32_t reserved_0c4;
    uint64_t next_rip;
    uint8_t insn_bytes_nr;
    uint8_t insn_bytes[15];
    uint8_t reserved_0e0[0x400 - 0xe0];

    /* State save area */
    struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t reserved_4a0[0x4cb - 0x4a0];
    uint8_t cpl;
    uint32_t reserved_4cc;
    uint64_t efer;
    uint8_t reserved_4d8[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved_580[0x5d8 - 0x580];
    uint64_t rsp;
    uint8_t reserved_5e0[0x5f8 - 0x5e0];
    uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t cr2;
    uint8_t reserved_648[0x668 - 0x648];
    uint64_t g_pat;
    uint8_t reserved_670[0x1000 - 0x670];
};

_Static_assert(offsetof(struct vmcb, iopm_pa) == 0x40, "VMCB layout");
_Static_assert(offsetof(struct vmcb, int_ctl) == 0x60, "VMCB layout");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "VMCB layout");
_Static_assert(offsetof(struct vmcb, event_inj) == 0xa8, "VMCB layout");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "VMCB layout");
_Static_assert(offsetof(struct vmcb, es) == 0x400, "VMCB layout");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "VMCB layout");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "VMCB layout");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "VMCB layout");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "VMCB layout");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "VMCB layout");
_Static_assert(sizeof(struct vmcb) == 0x1000, "VMCB layout");

/* intercept1 */
#define ICPT1_INTR     (1u << 0)
#define ICPT1_NMI      (1u << 1)
#define ICPT1_SMI      (1u << 2)
#define ICPT1_INIT     (1u << 3)
#define ICPT1_VINTR    (1u << 4)
#define ICPT1_RDPMC    (1u << 15)
#define ICPT1_CPUID    (1u << 18)
#define ICPT1_IRET     (1u << 20)
#define ICPT1_INVD     (1u << 22)
#define ICPT1_HLT      (1u << 24)
#define ICPT1_INVLPGA  (1u << 26)
#define ICPT1_IOIO     (1u << 27)
#define ICPT1_MSR      (1u << 28)
#define ICPT1_SHUTDOWN (1u << 31)

/* intercept2 */
#define ICPT2_VMRUN   (1u << 0)
#define ICPT2_VMMCALL (1u << 1)
#define ICPT2_VMLOAD  (1u << 2)
#define ICPT2_VMSAVE  (1u << 3)
#define ICPT2_STGI    (1u << 4)
#define ICPT2_CLGI    (1u << 5)
#define ICPT2_SKINIT  (1u << 6)
#define ICPT2_RDTSCP  (1u << 7)
#define ICPT2_WBINVD  (1u << 9)
#define ICPT2_MONITOR (1u << 10)
#define ICPT2_MWAIT   (1u << 11)
#define ICPT2_XSETBV  (1u << 13)
#define ICPT2_RDPRU   (1u << 14)

#define TLB_FLUSH_ALL  1
#define TLB_FLUSH_ASID 3

/* int_ctl */
#define INT_V_TPR      0xfull
#define INT_V_IRQ      (1ull << 8)
#define INT_V_PRIO_MAX (15ull << 16)
#define INT_V_IGN_TPR  (1ull << 20)
#define INT_V_MASKING  (1ull << 24)
#define INT_V_VECTOR   (0xffull << INT_V_VECTOR_SHIFT)

#define INT_V_VECTOR_SHIFT 32

/* clean bits that something here changes */
#define CLEAN_ALL        0x3ffu
#define CLEAN_INTERCEPTS (1u << 0)
#define CLEAN_ASID       (1u << 2)
#define CLEAN_TPR        (1u << 3)
#define CLEAN_NP         (1u << 4) /* nested CR3 and PAT */
#define CLEAN_CR         (1u << 5) /* CR0, CR3, CR4, EFER */
#define CLEAN_DR         (1u << 6)
#define CLEAN_CR2        (1u << 9)

/* event_inj, exit_int_info */
#define EVENT_VALID       (1ull << 31)
#define EVENT_HAS_ERROR   (1ull << 11)
#define EVENT_VECTOR(e)   ((e)&0xff)
#define EVENT_TYPE(e)     ((e) >> 8 & 7)
#define EVENT_INTR        0ull
#define EVENT_NMI         2ull
#define EVENT_EXCEPTION   3ull
#define EVENT_SOFT_INT    4ull
#define EVENT_TYPE_SHIFT  8
#define EVENT_ERROR_SHIFT 32

/* IOIO: exit_info1; the port is in the bits from IOIO_PORT_SHIFT on */
#define IOIO_IN         (1u << 0)
#define IOIO_STRING     (1u << 2)
#define IOIO_REP        (1u << 3)
#define IOIO_SIZE(i)    ((i) >> 4 & 7) /* one of 1, 2, 4 */
#define IOIO_ADDR_16    (1u << 7)
#define IOIO_ADDR_32    (1u << 8)
#define IOIO_ADDR_64    (1u << 9)
#define IOIO_PORT_SHIFT 16

enum vmexit {
    VMEXIT_EXCP_BASE = 0x40,
    VMEXIT_EXCP_DB = 0x41,
    VMEXIT_EXCP_AC = 0x51,
    VMEXIT_EXCP_MC = 0x52,
    VMEXIT_INTR = 0x60,
    VMEXIT_NMI = 0x61,
    VMEXIT_SMI = 0x62,
    VMEXIT_INIT = 0x63,
    VMEXIT_VINTR = 0x64,
    VMEXIT_RDPMC = 0x6f,
    VMEXIT_CPUID = 0x72,
    VMEXIT_IRET = 0x74,
    VMEXIT_INVD = 0x76,
    VMEXIT_HLT = 0x78,
    VMEXIT_INVLPGA = 0x7a,
    VMEXIT_IOIO = 0x7b,
    VMEXIT_MSR = 0x7c,
    VMEXIT_SHUTDOWN = 0x7f,
    VMEXIT_VMRUN = 0x80,
    VMEXIT_VMMCALL = 0x81,
    VMEXIT_VMLOAD = 0x82,
    VMEXIT_VMSAVE = 0x83,
    VMEXIT_STGI = 0x84,
    VMEXIT_CLGI = 0x85,
    VMEXIT_SKINIT = 0x86,
    VMEXIT_RDTSCP = 0x87,
    VMEXIT_WBINVD = 0x89,
    VMEXIT_MONITOR = 0x8a,
    VMEXIT_MWAIT = 0x8b,
    VMEXIT_XSETBV = 0x8d,
    VMEXIT_RDPRU = 0x8e,
    VMEXIT_TABLE = 0x90, /* codes below are dispatched by table */
    VMEXIT_NPF = 0x400,
};

/* Nested page fault: exit_info1, a page-fault error code with more on top */
#define NPF_PRESENT (1u << 0)
#define NPF_WRITE   (1u << 1)
#define NPF_FETCH   (1u << 4)

/* CPUID 0x8000000a EDX */
#define SVM_FEATURE_NPT        (1u << 0)
#define SVM_FEATURE_NRIPS      (1u << 3)
#define SVM_FEATURE_FLUSH_ASID (1u << 6)

#define MSR_VM_CR       0xc0010114u
#define VM_CR_SVMDIS    (1u << 4)
#define MSR_VM_HSAVE_PA 0xc0010117u

#endif
