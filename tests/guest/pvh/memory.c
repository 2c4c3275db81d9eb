/* SPDX-License-Identifier: MIT */
/* What a PVH guest does to its map of memory, and reads of it. */
#include "pvh.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

#define FREE_GFN 0x20000ul /* 512 MiB: no RAM of this guest's */
#define NOWHERE  ((void *)(1ul << 45))

static char page[4096] __attribute__((aligned(4096)));

#define PAGE_GFN ((unsigned long)(uintptr_t)page >> 12)

static long add(domid_t domid, uint16_t space, unsigned long index, unsigned long gfn)
{
    struct xen_add_to_physmap a = {.domid = domid, .space = space, .idx = index, .gpfn = gfn};

    return hypercall_memory_op(XENMEM_add_to_physmap, &a);
}

static long remove(domid_t domid, unsigned long gfn)
{
    struct xen_remove_from_physmap r = {.domid = domid, .gpfn = gfn};

    return hypercall_memory_op(XENMEM_remove_from_physmap, &r);
}

static void try_physmap(void)
{
    result("shared info", add(DOMID_SELF, XENMAPSPACE_shared_info, 0, FREE_GFN));
    result("shared info, index 1", add(DOMID_SELF, XENMAPSPACE_shared_info, 1, FREE_GFN));
    result("shared info elsewhere", add(DOMID_SELF, XENMAPSPACE_shared_info, 0, FREE_GFN + 1));
    result("of domain 0", add(0, XENMAPSPACE_shared_info, 0, FREE_GFN));
    result("of domain 77", add(77, XENMAPSPACE_shared_info, 0, FREE_GFN));
    result("grant frame 0", add(DOMID_SELF, XENMAPSPACE_grant_table, 0, FREE_GFN + 2));
    result("grant frame 3", add(DOMID_SELF, XENMAPSPACE_grant_table, 3, FREE_GFN + 3));
    result("grant frame 100000", add(DOMID_SELF, XENMAPSPACE_grant_table, 100000, FREE_GFN + 4));
    result("gmfn that is not there",
           add(DOMID_SELF, XENMAPSPACE_gmfn, FREE_GFN + 100, FREE_GFN + 6));
    result("gmfn foreign", add(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, FREE_GFN + 6));
    result("dev mmio", add(DOMID_SELF, XENMAPSPACE_dev_mmio, 0, FREE_GFN + 6));
    result("space 77", add(DOMID_SELF, 77, 0, FREE_GFN + 6));
    result("gfn out of all bounds", add(DOMID_SELF, XENMAPSPACE_shared_info, 0, 1ul << 50));
    result("add, unreadable", hypercall_memory_op(XENMEM_add_to_physmap, NOWHERE));
    result("remove grant frame", remove(DOMID_SELF, FREE_GFN + 2));
    result("remove it again", remove(DOMID_SELF, FREE_GFN + 2));
    result("remove of domain 0", remove(0, FREE_GFN + 3));
    result("remove of domain 77", remove(77, FREE_GFN + 3));
    result("remove what never was", remove(DOMID_SELF, FREE_GFN + 4242));
    result("remove out of all bounds", remove(DOMID_SELF, 1ul << 50));
    result("grant frame 0 again", add(DOMID_SELF, XENMAPSPACE_grant_table, 0, FREE_GFN + 2));
}

static long reservation(unsigned cmd, xen_pfn_t *list, unsigned long n, unsigned order, domid_t dom)
{
    struct xen_memory_reservation r = {.nr_extents = n, .extent_order = order, .domid = dom};

    set_xen_guest_handle(r.extent_start, list);
    return hypercall_memory_op(cmd, &r);
}

