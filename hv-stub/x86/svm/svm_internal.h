/* SPDX-License-Identifier: MIT */
/* The SVM container: state and calls private to x86/svm/. */
#ifndef X86_SVM_INTERNAL_H
#define X86_SVM_INTERNAL_H

#include "hv.h"
#include "cpu.h"
#include "svm.h"
#include "vmcb.h"
#include "../../device/lapic.h"
#include "../../device/pc.h"

/*
 * Locks: dev_lock guards the machine and everything about it in struct svm_domain. It is taken
 * before the runqueue, timer and console locks.
 */
struct svm_domain {
    uint64_t *npt; /* root of the nested page table */
    uint32_t npt_tables, npt_tables_max;
    uint64_t ram_below_4g, ram_above_4g; /* bytes of guest-physical memory at 0 and at 4 GiB */
    void *ones, *sink;     /* pages that addresses without memory read from and write to */
    bool hardware;         /* the emulated PC is there, not only its processors */
    bool xen_leaves;       /* Xen's CPUID leaves are shown */
    uint8_t upcall_vector; /* events come as this interrupt; 0: they do not */
    /* … or at an input of the interrupt controllers, or INTA# of a PCI slot; 0: no */
    uint8_t upcall_line, upcall_slot;
    bool upcall_level;   /* dev_lock: what it was set to */
    unsigned int unplug; /* dev_lock: UNPLUG_* the guest asked for */

    spinlock_t npt_lock; /* changes of the nested page table; the innermost */
    spinlock_t dev_lock;
    struct pc pc;
    struct timer timer;      /* of the earliest device deadline */
    uint64_t timer_deadline; /* what it is set to, in guest time; DEV_NEVER: not set */
    uint64_t epoch;          /* hv_now() when guest time was 0 */
    struct machine_disk *disk[IDE_CHANNELS]; /* machine_disk.c; NULL: no disk there */
    struct machine_nic *nic[PC_NICS];        /* machine_nic.c */
    int32_t end;                             /* SHUTDOWN_* the guest asked the hardware for, -1 */
};

/* Where the page of code that executed an intercepted instruction last was found. Only a hint: it
 * is trusted for bytes that turn out to be exactly the instruction expected. */
struct insn_hint {
    uint64_t cr3, page; /* rip >> PAGE_SHIFT; ~0: none */
    const uint8_t *bytes;
};

/* What has happened to a vcpu. */
#define PEND_PIC     (1u << 0) /* the 8259s assert INTR: vcpu 0 */
#define PEND_APIC    (1u << 1) /* its local APIC has a request */
#define PEND_TIMER   (1u << 2) /* … whose timer may be due */
#define PEND_NMI     (1u << 3)
#define PEND_INIT    (1u << 4)
#define PEND_STARTUP (1u << 5)
#define PEND_FLUSH   (1u << 6) /* its translations are out of date */

struct svm_vcpu {
    /* vmrun.S knows these four (vmrun_offsets.h) */
    uint64_t vmcb_pa;
    uint64_t guest_gs; /* the guest's GS base: the hardware's is ours outside the guest */
    uint64_t host_gs;
    struct cpu_user_regs *regs; /* general registers except rax, which is in the VMCB */

    struct vmcb *vmcb;
    struct vcpu *vcpu;
    struct svm_domain *dom;
    const uint32_t *work; /* this CPU's WORK_* bits */
    uint32_t pending;     /* PEND_*; atomic, set from any CPU */
    /* An interrupt, as for EVENTINJ, that its controller has handed over and the guest may not have
     * had; 0: none. */
    uint32_t taken;
    bool window;        /* a virtual interrupt is armed to tell when the guest can take one */
    bool hypercall;     /* left the inner loop for a hypercall */
    bool halted;        /* executed HLT and has not been interrupted since */
    bool parked;        /* waits for a STARTUP message */
    uint8_t start_page; /* … which said where to begin */
    enum { NMI_OPEN, NMI_BLOCKED, NMI_RETURNING } nmi;
    uint32_t io_exits; /* counts port accesses */
    struct lapic lapic;
    struct timer apic_timer;
    uint64_t tsc_deadline; /* as the guest wrote it */
    uint8_t event_vector;  /* its events come as this interrupt of its local APIC; 0: they do not */
    struct insn_hint hint;
    void *msrpm;
    uint64_t dr[4];
    uint32_t asid_cpu;        /* where the address space tag is valid ... */
    uint64_t asid_generation; /* ... and in which generation of that CPU's */
    uint64_t mtrr[30];        /* as written; they have no effect */
};

