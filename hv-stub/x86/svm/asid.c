/* SPDX-License-Identifier: MIT */
/*
 * Address space tags. A CPU hands out its ASIDs in order; when they run out it begins a new
 * generation, and tags of older generations are replaced at their next use. A vcpu that comes back
 * from another CPU gets a new tag too: what it left here may be stale. What an earlier user of a
 * tag left is flushed when the new one enters its guest: not by whoever began the generation, which
 * may be put away again before it does.
 */
#include "svm_internal.h"

static struct {
    uint64_t generation;
    uint32_t next, count;
} asids[HV_MAX_CPUS];

void svm_asid_init_cpu(uint32_t cpu, uint32_t nr_asids)
{
    asids[cpu].generation = 1;
    asids[cpu].next = 1; /* 0 is the host's */
    asids[cpu].count = nr_asids;
}

void svm_asid_update(struct svm_vcpu *sv, uint32_t cpu)
{
    struct vmcb *c = sv->vmcb;

    if (sv->asid_generation == asids[cpu].generation && sv->asid_cpu == cpu)
        return;
    if (asids[cpu].next >= asids[cpu].count) {
        asids[cpu].generation++;
        asids[cpu].next = 1;
    }
    c->asid = asids[cpu].next++;
    c->clean &= ~CLEAN_ASID;
    svm_asid_flush(sv);
    sv->asid_cpu = cpu;
    sv->asid_generation = asids[cpu].generation;
}

void svm_asid_flush(struct svm_vcpu *sv)
{
    sv->vmcb->tlb_control = svm_features & SVM_FEATURE_FLUSH_ASID ? TLB_FLUSH_ASID : TLB_FLUSH_ALL;
}
