/* SPDX-License-Identifier: MIT */
/*
 * Building multicalls. The caller provides the entries, on a stack or per vcpu; nothing is
 * allocated. Adding to a full batch fails and changes nothing, so that the caller decides whether
 * to flush. Pointers that a call takes must stay valid until the flush.
 */
#ifndef PVKIT_BATCH_H
#define PVKIT_BATCH_H

#include <pvkit/types.h>

struct pvk_batch {
    struct multicall_entry *entries;
    unsigned int used;
    unsigned int room;
    unsigned int failed; /* index of the first call that failed in the last flush */
};

/* Start an empty batch in `room` entries at `entries`. */
void pvk_batch_init(struct pvk_batch *batch, struct multicall_entry *entries, unsigned int room);

/*
 * Run the calls of the batch in order and empty it. Returns 0 if all succeeded, else the error of
 * the first one that did not, with its index in batch->failed; later ones ran nevertheless. An
 * error of the multicall itself is returned with batch->failed == number of calls. Results stay in
 * the entries until the next add. An empty batch makes no hypercall.
 */
int pvk_batch_flush(struct pvk_batch *batch);

/*
 * Append a call of operation `op` (__HYPERVISOR_*); the caller fills its args. NULL if full. The
 * typed functions below return 0 or -XEN_ENOBUFS.
 */
struct multicall_entry *pvk_batch_add(struct pvk_batch *batch, unsigned long op);

/* See the hypercalls of the same name. */
int pvk_batch_update_va_mapping(struct pvk_batch *batch, unsigned long va, uint64_t pte,
                                unsigned long flags);
int pvk_batch_mmu_update(struct pvk_batch *batch, const struct mmu_update *updates,
                         unsigned int count, unsigned int foreign);
int pvk_batch_mmuext_op(struct pvk_batch *batch, const struct mmuext_op *ops, unsigned int count,
                        domid_t foreign);
int pvk_batch_stack_switch(struct pvk_batch *batch, unsigned long ss, unsigned long sp);
int pvk_batch_fpu_taskswitch(struct pvk_batch *batch, bool set);
int pvk_batch_set_segment_base(struct pvk_batch *batch, unsigned int which, unsigned long base);
int pvk_batch_update_descriptor(struct pvk_batch *batch, uint64_t maddr, uint64_t descriptor);

#endif