/* ---- svm.c */
extern uint32_t svm_features; /* CPUID 0x8000000a EDX of the boot CPU */
extern bool svm_virq;         /* interrupts are delivered as the virtual one, if possible */
/* Allocate the containers of a domain and of its vcpu 0. False: out of memory. */
bool svm_domain_create(struct domain *d);
bool svm_vcpu_create(struct vcpu *v);

/* ---- asid.c */
/* Give sv an address space tag that is valid on this CPU. */
void svm_asid_update(struct svm_vcpu *sv, uint32_t cpu);
void svm_asid_init_cpu(uint32_t cpu, uint32_t nr_asids);
/* Drop all translations of this vcpu before it runs next. */
void svm_asid_flush(struct svm_vcpu *sv);

/* ---- vmrun.S */
void svm_run_loop(struct svm_vcpu *sv);

/* ---- exit.c: handlers of one exit. True: leave the inner loop. */
bool svm_exit(struct svm_vcpu *sv);
typedef bool (*svm_exit_fn)(struct svm_vcpu *sv);
bool svm_exit_cpuid(struct svm_vcpu *sv);
bool svm_exit_msr(struct svm_vcpu *sv);
bool svm_exit_ioio(struct svm_vcpu *sv);
bool svm_exit_npf(struct svm_vcpu *sv);
/* Has something arrived that ends a HLT? */
bool svm_ends_halt(struct svm_vcpu *sv);
/* Block the halted vcpu until something arrives; the caller leaves the inner loop. */
void svm_halt(struct svm_vcpu *sv);

/* ---- inject.c */
/* Queue an exception (error code: -1 for none) for the next entry. */
void svm_inject(struct svm_vcpu *sv, unsigned int vector, int32_t error);
void svm_inject_page_fault(struct svm_vcpu *sv, uint64_t address, uint32_t error);
/* The trap after an instruction that was finished with RFLAGS.TF set. */
void svm_inject_step(struct svm_vcpu *sv);
/* An intercepted #DB: the guest gets it. */
void svm_inject_debug(struct svm_vcpu *sv);
/* An exit interrupted the delivery of an event: deliver it again. */
void svm_reinject(struct svm_vcpu *sv);
/* After an exit: what has become of the event that was to be delivered. */
static inline void svm_settle(struct svm_vcpu *sv)
{
    if (sv->taken && !(sv->vmcb->int_ctl & INT_V_IRQ))
        sv->taken = 0; /* the guest has had it */
    if (unlikely(sv->vmcb->exit_int_info & EVENT_VALID))
        svm_reinject(sv);
}
/* INTR is asserted, or a window was asked for: inject the interrupt or ask for a window. */
void svm_update_interrupt(struct svm_vcpu *sv);

/* Does an event wait that comes as a vector? */
static inline bool svm_upcall(const struct svm_vcpu *sv)
{
    return READ_ONCE(sv->dom->upcall_vector) && !sv->event_vector &&
           READ_ONCE(sv->vcpu->info->evtchn_upcall_pending);
}
/* Would an interrupt be delivered if the guest had them on? */
bool svm_interrupt_pending(struct svm_vcpu *sv);
/* Act on what needs no interrupt: timers, stale translations. */
void svm_poll(struct svm_vcpu *sv);
/* Events that come by a PIC: set its input as the guest's flag says. */
void svm_upcall_line(struct svm_vcpu *sv);

#define RFLAGS_TF (1u << 8)
#define RFLAGS_IF (1u << 9)
#define RFLAGS_DF (1u << 10)

#define EXC_DB  1
#define EXC_NMI 2
#define EXC_UD  6
#define EXC_GP  13
#define EXC_PF  14
#define EXC_AC  17
#define EXC_MC  18

/* ---- insn.c */
#define INSN_MAX 15
/* The bytes at rip; how many could be read. */
unsigned int svm_fetch(struct svm_vcpu *sv, uint8_t bytes[INSN_MAX]);
/* Finish the instruction that caused the exit: `opcode` are its `nr` bytes without prefixes. Reads
 * the guest's code to find the prefixes. */
