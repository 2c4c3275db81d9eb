/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a PV guest that asks through the forced-emulation prefix. Feature words are the
 * processor's, cut down to what works at CPL 3 under us and is kept across a switch of vcpus (no
 * XSAVE states beyond AVX), and computed once. CPUID executed directly shows the bare processor:
 * nothing traps.
 */
#include <xen/arch-x86/cpuid.h>

#include "cpu.h"
#include "insn.h"
#include "pv.h"
#include "xstate.h"

struct leaf {
    uint32_t a, b, c, d;
};

#define MAX_BASIC        0xdu
#define MAX_EXT          0xau
#define MAX_CACHES       8u
#define EXT              0x80000000u
#define XEN_VERSION_LEAF (4u << 16 | 17u)
#define PVKIT            0x40000100u
#define SIGNATURE_AMD    0x444d4163u /* "cAMD" of AuthenticAMD */
#define SIGNATURE_HYGON  0x656e6975u /* "uine" of HygonGenuine */
#define LINEAR_BITS      48u
#define TSC_NATIVE       2 /* as XEN_DOMCTL_settscinfo counts the modes */

/* Leaf 1, hidden: VME PSE SEP MTRR PGE PSE36; MONITOR VMX and kin, PCID x2APIC TSC-deadline, and
 * what needs XSAVE, unless that is there: FMA XSAVE OSXSAVE AVX F16C; leaf 7: AVX2; VAES
 * VPCLMULQDQ. OSXSAVE is always said, as by Xen: PV kernels ask before they set CR4. */
#define F1_EDX            0x0fc9c3f5u
#define F1_ECX            0x42d82203u
#define F1_ECX_XSAVE      0x0c000000u
#define F1_ECX_AVX        0x30001000u
#define F1_ECX_HYPERVISOR (1u << 31)
/* Leaf 7: FSGSBASE BMI1 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB SHA; GFNI. */
#define F7_EBX      0x218c0309u
#define F7_ECX      (1u << 8)
#define F7_EBX_AVX  0x00000020u
#define F7_ECX_AVX  0x00000600u
#define FD_XSAVEC   0x2u
#define FD_EAX      0x7u /* leaf 0xd, 1: XSAVEOPT XSAVEC XGETBV1 */
#define F7_FSGSBASE 1u
#define F7_ERMS     (1u << 9)
/* 0x80000001: SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOWEXT 3DNOW; LAHF ABM SSE4A MISALIGNSSE
 * PREFETCH. */
#define E1_EDX         0xea500800u
#define E1_ECX         0x000001e1u
#define E1_RDTSCP      (1u << 27)
#define AMD_COPY_OF_F1 0x0183f3ffu /* bits of 1:EDX that AMD repeats in 0x80000001:EDX */

static struct leaf basic[MAX_BASIC + 1], caches[MAX_CACHES], ext[MAX_EXT + 1];
static struct leaf xen[XEN_CPUID_MAX_NUM_LEAVES + 1], time[3];
static struct leaf xsave[2][3]; /* by whether AVX is enabled, and subleaf */
static const struct leaf none;
static uint32_t max_basic, max_ext;

static struct leaf host(uint32_t leaf, uint32_t sub)
{
    struct cpuid_regs r = cpuid_count(leaf, sub);

    return (struct leaf){r.a, r.b, r.c, r.d};
}

/* Power management, performance counters, topology and XSAVE are not for guests. */
static bool leaf_hidden(uint32_t leaf)
{
    return leaf == 3 || leaf == 5 || leaf == 6 || (leaf >= 8 && leaf <= 0xd);
}

static uint32_t features(uint32_t always, uint32_t with_xsave, uint32_t with_avx)
{
    return always | (xstate_mask ? with_xsave : 0) | (xstate_mask & 4 ? with_avx : 0);
}

static void read_basic(void)
{
    max_basic = MIN(host(0, 0).a, MAX_BASIC);
    for (uint32_t i = 0; i <= max_basic; i++)
        if (!leaf_hidden(i))
            basic[i] = host(i, 0);
    basic[0].a = max_basic;
    basic[1].b &= 0x0000ff00; /* CLFLUSH size; number and id of CPUs are the machine's */
    basic[1].c = (basic[1].c & features(F1_ECX, F1_ECX_XSAVE, F1_ECX_AVX)) | F1_ECX_HYPERVISOR;
    if (xstate_mask)
        basic[1].c |= F1_ECX_XSAVE;
    basic[1].d &= F1_EDX;
    basic[7] = (struct leaf){0, basic[7].b & features(F7_EBX, 0, F7_EBX_AVX),
                             basic[7].c & features(F7_ECX, 0, F7_ECX_AVX), 0};
    /* QEMU says that REP MOVSB is fast, and moves a byte per step. */
    if (cpu_is_tcg())
        basic[7].b &= ~F7_ERMS;
    for (uint32_t i = 0; i < MAX_CACHES && max_basic >= 4; i++)
        caches[i] = host(4, i);
}

