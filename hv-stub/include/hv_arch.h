/* SPDX-License-Identifier: MIT */
/*
 * The seam between portable core/ and the machine. x86/ implements it on hardware, tests/fake/ on
 * the host.
 */
/* clang-format off */
/*
 * Inline parts come from arch_inline.h, chosen by include path:
 *     struct vcpu *current_vcpu(void)   vcpu whose exit this CPU is handling, NULL when idle
 *     uint32_t this_cpu(void)
 *     void work_raise(uint32_t bits)    set WORK_* bits of this CPU
 *     uint32_t work_pending(void)       WORK_* bits of this CPU
 *     void *mfn_to_virt(mfn_t)          direct map; mfn_t virt_to_mfn(const void *)
 *     void arch_relax(void)             pause in a spin loop
 * Memory of the current PV domain, straight between it and registers:
 *     bool arch_guest_get32(gva_t src, uint32_t *value)    false: not readable
 * and multicall entries (offsets as in struct multicall_entry):
 *     bool arch_multicall_direct(gva_t list, uint32_t n)   may the next two be used for all n?
 *     bool arch_multicall_fetch(gva_t entry, uint64_t *op, uint64_t args[6])   false: not readable
 *     bool arch_multicall_result(gva_t entry, uint64_t result)                 false: not writable
 */
/* clang-format on */
#ifndef HV_ARCH_H
#define HV_ARCH_H

#include "hv_types.h"

struct domain;
struct vcpu_hvm_context; /* xen/hvm/hvm_vcpu.h */
struct vcpu;
struct frame;
enum frame_type;

#include "arch_inline.h"

/* ---- machine */
extern uint32_t nr_cpus; /* brought up; ids 0..nr_cpus-1 */
uint64_t arch_tsc(void);
extern uint64_t arch_tsc_hz;
/* Fire the local timer interrupt (-> WORK_TIMER) at deadline (hv_now() ns); ~0 disarms. */
void arch_timer_set(uint64_t deadline_ns);
/* Make another CPU look at its work bits (sets them first). */
void arch_work_send(uint32_t cpu, uint32_t bits);
/* Serve TLB-flush requests while spinning. */
void arch_spin_poll(void);
/* Open interrupts for an instant so that pending ones are taken. */
void arch_irq_window(void);
/* Flush TLBs: this CPU; or every CPU in mask (bit = cpu) and wait. */
void arch_flush_tlb_local(void);
void arch_flush_page_local(uint64_t va);
void arch_flush_tlb_mask(uint64_t cpu_mask);
void arch_flush_page_mask(uint64_t va, uint64_t cpu_mask);
/* Eight words of CPUID's features, in the order in which Xen's physinfo has them. True: the
 * processor can run FV domains. */
bool arch_describe_cpu(uint32_t features[8]);
/* Wall clock at boot, seconds since 1970 (from the CMOS clock). */
uint64_t arch_wallclock_boot(void);
/* End the machine: 0x10 powered off, 0x11 guest crash, 0x12 panic, 0x13 reboot. */
void arch_machine_end(uint8_t code) __attribute__((noreturn));
void arch_backtrace(void);
/* Serial ports of the machine, 0: COM1, the console, 1: COM2, statistics, 2: COM4, control. One
 * byte in, or -1. */
void arch_uart_putc(unsigned port, char c);
void arch_uart_write(unsigned port, const char *s, size_t n);
int arch_uart_getc(unsigned port);
/* Have control_input() called when something arrives at port 2. False: there is no such port. */
bool arch_uart_listen(unsigned port);
/* Bytes that can be written without waiting. */
size_t arch_uart_room(unsigned port);

/* ---- x86/pci.c: devices of the machine. Configuration space by 32-bit words; a function is
 * numbered bus << 8 | device << 3 | function. For one caller at a time: at boot, and the control
 * channel. */
uint32_t arch_pci_read(uint32_t function, uint32_t reg);
void arch_pci_write(uint32_t function, uint32_t reg, uint32_t value);
/* Take the device in this slot of bus 0 out of the machine, where software can. */
void arch_pci_eject(uint32_t function);
/* Registers of a device, uncached; NULL: no room for them. Never unmapped; the same address and
 * length give the same mapping again. */
volatile void *arch_mmio_map(uint64_t pa, uint64_t bytes);
/* A message that makes fn(data) be called on this CPU, at any point where interrupts are open: it
 * may take no lock. What the device has to write and where; false: there are no more. fn and data
 * that have a message already get it again, on this CPU. */
bool arch_msi_take(void (*fn)(void *data), void *data, uint64_t *address, uint32_t *value);

/* Zero whole pages, not through the caches. */
void arch_pages_clear(void *p, size_t bytes);

/* Machine-to-physical table: guests read it, only the hypervisor writes. m must be mfn_valid(). */
void arch_m2p_set(mfn_t m, gfn_t g);
gfn_t arch_m2p_get(mfn_t m);
/* First frame of the i-th 2 MiB of the table; INVALID_MFN behind its end. */
mfn_t arch_m2p_extent(uint64_t i);

/* ---- domains and vcpus */
int arch_domain_create(struct domain *d);
int arch_vcpu_create(struct vcpu *v); /* stack, frame, descriptor area */
/* Free what the two allocated; the domain is over, and was released. */
void arch_domain_free(struct domain *d);
/* VCPUOP_initialise of a PV vcpu: validate all of ctx first, then take it. 0 or -errno. Takes
 * domain.lock; the caller sees to it that nobody else does the same to v meanwhile. -HV_ERESTART:
 * other work waits, call again later. */