void svm_skip(struct svm_vcpu *sv, const uint8_t *opcode, unsigned int nr);
/* Finish it when the address of the next one is known. */
static inline void svm_skip_to(struct svm_vcpu *sv, uint64_t rip)
{
    struct vmcb *c = sv->vmcb;

    c->rip = rip;
    c->int_shadow = 0;
    if (unlikely(c->rflags & RFLAGS_TF))
        svm_inject_step(sv);
}
/* Do the two bytes at rip spell `opcode` (first byte low)? False also when that is not known
 * without a walk of the guest's page tables. */
static inline bool svm_insn_is(const struct svm_vcpu *sv, uint16_t opcode)
{
    const struct vmcb *c = sv->vmcb;
    uint64_t offset = c->rip % PAGE_SIZE;

    return sv->hint.page == c->rip >> PAGE_SHIFT && sv->hint.cr3 == c->cr3 &&
           offset < PAGE_SIZE - 2 && *(const uint16_t *)(sv->hint.bytes + offset) == opcode;
}
/* svm_skip() for the two-byte opcodes that guests execute all the time. */
static inline void svm_skip2(struct svm_vcpu *sv, uint16_t opcode)
{
    const uint8_t bytes[] = {(uint8_t)opcode, opcode >> 8};

    if (svm_features & SVM_FEATURE_NRIPS)
        svm_skip_to(sv, sv->vmcb->next_rip);
    else if (likely(svm_insn_is(sv, opcode)))
        svm_skip_to(sv, sv->vmcb->rip + 2);
    else
        svm_skip(sv, bytes, 2);
}
/* Which bits of the index registers count for the string instruction at the current rip. */
uint64_t svm_address_mask(struct svm_vcpu *sv);
/* Base of the segment an OUTS at the current rip reads from, honouring a prefix; its *limit. */
uint64_t svm_outs_base(struct svm_vcpu *sv, uint64_t *limit);

/* ---- gmem.c: guest memory by the guest's own page tables */
enum gmem_access { GMEM_READ = 0, GMEM_WRITE = 1, GMEM_FETCH = 2 };
struct gmem_fault {
    uint64_t address;
    uint32_t error; /* page-fault error code */
};
/* Guest-physical address of a linear one. False if the access faults; then *error says how. */
bool gmem_translate(struct svm_vcpu *sv, uint64_t linear, enum gmem_access access, bool user,
                    uint64_t *gpa, uint32_t *error);
/* Host address of a linear address, NULL if it faults or has no RAM behind it. The pointer is good
 * up to the end of the page. */
void *gmem_linear(struct svm_vcpu *sv, uint64_t linear, enum gmem_access access, bool user);
/* Copy from or (GMEM_WRITE) to the guest, as its present privilege level may. Bytes not copied;
 * *fault describes the page fault if there are any. */
size_t gmem_copy(struct svm_vcpu *sv, uint64_t linear, void *buf, size_t n, enum gmem_access access,
                 struct gmem_fault *fault);
static inline bool svm_long_mode(const struct vmcb *c)
{
    return c->efer & EFER_LMA;
}
static inline bool svm_64bit(const struct vmcb *c)
{
    return svm_long_mode(c) && (c->cs.attrib & SEG_ATTR_L);
}

/* ---- npt.c: nested page table */
bool npt_create(struct domain *d, uint64_t bytes);
void npt_destroy(struct svm_domain *sd);
/* Host address of guest-physical `gpa` if there is RAM, NULL otherwise. */
void *npt_ram(struct svm_domain *sd, uint64_t gpa);
/* Map one page. False: no memory for tables, or the bound on tables was reached. */
bool npt_map(struct svm_domain *sd, uint64_t gpa, mfn_t mfn);
/* Memory ends here and goes on at 4 GiB. */
#define SVM_HOLE_START (3ull << 30)

/* ---- mmio.c: registers of the APICs in memory */
bool svm_is_mmio(const struct svm_vcpu *sv, uint64_t gpa);
/* Finish the access there. False: the instruction is not one that is known. */
bool svm_mmio(struct svm_vcpu *sv, uint64_t gpa);

/* ---- apic.c */
static inline uint32_t svm_apic_id(const struct vcpu *v)
{
    return LAPIC_ID_STEP * v->id;
}
void svm_apic_init(struct svm_vcpu *sv);
/* An interrupt to this CPU: the guest it is about to enter gets no further than through an event.
 */
