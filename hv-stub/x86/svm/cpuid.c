/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a guest: the processor's own leaves, less everything that would need state this
 * container does not switch (XSAVE and all that builds on it, TSC_AUX) or hardware it does not
 * emulate (machine checks, power management, SVM itself). The leaves are computed once.
 */
#include "svm_internal.h"

#include <xen/arch-x86/cpuid.h>
#include <xen/version.h>

#define BASIC_LEAVES 8 /* 0..7 */
#define EXT_LEAVES   9 /* 0x80000000..0x80000008 */
#define EXT_BASE     0x80000000u
#define HV_BASE      XEN_CPUID_FIRST_LEAF
#define PVKIT_BASE   0x40000100u

/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
#define LEAF1_ECX                                                                         \
    (1u << 0 | 1u << 1 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 | \
     1u << 25 | 1u << 30)
/* X2APIC TSC_DEADLINE HYPERVISOR: whatever the processor has */
#define LEAF1_ECX_ADDED (1u << 21 | 1u << 24 | 1u << 31)
#define LEAF1_EDX_APIC  (1u << 9)
/* Leaf 1 EDX: FPU VME DE PSE TSC MSR PAE CX8 SEP MTRR PGE CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 */
#define LEAF1_EDX                                                                               \
    (1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 11 | \
     1u << 12 | 1u << 13 | 1u << 15 | 1u << 16 | 1u << 17 | 1u << 19 | 1u << 23 | 1u << 24 |    \
     1u << 25 | 1u << 26)
/* Leaf 7 EBX: FSGSBASE BMI1 SMEP BMI2 ERMS RDSEED ADX SMAP CLFLUSHOPT CLWB SHA */
#define LEAF7_EBX                                                                                  \
    (1u << 0 | 1u << 3 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 23 | \
     1u << 24 | 1u << 29)
#define LEAF7_ECX (1u << 2) /* UMIP */
#define LEAF7_EDX (1u << 4) /* FSRM */
/* Leaf 0x80000001 ECX: LAHF CR8LEGACY ABM SSE4A MISALIGNSSE PREFETCHW */
#define EXT1_ECX (1u << 0 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8)
/* EDX: those of leaf 1 at their old places, SYSCALL NX MMXEXT FFXSR PAGE1GB LM 3DNOWEXT 3DNOW */
#define EXT1_EDX                                                                          \
    ((LEAF1_EDX & 0x0183f1ff & ~(1u << 11)) | 1u << 11 | 1u << 20 | 1u << 22 | 1u << 25 | \
     1u << 26 | 1u << 29 | 1u << 30 | 1u << 31)
#define LEAF6_EAX_ARAT         (1u << 2) /* the APIC timer never stops */
#define EXT7_EDX_INVARIANT_TSC (1u << 8)

#define TSC_RELIABLE      2
#define TSC_NEVER_EMULATE 2

#define VIRT_ADDR_BITS     48
#define PHYS_ADDR_BITS_MAX 40

static struct cpuid_regs basic[BASIC_LEAVES], ext[EXT_LEAVES];

static void init_leaf1(struct cpuid_regs *r)
{
    r->b = (r->b & 0xff00) | 1u << 16; /* CLFLUSH line; one logical processor */
    r->c = (r->c & LEAF1_ECX) | LEAF1_ECX_ADDED;
    r->d = (r->d & LEAF1_EDX) | LEAF1_EDX_APIC;
}

static void init_basic(void)
{
    struct cpuid_regs none = {0, 0, 0, 0};
    uint32_t max = MIN(cpuid_count(0, 0).a, BASIC_LEAVES - 1);

    for (uint32_t i = 0; i <= max; i++)
        basic[i] = i == 0 || i == 1 || i == 2 || i == 7 ? cpuid_count(i, 0) : none;
    basic[0].a = max;
    init_leaf1(&basic[1]);
    basic[6].a = LEAF6_EAX_ARAT;
    basic[7].a = 0;
    basic[7].b &= LEAF7_EBX;
    basic[7].c &= LEAF7_ECX;
    basic[7].d &= LEAF7_EDX;
}