static void make_xsave_leaves(void)
{
    for (uint32_t avx = 0; avx < 2 && xstate_mask; avx++) {
        uint32_t now = xstate_size(avx << 2);

        xsave[avx][0] = (struct leaf){(uint32_t)xstate_mask, now, xstate_size(xstate_mask), 0};
        xsave[avx][1].a = host(0xd, 1).a & FD_EAX;
        if (xsave[avx][1].a & FD_XSAVEC)
            xsave[avx][1].b = now;
        if (xstate_mask & 4)
            xsave[avx][2] = host(0xd, 2);
    }
}

static void read_ext(void)
{
    max_ext = MIN(host(EXT, 0).a - EXT, MAX_EXT);
    for (uint32_t i = 0; i <= MIN(max_ext, 6u); i++)
        ext[i] = host(EXT + i, 0);
    ext[0].a = EXT + max_ext;
    ext[1].d &= E1_EDX | (basic[1].d & AMD_COPY_OF_F1);
    ext[1].c &= E1_ECX;
    ext[8].a = LINEAR_BITS << 8 | (host(EXT + 8, 0).a & 0xff);
}

/* Bits of the highest machine address there is RAM at. */
static uint32_t machine_address_width(void)
{
    return 64 - (uint32_t)__builtin_clzll(frame_count << PAGE_SHIFT);
}

bool cpu_is_amd(void)
{
    return basic[0].c == SIGNATURE_AMD || basic[0].c == SIGNATURE_HYGON;
}

bool cpu_has_rdtscp(void)
{
    return ext[1].d & E1_RDTSCP;
}

bool cpu_has_fsgsbase(void)
{
    return basic[7].b & F7_FSGSBASE;
}

/* Xen's leaves: computed with the others, but for the time leaf, whose frequency is known later. */
static void make_xen_leaves(void)
{
    xen[0] = (struct leaf){XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
                           XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX};
    xen[1] = (struct leaf){XEN_VERSION_LEAF, 0, 0, 0};
    xen[2] = (struct leaf){1, XEN_CPUID_FIRST_LEAF, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0};
    xen[5] = (struct leaf){0, machine_address_width(), 0, 0};
}

void __attribute__((cold)) pv_cpuid_init(void)
{
    uint32_t khz = (uint32_t)(arch_tsc_hz / 1000);

    if (!basic[0].a) {
        read_basic();
        read_ext();
        make_xsave_leaves();
        make_xen_leaves();
    }
    /* Native mode; the third bit says RDTSCP exists. */
    time[0] = (struct leaf){ext[1].d & E1_RDTSCP ? 4 : 0, TSC_NATIVE, khz, 1};
    time[2] = (struct leaf){khz, 0, 0, 0};
}

/* pvkit's own: identity, and what this vcpu has cost so far. */
static void pvkit_leaf(const struct vcpu *v, struct cpu_user_regs *r)
{
    if (r->eax == PVKIT) {
        r->rax = PVKIT + 1;
        r->rbx = 0x696b7670; /* "pvkitHVstub" */
        r->rcx = 0x73564874;
        r->rdx = 0x00627574;
    } else {
        uint64_t exits = vcpu_exits(v);

        r->rax = (uint32_t)vcpu_hypercalls(v);
        r->rbx = vcpu_hypercalls(v) >> 32;
        r->rcx = (uint32_t)exits;
        r->rdx = exits >> 32;
    }
}

/* Leaves with others below them. */
#define LEAVES_BELOW (1u << 4 | 1u << 7 | 1u << 0xd)
static const struct leaf *lookup_below(uint32_t leaf, uint32_t sub)
{
    if (leaf == 4)
        return &caches[MIN(sub, MAX_CACHES - 1)];
    if (leaf == 7)
        return sub ? &none : &basic[leaf];
    return sub < ARRAY_SIZE(xsave[0]) ? &xsave[current_vcpu()->arch.pv.xcr0 >> 2 & 1][sub] : &none;
}

static const struct leaf *lookup(uint32_t leaf, uint32_t sub)
{
    if (leaf <= max_basic)
        return lookup_below(leaf, sub);
    if (leaf - EXT <= max_ext)
        return &ext[leaf - EXT];
    leaf -= XEN_CPUID_FIRST_LEAF;
    if (leaf >= ARRAY_SIZE(xen) || (leaf == 5 && sub))
        return &none;
    if (leaf == 3)
        return sub < ARRAY_SIZE(time) ? &time[sub] : &none;
    return &xen[leaf];
}

static inline void answer(struct cpu_user_regs *r, const struct leaf *l)
{
    r->rax = l->a;
    r->rbx = l->b;
    r->rcx = l->c;
    r->rdx = l->d;
}

static void __attribute__((noinline)) answer_other(const struct vcpu *v, struct cpu_user_regs *r)
{
    if ((r->eax & ~1u) == PVKIT)
        pvkit_leaf(v, r);
    else
        answer(r, lookup(r->eax, r->ecx));
}

void pv_cpuid(struct vcpu *v, struct cpu_user_regs *r)
{
    uint32_t leaf = r->eax;

    if (likely(leaf <= max_basic && !(LEAVES_BELOW >> leaf & 1)))
        answer(r, &basic[leaf]);
    else
        answer_other(v, r);
}
