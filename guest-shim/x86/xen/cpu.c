/* SPDX-License-Identifier: MIT */
/* PV cpu group. */
#include "smp.h"
#include <pvkit/batch.h>
#include <pvkit/discover.h>
#include "cpu.h"
#include "../insn.h"

#define MAX_GATES   32
#define TRAP_MASKED 4 /* trap_info.flags: mask events on entry; the low two bits are the DPL */
#define PORTS       65536

static uint64_t *gdt, *ldt;
static struct trap_info traps[MAX_GATES + 1];
static uint8_t port_bitmap[PORTS / 8];
static struct multicall_entry switch_calls[8];
static struct pvk_batch switch_batch;
static bool switching;

/*
 * The hypervisor supplies flat segments, so the guest's own table may be empty; it is here to have
 * entries that write_gdt() can change. Its page is read-only from the moment it is loaded.
 */
void xen_init(void)
{
    pfn_t page = page_alloc_zeroed();
    xen_pfn_t frame;

    CHECK(pfn_valid(page));
    gdt = pfn_to_virt(page);
    frame = pfn_to_mfn(page).n;
    CHECK(vm_protect(&kernel_aspace, (uint64_t)gdt, PROT_KERNEL_RO) == 0);
    CHECK(hypercall_set_gdt(&frame, PAGE_SIZE / 8) == 0);
    pvk_batch_init(&switch_batch, switch_calls, ARRAY_LEN(switch_calls));
}

void xen_load_traps(const struct trap_gate *gates, unsigned count)
{
    CHECK(count <= MAX_GATES);
    for (unsigned i = 0; i < count; i++)
        traps[i] = (struct trap_info){
            .vector = gates[i].vector,
            .flags = gates[i].dpl | TRAP_MASKED,
            .cs = FLAT_KERNEL_CS,
            .address = (uint64_t)gates[i].entry,
        };
    CHECK(hypercall_set_trap_table(traps) == 0);
    CHECK(hypercall_callback_register(CALLBACKTYPE_event, 0, (uint64_t)xen_event_entry) == 0);
    CHECK(hypercall_callback_register(CALLBACKTYPE_failsafe, CALLBACKF_mask_events,
                                      (uint64_t)xen_failsafe_entry) == 0);
    CHECK(hypercall_callback_register(CALLBACKTYPE_syscall, CALLBACKF_mask_events,
                                      (uint64_t)xen_syscall_entry) == 0);
}

void xen_copy_context(struct vcpu_guest_context *context)
{
    for (unsigned i = 0; i < ARRAY_LEN(traps) && traps[i].address; i++)
        context->trap_ctxt[traps[i].vector] = traps[i];
    context->gdt_frames[0] = pfn_to_mfn(virt_to_pfn(gdt)).n;
    context->gdt_ents = PAGE_SIZE / 8;
}

int xen_write_gdt(unsigned index, uint64_t descriptor)
{
    return hypercall_update_descriptor(virt_to_maddr(&gdt[index]), descriptor);
}

int xen_write_ldt(uint64_t *table, unsigned index, uint64_t descriptor)
{
    return hypercall_update_descriptor(virt_to_maddr(&table[index]), descriptor);
}

int xen_load_ldt(uint64_t *table, unsigned entries)
{
    int rc;

    if (entries && vm_protect(&kernel_aspace, (uint64_t)table, PROT_KERNEL_RO))
        return -1;
    rc = hypercall_set_ldt((uint64_t)table, entries);
    if (rc == 0 && ldt)
        rc = vm_protect(&kernel_aspace, (uint64_t)ldt, PROT_KERNEL_RW);
    if (rc == 0)
        ldt = entries ? table : NULL;
    return rc;
}

struct pvk_batch *xen_switch_batch(void)
{
    return switching ? &switch_batch : NULL;
}

void xen_begin_switch(void)
{
    switching = true;
}

void xen_end_switch(void)
{
    switching = false;
    CHECK(pvk_batch_flush(&switch_batch) == 0);
}

void xen_load_kernel_stack(uint64_t sp)
{
    if (switching)
        CHECK(pvk_batch_stack_switch(&switch_batch, FLAT_KERNEL_SS, sp) == 0);
    else
        CHECK(hypercall_stack_switch(FLAT_KERNEL_SS, sp) == 0);
}

void xen_set_fs_base(uint64_t base)
{
    if (switching)
        CHECK(pvk_batch_set_segment_base(&switch_batch, SEGBASE_FS, base) == 0);
    else
        CHECK(hypercall_set_segment_base(SEGBASE_FS, base) == 0);
}

void xen_set_ts(bool on)
{
    if (switching)
        CHECK(pvk_batch_fpu_taskswitch(&switch_batch, on) == 0);
    else
        CHECK(hypercall_fpu_taskswitch(on) == 0);
}

void xen_cpuid(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
    struct pvk_cpuid r = pvk_cpuid(PVK_CPUID_FORCED, leaf, subleaf);

    *out = (struct cpuid_regs){r.eax, r.ebx, r.ecx, r.edx};
}

bool xen_read_msr(uint32_t msr, uint64_t *value)
{
    return try_rdmsr(msr, value);
}

bool xen_write_msr(uint32_t msr, uint64_t value)
{
    return try_wrmsr(msr, value);
}

uint64_t xen_read_cr0(void)
{
    return insn_read_cr0();
}

uint64_t xen_read_cr4(void)
{
    return insn_read_cr4();
}

bool xen_write_cr4(uint64_t value)
{
    return try_write_cr4(value);
}

bool xen_set_debugreg(unsigned n, uint64_t value)
{
    return hypercall_set_debugreg(n, value) == 0;
}

uint64_t xen_get_debugreg(unsigned n)
{
    return hypercall_get_debugreg(n);
}

int xen_set_iopl(unsigned level)
{
    return hypercall_set_iopl(level);
}

int xen_allow_ports(unsigned first, unsigned count)
{
    memset(port_bitmap, 0xff, sizeof(port_bitmap));
    for (unsigned port = first; port < first + count && port < PORTS; port++)
        port_bitmap[port / 8] &= ~(1U << port % 8);
    return hypercall_set_iobitmap(port_bitmap, count ? PORTS : 0);
}

void xen_yield(void)
{
    hypercall_sched_yield();
}

void xen_shutdown(enum shutdown_reason reason)
{
    static const unsigned char reasons[] = {
        [SHUTDOWN_OFF] = SHUTDOWN_poweroff,
        [SHUTDOWN_RESTART] = SHUTDOWN_reboot,
        [SHUTDOWN_CRASHED] = SHUTDOWN_crash,
    };

    for (;;)
        hypercall_sched_shutdown(reasons[reason]);
}