static void try_reservation(void)
{
    static xen_pfn_t list[4];

    list[0] = PAGE_GFN;
    result("release a page", reservation(XENMEM_decrease_reservation, list, 1, 0, DOMID_SELF));
    result("release it again", reservation(XENMEM_decrease_reservation, list, 1, 0, DOMID_SELF));
    result("populate it", reservation(XENMEM_populate_physmap, list, 1, 0, DOMID_SELF));
    result("populate, order 40", reservation(XENMEM_populate_physmap, list, 1, 40, DOMID_SELF));
    result("populate, order 9", reservation(XENMEM_populate_physmap, list, 1, 9, DOMID_SELF));
    result("populate none", reservation(XENMEM_populate_physmap, list, 0, 0, DOMID_SELF));
    result("populate of domain 0", reservation(XENMEM_populate_physmap, list, 1, 0, 0));
    result("populate of domain 77", reservation(XENMEM_populate_physmap, list, 1, 0, 77));
    result("populate, list unreadable",
           reservation(XENMEM_populate_physmap, NOWHERE, 1, 0, DOMID_SELF));
}

static void try_questions(void)
{
    domid_t self = DOMID_SELF, dom0 = 0, none = 77;

    result("current", hypercall_memory_op(XENMEM_current_reservation, &self) > 0);
    result("current of 0", hypercall_memory_op(XENMEM_current_reservation, &dom0));
    result("current of 77", hypercall_memory_op(XENMEM_current_reservation, &none));
    result("maximum", hypercall_memory_op(XENMEM_maximum_reservation, &self) > 0);
    result("maximum gpfn", hypercall_memory_op(XENMEM_maximum_gpfn, &self) > 0);
    for (unsigned cmd = 0; cmd < 30; cmd++) {
        if (cmd == XENMEM_increase_reservation || cmd == XENMEM_decrease_reservation)
            continue;
        print("memory_op ");
        print_number((long)cmd);
        result(" unreadable",
               hypercall_memory_op(cmd, NOWHERE) < 0 ? hypercall_memory_op(cmd, NOWHERE) : 1);
    }
}

static void try_parameters(void)
{
    for (uint32_t i = 0; i < HVM_NR_PARAMS + 2; i++) {
        uint64_t v = 0;
        int rc = hypercall_hvm_get_param(i, &v);

        print("parameter ");
        print_number((long)i);
        result(" read", rc);
        if (i == HVM_PARAM_CONSOLE_EVTCHN || i == HVM_PARAM_STORE_EVTCHN ||
            i == HVM_PARAM_CALLBACK_IRQ || i == HVM_PARAM_VM86_TSS_SIZED)
            continue;
        print("parameter ");
        print_number((long)i);
        result(" written", hypercall_hvm_set_param(i, v));
    }
    result("callback: none", hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 0));
    result("callback: vector 0x15",
           hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 2ul << 56 | 0x15));
    result("callback: vector 0x0f",
           hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 2ul << 56 | 0x0f));
    result("callback: vector 0x1f3",
           hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 2ul << 56 | 0x1f3));
    result("callback: GSI 200", hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 200));
    result("callback: PCI", hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 1ul << 56 | 3 << 11));
    result("callback: kind 9", hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 9ul << 56));
    result("callback: none", hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 0));
}

static long upcall_vector(uint32_t vcpu, uint8_t vector)
{
    struct xen_hvm_evtchn_upcall_vector v = {.vcpu = vcpu, .vector = vector};

    return hypercall_hvm_op(HVMOP_set_evtchn_upcall_vector, &v);
}

static void try_vectors(void)
{
    result("upcall vector 0x31", upcall_vector(0, 0x31));
    result("upcall vector 0x0f", upcall_vector(0, 0x0f));
    result("upcall vector 0", upcall_vector(0, 0));
    result("upcall vector of vcpu 1", upcall_vector(1, 0x31));
    result("upcall vector of vcpu 77", upcall_vector(77, 0x31));
}

void try_memory(void)
{
    try_physmap();
    try_reservation();
    try_questions();
    try_parameters();
    try_vectors();
}
