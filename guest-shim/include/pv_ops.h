/* SPDX-License-Identifier: MIT */
/*
 * pv_ops: everything the kernel does that a para-virtualized port has to do in another way.
 *
 * There is one table of functions and there are two sets of it: x86/native/ executes privileged
 * instructions and drives emulated PC hardware (hw/), x86/xen/ makes hypercalls through the
 * library in ../hypercall. Which one is linked decides which kernel comes out; nothing else of the
 * kernel knows. `make show-port` prints the two implementations of every entry side by side.
 *
 * Each entry says what it does and, after "Port:", why native code cannot stay.
 */
#ifndef SHIM_PV_OPS_H
#define SHIM_PV_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mm.h"
#include "trap.h"

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

enum shutdown_reason {
    SHUTDOWN_OFF,
    SHUTDOWN_RESTART,
    SHUTDOWN_CRASHED,
};

struct pv_cpu_ops {
    /* Selectors of user mode. Port: the hypervisor's GDT has flat segments at fixed places. */
    uint16_t user_cs, user_ss;

    /*
     * Install the trap table and the system-call entry.
     * Port: lidt and the LSTAR family of MSRs belong to the hypervisor; it keeps a virtual trap
     * table and delivers exceptions and system calls to the guest itself.
     */
    void (*load_traps)(const struct trap_gate *gates, unsigned count);

    /*
     * Set up the processor: its descriptor table above all.
     * Port: a guest that writes descriptors freely could make a call gate to ring 0, so descriptor
     * pages are read-only to it and checked, and lgdt and ltr are hypercalls or not needed.
     */
    void (*init)(void);

    /*
     * Write entry `index` of the GDT (16 and up are free for use), or of the LDT page `table`.
     * Port: the page is read-only, see init.
     */
    int (*write_gdt)(unsigned index, uint64_t descriptor);
    int (*write_ldt)(uint64_t *table, unsigned index, uint64_t descriptor);

    /* Use a page as LDT of `entries` entries; 0 removes the LDT. Port: lldt is privileged. */
    int (*load_ldt)(uint64_t *table, unsigned entries);

    /*
     * Where the kernel stack starts when user mode is interrupted.
     * Port: there is no TSS of one's own; the hypervisor builds the frame on this stack.
     */
    void (*load_kernel_stack)(uint64_t sp);

    /*
     * Operations between begin and end (load_kernel_stack, set_ts, mmu.activate, set_fs_base) may
     * be queued and take effect at end. Port: a context switch costs one hypercall, not four.
     */
    void (*begin_switch)(void);
    void (*end_switch)(void);

    /* Base of the user's FS segment. Port: an MSR write, so it would be a slow trap. */
    void (*set_fs_base)(uint64_t base);

    /* CPUID as this guest should see it. Port: the instruction itself shows the real machine. */
    void (*cpuid)(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out);

    /*
     * Model-specific registers; false if the register refuses.
     * Port: the trapped instructions still work, at the price of an emulation.
     */
    bool (*read_msr)(uint32_t msr, uint64_t *value);
    bool (*write_msr)(uint32_t msr, uint64_t value);

    /* Control registers. Port: trapped and emulated; a guest sees and sets its virtual ones. */
    uint64_t (*read_cr0)(void);
    uint64_t (*read_cr4)(void);
    bool (*write_cr4)(uint64_t value);

    /* Set CR0.TS (next FPU use raises #NM) or clear it. Port: one hypercall replaces a trap. */
    void (*set_ts)(bool on);

    /* Debug registers 0-3, 6, 7; false if the value is refused. Port: privileged. */
    bool (*set_debugreg)(unsigned n, uint64_t value);
    uint64_t (*get_debugreg)(unsigned n);

    /*
     * User access to I/O ports: by level (0 or 3), or `count` single ports from `first` on.
     * Port: RFLAGS.IOPL and the TSS bitmap are out of reach; the hypervisor keeps virtual ones.
     */
    int (*set_iopl)(unsigned level);
    int (*allow_ports)(unsigned first, unsigned count);

    /* Give the processor away for a moment. Port: natively there is nobody to give it to. */
    void (*yield)(void);

    /* End the machine. Port: there is no power-off port; the hypervisor is told the reason. */
    void (*shutdown)(enum shutdown_reason reason) __attribute__((noreturn));
};

/* One page-table entry to write. `slot` is an address in the direct map. */
struct pte_update {
    pte_t *slot;
    pte_t value;
};

