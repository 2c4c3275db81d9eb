/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls for one entry. Each element is read once, dispatched and its
 * result written back before the next is read, so that a list may contain what an earlier element
 * changed. Between elements the call can be continued later.
 */
#include "hv.h"
#include "handlers.h"

#define AT(field) offsetof(struct multicall_entry, field)

_Static_assert(sizeof(struct multicall_entry) == 64 && AT(result) == 8 && AT(args) == 16,
               "the machine's part reads entries by offset");

/* `direct` is known for the whole list: the PV case costs a register test. */
static inline bool fetch(bool direct, gva_t entry, uint64_t *op, uint64_t args[6])
{
    struct multicall_entry e;

    if (likely(direct))
        return arch_multicall_fetch(entry, op, args);
    if (guest_read(&e, entry, sizeof(e)))
        return false;
    *op = e.op;
    memcpy(args, e.args, sizeof(e.args));
    return true;
}

static inline bool put_result(bool direct, gva_t entry, uint64_t result)
{
    if (likely(direct))
        return arch_multicall_result(entry, result);
    return !guest_write(GVA(entry.v + AT(result)), &result, sizeof(result));
}

/* `direct` lists are a PV domain's; in others only what is open to FV domains may stand. */
static inline uint64_t dispatch(struct vcpu *v, bool direct, uint64_t op, const uint64_t a[6])
{
    if (unlikely(op >= HV_NR_HYPERCALLS))
        return (uint64_t)hc_enosys();
    if (unlikely(!direct) && v->domain->kind != DOMAIN_PV && !hypercall_table[op].fv)
        return (uint64_t)hc_enosys();
    v->hc_count[op]++;
    return (uint64_t)hypercall_fns[op](a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long continue_at(gva_t entry, uint32_t left)
{
    current_vcpu()->mc_entry = NULL;
    return hypercall_continue(__HYPERVISOR_multicall, 2, entry.v, left, 0, 0);
}

static long fail(struct vcpu *v, const char *what)
{
    v->mc_entry = NULL; /* it is the list that fails, not a call in it */
    return hv_refuse(-XEN_EFAULT, "entry %u cannot be %s", v->mc_index, what);
}

/* The element asked to be continued: it goes back with its new arguments. */
static long suspend(struct vcpu *v, gva_t entry, uint32_t left)
{
    size_t n = v->mc_continued * sizeof(v->mc_entry->args[0]);

    v->mc_continued = 0;
    if (guest_write(GVA(entry.v + AT(args)), v->mc_entry->args, n))
        return fail(v, "written");
    return continue_at(entry, left);
}

static long run(struct vcpu *v, bool direct, gva_t entry, uint32_t left)
{
    uint64_t op, args[6], result;

    for (;;) {
        if (unlikely(!fetch(direct, entry, &op, args)))
            return fail(v, "read");
        v->mc_entry->op = op;
        result = dispatch(v, direct, op, args);
        if (unlikely(op == __HYPERVISOR_iret)) { /* the frame is another context's now */
            v->mc_entry = NULL;
            return (long)result;
        }
        if (unlikely(v->mc_continued))
            return suspend(v, entry, left);
        if (unlikely(!put_result(direct, entry, result)))
            return fail(v, "written");
        if (--left == 0)
            break;
        entry.v += sizeof(struct multicall_entry);
        v->mc_index++;
        if (unlikely(hypercall_preempt()))
            return continue_at(entry, left);
    }
    v->mc_entry = NULL;
    return 0;
}

long hc_multicall(uint64_t a_list, uint64_t a_nr)
{
    struct vcpu *v = current_vcpu();
    bool pv = v->domain->kind == DOMAIN_PV;
    struct multicall_entry scratch;
    uint32_t nr = (uint32_t)a_nr;
    gva_t list = GVA(a_list);

    if (unlikely(v->mc_entry))
        return hv_refuse(-XEN_EINVAL, "multicall inside a multicall");
    if (unlikely(!guest_address_ok(v->domain, list)))
        return hv_refuse(-XEN_EFAULT, "the list lies in the hypervisor's address space");
    if (!nr)
        return 0;
    v->mc_entry = &scratch;
    v->mc_index = 0;
    return run(v, pv && arch_multicall_direct(list, nr), list, nr);
}
