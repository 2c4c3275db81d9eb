/* SPDX-License-Identifier: MIT */
#include <pvkit/batch.h>
#include <pvkit/hypercall/multicall.h>

void pvk_batch_init(struct pvk_batch *batch, struct multicall_entry *entries, unsigned int room)
{
    batch->entries = entries;
    batch->used = 0;
    batch->room = room;
    batch->failed = 0;
}

int pvk_batch_flush(struct pvk_batch *batch)
{
    unsigned int i, count = batch->used;
    int rc;

    if (!count)
        return 0;
    batch->used = 0;
    rc = hypercall_multicall(batch->entries, count);
    if (rc) {
        batch->failed = count;
        return rc;
    }
    for (i = 0; i < count; i++) {
        if ((long)batch->entries[i].result < 0) {
            batch->failed = i;
            return (int)batch->entries[i].result;
        }
    }
    return 0;
}

struct multicall_entry *pvk_batch_add(struct pvk_batch *batch, unsigned long op)
{
    struct multicall_entry *entry;

    if (batch->used >= batch->room)
        return NULL;
    entry = &batch->entries[batch->used++];
    entry->op = op;
    return entry;
}

static int add4(struct pvk_batch *batch, unsigned long op, unsigned long a0, unsigned long a1,
                unsigned long a2, unsigned long a3)
{
    struct multicall_entry *entry = pvk_batch_add(batch, op);

    if (!entry)
        return -XEN_ENOBUFS;
    entry->args[0] = a0;
    entry->args[1] = a1;
    entry->args[2] = a2;
    entry->args[3] = a3;
    return 0;
}

int pvk_batch_update_va_mapping(struct pvk_batch *batch, unsigned long va, uint64_t pte,
                                unsigned long flags)
{
    return add4(batch, __HYPERVISOR_update_va_mapping, va, pte, flags, 0);
}

int pvk_batch_mmu_update(struct pvk_batch *batch, const struct mmu_update *updates,
                         unsigned int count, unsigned int foreign)
{
    return add4(batch, __HYPERVISOR_mmu_update, (unsigned long)updates, count, 0, foreign);
}

int pvk_batch_mmuext_op(struct pvk_batch *batch, const struct mmuext_op *ops, unsigned int count,
                        domid_t foreign)
{
    return add4(batch, __HYPERVISOR_mmuext_op, (unsigned long)ops, count, 0, foreign);
}

int pvk_batch_stack_switch(struct pvk_batch *batch, unsigned long ss, unsigned long sp)
{
    return add4(batch, __HYPERVISOR_stack_switch, ss, sp, 0, 0);
}

int pvk_batch_fpu_taskswitch(struct pvk_batch *batch, bool set)
{
    return add4(batch, __HYPERVISOR_fpu_taskswitch, set, 0, 0, 0);
}

int pvk_batch_set_segment_base(struct pvk_batch *batch, unsigned int which, unsigned long base)
{
    return add4(batch, __HYPERVISOR_set_segment_base, which, base, 0, 0);
}

int pvk_batch_update_descriptor(struct pvk_batch *batch, uint64_t maddr, uint64_t descriptor)
{
    return add4(batch, __HYPERVISOR_update_descriptor, maddr, descriptor, 0, 0);
}
