/* SPDX-License-Identifier: MIT */
/* Selectors and segment bases. A guest may load any selector its tables have, and while it is off
 * the CPU another vcpu may have taken the descriptor away: a load can fault, and then the selector
 * is null and the guest's failsafe callback is told. */
#include "hv.h"
#include "cpu.h"
#include "entry.h"
#include "fixup.h"
#include "handlers.h"
#include "pv.h"

#define SEGMENT_ACCESSORS(reg)                              \
    static uint16_t read_##reg(void)                        \
    {                                                       \
        uint32_t sel;                                       \
                                                            \
        __asm__ volatile("mov %%" #reg ", %0" : "=r"(sel)); \
        return (uint16_t)sel;                               \
    }

#define SEGMENT_LOADER(reg)                          \
    static bool load_##reg(uint16_t sel)             \
    {                                                \
        bool ok = true;                              \
                                                     \
        __asm__ volatile("1: mov %1, %%" #reg "\n\t" \
                         "jmp 3f\n"                  \
                         "2: mov $0, %0\n"           \
                         "3:\n\t" FIXUP("1b", "2b")  \
                         : "+r"(ok)                  \
                         : "r"((uint32_t)sel)        \
                         : "memory");                \
        return ok;                                   \
    }

SEGMENT_ACCESSORS(ds)
SEGMENT_ACCESSORS(es)
SEGMENT_ACCESSORS(fs)
SEGMENT_ACCESSORS(gs)
SEGMENT_LOADER(ds)
SEGMENT_LOADER(es)
SEGMENT_LOADER(fs)

static bool load_gs(uint16_t sel)
{
    return gs_selector_load(sel) == 0;
}

void pv_selectors_read(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;

    pv->ds = read_ds();
    pv->es = read_es();
    pv->fs = read_fs();
    pv->gs = read_gs();
}

void pv_segments_save(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;

    pv_selectors_read(v);
    pv->fs_base = rdmsr(MSR_FS_BASE);
    if (pv->kernel_mode)
        pv->gs_base_kernel = pv_gs_base();
    else
        pv->gs_base_user = pv_gs_base();
}

/* sel, or null when it is refused. */
static bool load_or_null(bool (*load)(uint16_t), uint16_t sel)
{
    if (load(sel))
        return true;
    load(0);
    return false;
}

bool pv_segments_load(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    bool ok = load_or_null(load_ds, pv->ds);

    ok &= load_or_null(load_es, pv->es);
    ok &= load_or_null(load_fs, pv->fs);
    ok &= load_or_null(load_gs, pv->gs);
    /* After the selectors, which replace the bases. */
    wrmsr(MSR_FS_BASE, pv->fs_base);
    pv_set_gs_base(pv->kernel_mode ? pv->gs_base_kernel : pv->gs_base_user);
    if (cpu_has_rdtscp())
        wrmsr(MSR_TSC_AUX, pv->tsc_aux);
    return ok;
}

/* The user's %gs from the guest kernel, whose own base stays active. As on Xen a selector that
 * cannot be loaded leaves a null one, and the call succeeds. */
static void set_user_gs(struct pv_vcpu *pv, uint16_t sel)
{
    uint64_t kernel_base = pv_gs_base();

    if (sel > 3 && load_gs(sel | 3)) {
        pv->gs_base_user = pv_gs_base();
    } else {
        load_gs(sel > 3 ? 0 : sel);
        pv->gs_base_user = 0; /* the processor does not clear it everywhere */
    }
    pv_set_gs_base(kernel_base);
}

long hc_set_segment_base(uint64_t which, uint64_t base)
{
    struct pv_vcpu *pv = &current_vcpu()->arch.pv;

    if (which != SEGBASE_GS_USER_SEL && !is_canonical(base))
        return hv_refuse(-XEN_EINVAL, "segment base %lx is not a canonical address", base);
    switch ((uint32_t)which) {
    case SEGBASE_FS:
        wrmsr(MSR_FS_BASE, base);
        return 0;
    case SEGBASE_GS_USER:
        pv->gs_base_user = base;
        return 0;
    case SEGBASE_GS_KERNEL:
        pv_set_gs_base(base);
        return 0;
    case SEGBASE_GS_USER_SEL:
        set_user_gs(pv, (uint16_t)base);
        return 0;
    default:
        return hv_refuse(-XEN_EINVAL, "segment %lu does not exist", which);
    }
}