int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *ctx);
/* The same of an FV vcpu that waits to be started; checks ctx, and leaves the rest to the
 * processor. */
int arch_vcpu_set_hvm_context(struct vcpu *v, const struct vcpu_hvm_context *ctx);
/* The machine frame behind a frame number as d's hypercalls name it (PV: the same). Not RAM, or not
 * d's: some frame it does not own, or INVALID_MFN. */
mfn_t arch_gfn_to_mfn(struct domain *d, gfn_t gfn);
/* v->info now points elsewhere: refresh what the entry code caches of it. */
void arch_vcpu_info_moved(struct vcpu *v);
/* Queue an NMI for a PV or FV vcpu (it is kicked by the caller). */
void arch_vcpu_send_nmi(struct vcpu *v);
/* v, off all CPUs, is inside of a hypercall: what it returns. */
void arch_vcpu_set_result(struct vcpu *v, uint64_t result);
/* The opposite of arch_vcpu_set_context(): v, a PV vcpu on no CPU, lets go of its tables.
 * domain.lock is held. */
void arch_vcpu_release(struct vcpu *v);
/* Drop page-table roots, descriptor frames and other references of a dead domain's vcpus. */
void arch_domain_release(struct domain *d);
/* Registers, page walk of rip/cr2, stack, for a crash report (v may run on this CPU only). */
void arch_vcpu_dump(struct vcpu *v);
/* Guest rip for diagnostics (return address of the hypercall page's caller if that is where it is).
 */
uint64_t arch_guest_rip(const struct vcpu *v);

/* ---- typed frames with contents: checked on first use, taken apart after the last */
/* Take the references of all entries from number f->partial on; 0 or -errno, nothing is left then.
 * With 0, f->filled has been set. When preemptible and something else waits: -HV_ERESTART, and
 * f->partial has moved on. */
int arch_frame_validate(struct frame *f, enum frame_type t, bool preemptible);
/* Drop the references of the first n entries. */
void arch_frame_devalidate(struct frame *f, enum frame_type t, unsigned n);
#define ARCH_TABLE_ENTRIES 512

/* ---- stale TLB entries (frames lose a use, frames are used anew) */
/* f lost its last writable use or its last reference: remember when. */
void arch_frame_stamp(struct frame *f);
/* f is about to become a table, or to be given out again: flush the CPUs that may still have an
 * entry for it from before. */
void arch_flush_for_reuse(const struct frame *f);

/* ---- for frames_audit(): report each use of a frame by d's tables, roots, pins and descriptor
 * tables; type FT_NONE for a plain reference. */
void arch_audit_walk(struct domain *d, void (*use)(mfn_t target, enum frame_type t, void *ctx),
                     void *ctx);

/* ---- grants (core/grant*.c), x86/pv/grant.c. The current vcpu, of the PV domain d, wants frame m
 * of a grant at host_addr, as flags (GNTMAP_*) say; the entry takes over the reference and type
 * that the caller has. GNTST_okay or GNTST_general_error. */
int arch_grant_map(struct domain *d, uint64_t host_addr, uint32_t flags, mfn_t m);
/* The entry there, if it is that mapping, becomes empty, or what is mapped at new_addr if that is
 * not 0. Reference and type are the caller's again. */
int arch_grant_unmap(struct domain *d, uint64_t host_addr, uint32_t flags, mfn_t m,
                     uint64_t new_addr);
/* No CPU has stale entries of d's address spaces afterwards. */
void arch_flush_domain(struct domain *d);
/* HVM_PARAM_CALLBACK_IRQ: how an FV domain is told of events; not at all by what is no such way. */
void arch_upcall_set(struct domain *d, uint64_t via);
/* The same for one vcpu: by this vector of its local APIC. It is raised at once. */
void arch_upcall_vector(struct vcpu *v, uint8_t vector);
/* evtchn_upcall_pending of an FV vcpu has just been set. */
void arch_upcall_raised(struct vcpu *v);
/* Put a page of ours into the map of an FV domain; false if it cannot be there. */
bool arch_physmap_set(struct domain *d, gfn_t g, mfn_t m);
/* Take what is at g out of the map; no CPU reaches it there afterwards. What it was, INVALID_MFN if
 * there was nothing. No lock is held. */
mfn_t arch_physmap_clear(struct domain *d, gfn_t g);
/* Memory as firmware would describe it to the domain (BIOS int 0x15, eax 0xe820): how many ranges
 * were filled in. */
struct mem_range {
    uint64_t start, size;
    uint32_t type;
} __attribute__((packed));
#define MEM_RANGES   4
#define MEM_RAM      1
#define MEM_RESERVED 2
unsigned int arch_memory_map(const struct domain *d, struct mem_range map[MEM_RANGES]);

/* ---- guest memory of the current vcpu: bytes NOT copied (0 = all). Never faults the hypervisor.
 */
size_t arch_guest_read(void *dst, gva_t src, size_t n);
size_t arch_guest_write(gva_t dst, const void *src, size_t n);

/* ---- time scale of the pvclock: tsc -> ns as (tsc << shift) * mul >> 32 */
void arch_time_scale(uint32_t *mul, int8_t *shift);

#endif