static void init_ext(void)
{
    uint32_t max = MIN(cpuid_count(EXT_BASE, 0).a, EXT_BASE + EXT_LEAVES - 1);

    for (uint32_t i = EXT_BASE; i <= max; i++)
        ext[i - EXT_BASE] = cpuid_count(i, 0);
    ext[0].a = max;
    ext[1].c &= EXT1_ECX;
    ext[1].d &= EXT1_EDX;
    /* Our own time is nothing but the TSC. */
    ext[7] = (struct cpuid_regs){.d = EXT7_EDX_INVARIANT_TSC};
    ext[8] =
        (struct cpuid_regs){.a = VIRT_ADDR_BITS << 8 | MIN(ext[8].a & 0xff, PHYS_ADDR_BITS_MAX)};
}

void svm_cpuid_init(void)
{
    init_basic();
    init_ext();
}

static struct cpuid_regs pvkit_leaf(const struct vcpu *v, uint32_t index)
{
    uint64_t exits, calls;

    if (!index)
        return (struct cpuid_regs){PVKIT_BASE + 1, 0x696b7670, 0x73564874, 0x00627574};
    exits = vcpu_exits(v);
    calls = vcpu_hypercalls(v);
    return (struct cpuid_regs){(uint32_t)calls, (uint32_t)(calls >> 32), (uint32_t)exits,
                               (uint32_t)(exits >> 32)};
}

/* About the TSC: it is not emulated, and as good as ours. */
static struct cpuid_regs tsc_leaf(const struct vcpu *v, uint32_t sub)
{
    uint32_t khz = (uint32_t)(arch_tsc_hz / 1000), mul;
    int8_t shift;

    if (sub == 2)
        return (struct cpuid_regs){khz, 0, 0, 0};
    if (sub == 0)
        return (struct cpuid_regs){TSC_RELIABLE, TSC_NEVER_EMULATE, khz, 0};
    arch_time_scale(&mul, &shift);
    if (sub == 1)
        return (struct cpuid_regs){(uint32_t)v->tsc_offset, (uint32_t)(v->tsc_offset >> 32), mul,
                                   (uint32_t)shift};
    return (struct cpuid_regs){0, 0, 0, 0};
}

static struct cpuid_regs xen_leaf(const struct vcpu *v, uint32_t index, uint32_t sub)
{
    switch (index) {
    case 0:
        return (struct cpuid_regs){HV_BASE + 4, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
                                   XEN_CPUID_SIGNATURE_EDX};
    case 1:
        return (struct cpuid_regs){4 << 16 | 17, 0, 0, 0};
    case 2:
        return (struct cpuid_regs){1, SVM_HYPERCALL_MSR, 0, 0};
    case 3:
        return tsc_leaf(v, sub);
    case 4:
        return (struct cpuid_regs){XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT,
                                   v->id, v->domain->id, 0};
    default:
        return (struct cpuid_regs){0, 0, 0, 0};
    }
}

static struct cpuid_regs rare_leaf(const struct svm_vcpu *sv, uint32_t leaf, uint32_t sub)
{
    if (leaf - PVKIT_BASE < 2)
        return pvkit_leaf(sv->vcpu, leaf - PVKIT_BASE);
    if (leaf - HV_BASE < 5 && sv->dom->xen_leaves)
        return xen_leaf(sv->vcpu, leaf - HV_BASE, sub);
    return (struct cpuid_regs){0, 0, 0, 0};
}

static struct cpuid_regs cpuid_policy(const struct svm_vcpu *sv, uint32_t leaf, uint32_t sub)
{
    if (leaf - EXT_BASE < EXT_LEAVES)
        return ext[leaf - EXT_BASE];
    if (leaf >= BASIC_LEAVES)
        return rare_leaf(sv, leaf, sub);
    if (leaf == 7 && sub)
        return (struct cpuid_regs){0, 0, 0, 0};
    if (leaf == 1) {
        struct cpuid_regs r = basic[1];

        r.b |= svm_apic_id(sv->vcpu) << 24;
        r.d &= ~(sv->lapic.enabled ? 0 : LEAF1_EDX_APIC);
        return r;
    }
    return basic[leaf];
}

bool svm_exit_cpuid(struct svm_vcpu *sv)
{
    struct cpu_user_regs *regs = sv->regs;
    struct cpuid_regs r = cpuid_policy(sv, (uint32_t)sv->vmcb->rax, (uint32_t)regs->rcx);

    sv->vmcb->rax = r.a;
    regs->rbx = r.b;
    regs->rcx = r.c;
    regs->rdx = r.d;
    svm_skip2(sv, 0xa20f);
    return false;
}