struct pv_mmu_ops {
    /*
     * An entry that maps `pfn` with `flags` at level 1 or points to table `pfn`, and the frame an
     * entry refers to (PFN_NONE if it is none of ours).
     * Port: guest frame numbers are not machine frame numbers; entries hold the latter.
     */
    pte_t (*make_pte)(pfn_t pfn, uint64_t flags);
    pfn_t (*pte_pfn)(pte_t pte);

    /*
     * Write one entry of any table in use; 0 or an error. No flush.
     * Port: tables are read-only to the guest, so that every entry can be validated.
     */
    int (*set_pte)(pte_t *slot, pte_t value);

    /* Write many. Returns how many were done. Port: as set_pte, but one hypercall carries all. */
    unsigned (*set_ptes)(const struct pte_update *updates, unsigned count);

    /*
     * Write the level-1 entry of `va` in the current address space and flush that address.
     * `slot` is where the entry is. Port: the most frequent update has a hypercall of its own.
     */
    int (*set_pte_at)(uint64_t va, pte_t *slot, pte_t value);

    /*
     * `pfn` is going to be used as a page table of `level`, its contents are final for now; and
     * the reverse, before the frame is freed (nothing may refer to it any more).
     * Port: a table must have no writable mapping, or it would not be accepted as one.
     */
    int (*make_table)(pfn_t pfn, unsigned level);
    void (*unmake_table)(pfn_t pfn, unsigned level);

    /*
     * Set slot `index` of an address space's top-level table, in user mode's as well.
     * Port: kernel and user mode have separate top levels.
     */
    int (*set_top)(struct aspace *as, unsigned index, pte_t value);

    /* Make as->user_top to go with as->top, and its end. Port: as above; natively nothing. */
    int (*init_aspace)(struct aspace *as);
    void (*exit_aspace)(struct aspace *as);

    /* Switch to an address space. Port: mov to CR3 is privileged, and there are two top levels. */
    void (*activate)(const struct aspace *as);

    /* Flush one address or all of the TLB. Port: invlpg and mov to CR3 are privileged. */
    void (*flush_one)(uint64_t va);
    void (*flush_all)(void);

    /* Address of the last page fault. Port: CR2 is the hypervisor's; it leaves a copy. */
    uint64_t (*fault_address)(void);
};

enum irq {
    IRQ_TIMER,
    IRQ_CONSOLE,
    IRQ_SELF, /* raised by software */
    IRQ_COUNT,
};

struct pv_irq_ops {
    /* Set up the interrupt controller, everything masked. Port: no PIC, event channels instead. */
    void (*init)(void);

    /* Let interrupt `irq` in, or keep it out (what arrives meanwhile stays pending). */
    void (*unmask)(enum irq irq);
    void (*mask)(enum irq irq);

    /* Is `irq` waiting to be delivered? */
    bool (*pending)(enum irq irq);

    /* Raise IRQ_SELF; false where there is no way. Port: an event takes the place of an IPI. */
    bool (*raise)(void);

    /*
     * Stop and allow interrupts on this processor; save() returns whether they were allowed.
     * Port: cli, sti and popf do not trap and would have no effect; a flag in shared memory does.
     */
    void (*disable)(void);
    void (*enable)(void);
    bool (*enabled)(void);

    /* Enable interrupts and wait for one, without a gap. Port: hlt becomes a blocking call. */
    void (*halt)(void);
};

struct pv_time_ops {
    /* Find out the clock's rate. Port: no PIT to calibrate against, and no need to. */
    void (*init)(void);

    /* Nanoseconds since boot, monotonic. Port: the hypervisor publishes scale and offset. */
    uint64_t (*now)(void);

    /* One timer interrupt `ns` from now, or none. Port: an absolute deadline, by hypercall. */
    void (*set_oneshot)(uint64_t ns);
    void (*stop)(void);

    /* Seconds since 1970. Port: there is no CMOS clock. */
    uint64_t (*wallclock)(void);
};

struct pv_console_ops {
    /* Port: no UART; a hypercall or a ring shared with the console back-end. */
    void (*init)(void);
    void (*write)(const char *text, size_t len);

    /* What has been typed, up to `len` bytes, without waiting. */
    size_t (*read)(char *text, size_t len);
};

struct pv_ops {
    const char *name; /* "native" or "xen" */
    struct pv_cpu_ops cpu;
    struct pv_mmu_ops mmu;
    struct pv_irq_ops irq;
    struct pv_time_ops time;
    struct pv_console_ops console;
};

extern const struct pv_ops pv_ops;

#endif