void svm_interrupt_self(void);
/* Set bits of sv->pending and make the vcpu notice. Any CPU. */
void svm_pend(struct svm_vcpu *sv, uint32_t bits);
/* An interrupt message of the I/O APIC or another processor: the command register's low half. */
void svm_message(struct domain *d, uint32_t command, uint32_t destination);
void svm_apic_restart(struct svm_vcpu *sv);
/* The vector that the local APIC would deliver, and taking it; -1: none. */
int svm_apic_pending(struct svm_vcpu *sv);
int svm_apic_ack(struct svm_vcpu *sv);
uint32_t svm_apic_read(struct svm_vcpu *sv, uint32_t offset);
void svm_apic_write(struct svm_vcpu *sv, uint32_t offset, uint32_t value);
/* False: no register of the APIC's, or the access faults. */
bool svm_apic_rdmsr(struct svm_vcpu *sv, uint32_t msr, uint64_t *value);
bool svm_apic_wrmsr(struct svm_vcpu *sv, uint32_t msr, uint64_t value);
#define MSR_TSC_DEADLINE 0x6e0u

/* ---- start.c */
void svm_protected_state(struct svm_vcpu *sv);
void svm_long_state(struct svm_vcpu *sv, uint64_t entry, uint64_t tables);
/* Registers as after a reset, but for CS to SS and TR, which depend on the mode. */
void svm_reset_state(struct svm_vcpu *sv);
/* INIT and STARTUP messages. False: the vcpu waits for one. */
bool svm_started(struct svm_vcpu *sv);

/* ---- cpuid.c */
void svm_cpuid_init(void);

/* ---- msr.c */
void svm_msr_init(struct svm_vcpu *sv);

/* ---- xen.c: what makes the domain a guest of Xen. False: out of memory. */
bool svm_xen_init(struct domain *d);

/* ---- machine.c: the emulated PC around struct pc */
/* With devices, or (PVH) without any. False: out of memory. */
bool machine_init(struct domain *d, uint64_t memory, bool hardware);
/* Xen's platform device, which takes emulated devices away when a guest asks for that. */
bool machine_add_platform(struct domain *d);
uint32_t machine_in(struct svm_vcpu *sv, uint16_t port, unsigned int size);
void machine_out(struct svm_vcpu *sv, uint16_t port, unsigned int size, uint32_t value);
/* n elements of a string instruction at once; how many were: the rest goes one by one. */
unsigned int machine_in_block(struct svm_vcpu *sv, uint16_t port, void *buf, unsigned int size,
                              unsigned int n);
unsigned int machine_out_block(struct svm_vcpu *sv, uint16_t port, const void *buf,
                               unsigned int size, unsigned int n);
/* Whatever changes the machine does it between these two. */
struct svm_domain *machine_lock(struct domain *d);
void machine_unlock(struct domain *d, struct svm_domain *sd);
/* Registers of the I/O APIC. */
uint32_t machine_ioapic_read(struct svm_vcpu *sv, uint32_t offset);
void machine_ioapic_write(struct svm_vcpu *sv, uint32_t offset, uint32_t value);
/* Interrupt acknowledge: the vector, or -1 if INTR has gone. */
int machine_ack(struct svm_vcpu *sv);

/* ---- machine_disk.c: the domain's disks behind ATA. False: out of memory. */
bool machine_disks_init(struct domain *d);
void machine_disks_free(struct svm_domain *sd);
/* Start what the channels want; dev_lock is held, and released meanwhile. */
void machine_disks_serve(struct svm_domain *sd);

/* ---- machine_nic.c: its interfaces behind NE2000s; likewise. */
bool machine_nics_init(struct domain *d);
void machine_nics_free(struct svm_domain *sd);
void machine_nics_serve(struct svm_domain *sd);

/* Pull the cards out of the switch; no lock is held. */
void machine_nics_unplug(struct svm_domain *sd);

/* ---- hypercall.c */
/* Serve the hypercall that ended the inner loop. */
void svm_hypercall(struct svm_vcpu *sv);
/* The guest wrote `value` to the hypercall page MSR; false if it names no page of RAM. */
bool svm_hypercall_page(struct svm_vcpu *sv, uint64_t value);
#define SVM_HYPERCALL_MSR 0x40000000u

static inline struct svm_vcpu *svm_vcpu_of(const struct vcpu *v)
{
    return v->arch.svm;
}

#endif
