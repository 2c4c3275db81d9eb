/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls for one entry. Each element is copied in once, dispatched and its
 * result written back before the next is read, so that a list may contain what an earlier element
 * changed. Between elements the call can be continued later.
 */
#include "hv.h"
#include "handlers.h"

_Static_assert(sizeof(struct multicall_entry) == 64, "the copy below is one entry");

static gva_t entry_result(gva_t list)
{
    return GVA(list.v + offsetof(struct multicall_entry, result));
}

static long continue_at(gva_t list, uint32_t left)
{
    return hypercall_continue(__HYPERVISOR_multicall, 2, list.v, left, 0, 0);
}

/* Run one copied element. False: op has no entry. */
static inline uint64_t dispatch(struct vcpu *v, const struct multicall_entry *e)
{
    if (unlikely(e->op >= HV_NR_HYPERCALLS))
        return (uint64_t)hc_enosys();
    v->hc_count[e->op]++;
    return (uint64_t)hypercall_fns[e->op](e->args[0], e->args[1], e->args[2], e->args[3],
                                          e->args[4], e->args[5]);
}

/* The element asked to be continued: it goes back with its new arguments. */
static long suspend(struct vcpu *v, gva_t list, uint32_t left, const struct multicall_entry *e)
{
    v->mc_entry = NULL;
    v->mc_continued = false;
    if (guest_write(list, e, sizeof(*e)))
        return hv_refuse(-XEN_EFAULT, "multicall entry cannot be written");
    return continue_at(list, left);
}

static long finish(struct vcpu *v, long rc)
{
    v->mc_entry = NULL;
    return rc;
}

long hc_multicall(uint64_t a_list, uint64_t a_nr)
{
    struct vcpu *v = current_vcpu();
    struct multicall_entry e;
    gva_t list = GVA(a_list);
    uint32_t left = (uint32_t)a_nr;

    if (unlikely(v->mc_entry))
        return hv_refuse(-XEN_EINVAL, "multicall inside a multicall");
    if (unlikely(!guest_address_ok(list)))
        return hv_refuse(-XEN_EFAULT, "the list lies in the hypervisor's address space");
    v->mc_entry = &e;
    v->mc_index = 0;
    for (; left; left--, list.v += sizeof(e), v->mc_index++) {
        if (unlikely(guest_read(&e, list, sizeof(e))))
            return finish(v, hv_refuse(-XEN_EFAULT, "entry %u cannot be read", v->mc_index));
        e.result = dispatch(v, &e);
        if (unlikely(e.op == __HYPERVISOR_iret)) /* the frame is another context's now */
            return finish(v, (long)e.result);
        if (unlikely(v->mc_continued))
            return suspend(v, list, left, &e);
        if (unlikely(guest_write(entry_result(list), &e.result, sizeof(e.result))))
            return finish(v, hv_refuse(-XEN_EFAULT, "entry %u cannot be written", v->mc_index));
        if (left > 1 && unlikely(hypercall_preempt())) {
            v->mc_entry = NULL;
            return continue_at(GVA(list.v + sizeof(e)), left - 1);
        }
    }
    return finish(v, 0);
}
