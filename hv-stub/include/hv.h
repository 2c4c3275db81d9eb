/* SPDX-License-Identifier: MIT */
/*
 * hv-stub: what every part of the hypervisor shares. Prototypes are grouped by the file that
 * implements them.
 *
 * Concurrency. Interrupts are off whenever the hypervisor runs on behalf of a vcpu; a vcpu has its
 * own hypervisor stack with its register frame on top, and a CPU leaves a vcpu only on the exit
 * path to the guest (work bits), never in the middle of C code. A hypercall that would take long
 * saves its progress with hypercall_continue() and is issued again.
 *
 * Lock order (outermost first): domain.lock (page tables, memory) -> event_lock (event channels of
 * a domain; two domains: lower address first) -> runqueue lock -> timer lock -> locks of grant
 * tables
 * -> page lists (frame_owner.c) -> page allocator -> console.
 */
#ifndef HV_H
#define HV_H

#include "hv_types.h"
#include "hv_frame.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define HV_MAX_CPUS      32
#define HV_MAX_DOMAINS   32
#define HV_MAX_VCPUS     32 /* per domain: what shared_info has room for */
#define HV_MAX_DISKS     8  /* per domain; as many of them when it starts: */
#define HV_LINE_DISKS    4
#define HV_MAX_NICS      4
#define HV_LINE_NICS     2
#define HV_NR_VIRQS      NR_VIRQS
#define HV_NR_HYPERCALLS 64

/* Events that leave the fast path back to the guest: bits of percpu.work. */
#define WORK_RESCHED (1u << 0) /* pick a vcpu again */
#define WORK_TIMER   (1u << 1) /* timers may be due */
#define WORK_FULL    (1u << 2) /* the whole frame changed: return by iret, not sysret */
#define WORK_KILL    (1u << 3) /* the current domain ended */
#define WORK_FLUSH   (1u << 4) /* a TLB flush was requested by another CPU */
#define WORK_TELL    (1u << 5) /* the current PV vcpu must be told of something besides an event */
#define WORK_JOB     (1u << 6) /* deferred work waits: hv_job.h */

enum domain_kind { DOMAIN_PV, DOMAIN_FV };

enum domain_state {
    DOMAIN_BUILDING,
    DOMAIN_RUNNING,
    DOMAIN_SHUTDOWN, /* by sched_op(shutdown): shutdown_code says why */
    DOMAIN_CRASHED,  /* by us: it broke a rule that leaves nothing to run */
};

struct domain;
struct vcpu;
struct percpu;

#include "arch_types.h" /* struct arch_domain, struct arch_vcpu: chosen by include path */

struct timer {
    uint64_t expires; /* hv_now() nanoseconds; meaningful while queued */
    void (*fn)(struct timer *t);
    void *data;
    uint32_t cpu;  /* the CPU whose queue holds it */
    int32_t index; /* position in that queue, -1 when not queued */
};

enum vcpu_pause {
    VCPU_DOWN = 1u << 0,      /* not brought up, or taken down */
    VCPU_BLOCKED = 1u << 1,   /* waits for an event (block, poll, FV: hlt) */
    VCPU_PAUSED = 1u << 2,    /* domain is being built, or has ended */
    VCPU_HELD = 1u << 3,      /* domain is paused from outside */
    VCPU_SUSPENDED = 1u << 4, /* domain has suspended itself */
};

/* Kinds of exits. PV: exceptions by their vectors, and these; FV: by SVM's exit codes, and nested
 * page faults behind them. */
#define HV_EXIT_INT80        32
#define HV_EXIT_SYSCALL      33 /* of user mode */
#define HV_EXIT_SYSCALL32    34
#define HV_EXIT_NESTED_FAULT 0x90
#define HV_EXIT_KINDS        0x91

#define HC_TRACE 16 /* hypercalls remembered for a crash report */

struct hc_trace {
    uint64_t nr, arg;
};
#define HC_TICK sizeof(struct hc_trace)
_Static_assert(HC_TRACE *HC_TICK == 256, "the clock's low byte is the place of the next one");

struct vcpu {
    /* Hot: the entry code reaches these through the percpu area (offsets generated). */
    struct cpu_user_regs *regs; /* frame at the top of this vcpu's hypervisor stack */
    uint64_t hc_clock;          /* HC_TICK for each hypercall so far; hc_trace is a round of it */
    struct hc_trace hc_trace[HC_TRACE];
    uint64_t hc_count[HV_NR_HYPERCALLS];
    uint64_t exit_count[HV_EXIT_KINDS]; /* traps and exits other than hypercalls */

    struct domain *domain;
    uint32_t id;
    void *stack; /* base of the hypervisor stack */

    /* Event delivery. info points into shared_info, or at the frame given by
     * VCPUOP_register_vcpu_info (info_frame holds a reference then). */
    vcpu_info_t *info;
    struct frame *info_frame;
    uint32_t virq_port[HV_NR_VIRQS]; /* 0: unbound */

    /* Scheduling (sched.c). pause and on_cpu are read by other CPUs. */
    uint32_t pause; /* enum vcpu_pause bits; atomic */
    uint32_t cpu;   /* runqueue it belongs to */
    bool running;   /* picked by its CPU, until sched_saved() after it was switched out */
    bool queued;    /* on that runqueue, waiting */
    bool yielded;   /* gives its turn to the others once */
    bool stopped;   /* or was about to: if lazy jobs wake it, then behind whom else they woke */
    struct list run_link;
    int64_t credit_ns;    /* time left in this round */
    uint32_t sched_round; /* the round credit_ns belongs to */
    uint64_t run_since;   /* hv_now() when it was switched in */
    uint64_t cpu_time_ns;

    /* sched_op(poll), while our bit in domain.poll_mask is set: the port that ends it, 0: any */
    uint32_t poll_port;
    struct timer poll_timer;

    /* Time (time.c, vcpu_op.c) */
    struct timer oneshot_timer, periodic_timer;
    uint64_t periodic_ns;
    uint64_t last_tick; /* when VIRQ_TIMER was last raised by the periodic timer */
    struct vcpu_runstate_info runstate;
    uint64_t runstate_gva; /* 0: not registered */
    struct frame *runstate_frame;
    uint64_t time_info_gva; /* secondary time area; 0: not registered */
    /* Between its user and its kernel it does not go the short ways (x86/pv/fast.S) while */
    union {
        struct {
            bool areas_pending; /* an area could not be written: try again in kernel mode */
            bool shows_iopl;    /* VMASST_TYPE_architectural_iopl */
            bool nmi_masked;    /* from its delivery until the next iret */
        };
        uint32_t not_short;
    };
    uint64_t tsc_offset; /* what its TSC is ahead of ours, modulo 2^64 */
    uint32_t time_version;
    uint64_t time_updated; /* hv_now() of the last time_update_vcpu() */
    bool initialised;      /* VCPUOP_initialise was done */
    bool init_claimed;     /* … or is being done */

    /* Batches: index of the entry in work, for diagnostics; the multicall entry that runs, if any
     */
    uint32_t batch_index;
    struct multicall_entry *mc_entry; /* only op is filled in */
    uint32_t mc_index;
    uint32_t mc_continued; /* not 0: the entry asked to be continued with that many new arguments,
                            * which mc_entry holds */

    struct arch_vcpu arch;
};

struct evtchn;      /* core/evtchn.h */
struct evtchn_ops;  /* core/evtchn.h */
struct evtchn_fifo; /* core/evtchn_fifo.h */
struct grant_table; /* core/grant.h */

struct domain {
    domid_t id;
    char name[24];
    enum domain_kind kind;
    enum domain_state state;
    uint8_t shutdown_code;  /* SHUTDOWN_* when state is DOMAIN_SHUTDOWN */
    bool destroyed;         /* … and it was ended from outside */
    struct vcpu *suspender; /* whose call suspended the domain; NULL: it is not */
    bool console_midline;   /* prefix again after the next newline */

    spinlock_t lock;       /* page tables and memory */
    spinlock_t event_lock; /* event channels */

    uint32_t nr_vcpus;
    struct vcpu *vcpu[HV_MAX_VCPUS];
    uint32_t weight;

    uint64_t tot_pages, max_pages;
    uint32_t dead_tables; /* lock: first frame of the list, see hv_frame.h; 0: none */
    struct list pages;    /* frames allocated to this domain (frame.link) */
    shared_info_t *shared;
    mfn_t shared_mfn;
    uint64_t vm_assist; /* bit mask of VMASST_TYPE_* */
    xen_domain_handle_t handle;

    const struct evtchn_ops *evtchn_ops; /* how its events reach it (core/evtchn.h) */
    struct evtchn_fifo *evtchn_fifo;     /* … if it asked for queues; NULL: it did not */
    struct evtchn **evtchn;              /* buckets, allocated on demand (evtchn.c) */
    uint32_t nr_evtchn_buckets;
    uint64_t evtchn_used[64]; /* bit per port that is not free: the lowest free one in O(1) */
    uint32_t evtchn_reset_next;
    uint32_t poll_mask; /* vcpus inside sched_op(poll); atomic */

    struct grant_table *grants; /* hv_grant.h */
    uint64_t *hvm_param;        /* FV with Xen in sight: HVM_PARAM_*; NULL: none */
    bool mapped_elsewhere;      /* others have, or had, frames of it in their page tables */

    /* PV console and store rings (start_info) and our ends of their event channels */
    mfn_t console_mfn, store_mfn;
    evtchn_port_t console_port, store_port;
    /* Not NULL: we hold a reference and an FT_WRITABLE type on the ring's frame. */
    struct frame *console_frame, *store_frame;
    struct frame *eoi_frame;         /* likewise: PHYSDEVOP_pirq_eoi_gmfn; atomic */
    bool detached;                   /* ended, and nothing can reach it from outside any more */
    bool preserved;                  /* ended, and kept as it is */
    bool building_again;             /* … and all its memory was given back: it starts again */
    bool released;                   /* … or it is over */
    const struct domain_config *cfg; /* what it was built from; NULL: it does not start again */
    uint64_t started_at, restart_at; /* hv_now(); restart_at: with building_again */

    int64_t time_offset_s; /* XENPF_settime-like shift of wall clock */
    struct timer watchdog[2];
    bool watchdog_used[2]; /* event_lock */

    uint64_t hc_count_dead[HV_NR_HYPERCALLS];
    uint64_t refused; /* hypercalls that ended in an error */
    char cmdline[1024];

    struct arch_domain arch;
};

/* ---- main.c */
struct hv_options {
    bool strict, stats, prefix, debug, control;
    uint32_t blk_restart_ms; /* block back-ends begin anew so often; 0: never */
    uint32_t net_restart_ms; /* … network back-ends */
};
extern struct hv_options hv_opt;
extern struct domain
    *domains[HV_MAX_DOMAINS];    /* by id; NULL where none; filled before guests run */
extern uint32_t domains_refused; /* by their builders */
extern uint32_t nr_domains;      /* highest id + 1 */
/* Build domain id, or build it anew after its end (restart.c), with its store and devices; it does
 * not run yet. NULL: its builder said why not. */
struct domain *domain_build(domid_t id);
/* NULL if there is none. DOMID_SELF is the caller's to translate. Domains are never freed. */
struct domain *domain_by_id(domid_t id);
/* Is there a domain with this number? Domain 0 is hv-stub itself, which has no struct domain. */
static inline bool domain_exists(domid_t id)
{
    return !id || domain_by_id(id);
}

/* ---- log.c: the hypervisor's own lines go to COM1 with "(hv) " in front. printf subset:
 * %d %i %u %x with l, ll or z, %s %c %p %% with width, zero padding, - and (%s) precision. Returns
 * the length the whole text has; at most n bytes with the final 0 are written. */
void hv_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int hv_vsnprintf(char *buf, size_t n, const char *fmt, va_list ap);
int hv_snprintf(char *buf, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Our own bug: dump, end the machine with status "panic". */
void hv_panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define HV_ASSERT(c)                                                          \
    do {                                                                      \
        if (unlikely(!(c)))                                                   \
            hv_panic("assertion failed: %s (%s:%d)", #c, __FILE__, __LINE__); \
    } while (0)

/* ---- diag.c: strict mode. Say which rule a guest broke and hand the error back:
 *     return hv_refuse(-XEN_EINVAL, "type %u is not a command", cmd);
 * Prints one line (domain, vcpu, guest rip, hypercall and index, the rule) in strict mode only. */
long hv_refuse(long err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, followed by the frame's owner, type and counts. */
long hv_refuse_frame(long err, mfn_t mfn, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- domain.c */
/* Allocate a domain with its shared_info and vcpus (all down and paused), or empty the one that has
 * this number and is over. NULL: out of memory. The caller enters it into domains[]. */
struct domain *domain_create(domid_t id, enum domain_kind kind, uint32_t nr_vcpus,
                             uint64_t max_pages);
/* Start it: vcpu 0 comes up (the builder set its context), the others wait for VCPUOP_up. */
void domain_unpause(struct domain *d);
/* Guest broke a rule nothing can run past: log the reason with registers, stack and the last
 * hypercalls of v (may be NULL), stop all its vcpus. Returns; the caller goes to the exit path. */
void domain_crash(struct domain *d, struct vcpu *v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* sched_op(shutdown): stop all vcpus with the guest's own reason. */
void domain_shutdown(struct domain *d, uint8_t reason);
bool domain_alive(const struct domain *d);
/* Domains that ended and were not given back yet. Atomic. */
extern uint32_t domains_to_reap;
/* Called by the idle loop before it halts, and before it looks for a vcpu while there are such:
 * gives back memory of ended domains in bounded steps
 * (raises WORK_RESCHED for itself while some is left) and ends the machine when no domain is left.
 */
void domain_reap_check(void);
/* Have fn called when a domain ended and its event channels and store nodes are gone, again each
 * time somebody reaps until it returns true: nothing of the domain is used any more. Its memory is
 * kept until then. At boot, four functions at most; the same one again is no other. */
void domain_end_hook(bool (*fn)(struct domain *d));
/* ---- suspend.c: have fn called when a suspended domain goes on as a new one, again until it
 * returns true: its devices wait to be connected anew. At boot, one function. */
void domain_resume_hook(bool (*fn)(struct domain *d));

/* ---- hypercall.c */
typedef long (*hypercall_fn)(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                             uint64_t a6);
struct hypercall_desc {
    const char *name;
    uint8_t nargs;
    bool fv;         /* also open to FV/PVH domains */
    hypercall_fn fn; /* all six arguments are passed; a handler declares those it uses */
};
extern const struct hypercall_desc hypercall_table[HV_NR_HYPERCALLS];
/* The handlers alone, for the entry code; unknown numbers hold hc_enosys(). Both come from
 * handlers.h. */
extern const hypercall_fn hypercall_fns[HV_NR_HYPERCALLS];
/* Out of work time: arrange that the guest issues hypercall nr again with these arguments (or,
 * inside a multicall, that the entry does). The handler must return this value as its result. While
 * a handler runs, regs->rip points behind the guest's hypercall instruction. */
long hypercall_continue(uint32_t nr, unsigned nargs, uint64_t a1, uint64_t a2, uint64_t a3,
                        uint64_t a4);
/* Should a long batch stop now? Opens a short interrupt window; true when work is pending. */
bool hypercall_preempt(void);
/* The result is read back by the guest (mfn lists etc.): one bounds-checked copy each way.
 * Return 0 or -XEN_EFAULT. A gva in hypervisor space or not mapped is -XEN_EFAULT. */
int guest_read(void *dst, gva_t src, size_t n);
int guest_write(gva_t dst, const void *src, size_t n);
/* Could d have anything there? Where the ABI answers -XEN_EFAULT before it looks. */
static inline bool guest_address_ok(const struct domain *d, gva_t a)
{
    return a.v < 1ull << 47 || a.v >= HYPERVISOR_VIRT_END || d->kind != DOMAIN_PV;
}

/* ---- sched.c: weighted round robin with credits, per-CPU queues, O(1) pick */
void sched_init_cpu(uint32_t cpu);
void sched_init_vcpu(struct vcpu *v); /* chooses the CPU with the fewest vcpus */
/* Take v's current pause bits into account (queue or dequeue it), kick its CPU if it should run. */
void vcpu_wake(struct vcpu *v);
/* Has another CPU than this one nothing to run? For a moment, perhaps. */
bool sched_idle_elsewhere(void);
void vcpu_sleep(struct vcpu *v);
/* Set/clear pause bits atomically and wake or sleep accordingly. */
void vcpu_pause_set(struct vcpu *v, uint32_t bits);
void vcpu_pause_clear(struct vcpu *v, uint32_t bits);
/* On this CPU: account the vcpu that ran (may be NULL), pick the next. NULL means idle. Arms the
 * slice timer. Called on the exit path only, with prev's address space still loaded. When the
 * result differs from prev the exit path switches, and calls sched_saved(prev)       (if not NULL)
 * once nothing of prev is left on this CPU: registers saved, its page tables not loaded. From then
 * on another CPU may run it or free it. vcpu_switched_in(next)  (if not NULL) once next's address
 * space is loaded. */
struct vcpu *sched_pick(struct vcpu *prev);
void sched_saved(struct vcpu *prev);
/* v has an event to notice: wake it if blocked, interrupt its CPU if it runs on another one. */
void vcpu_kick(struct vcpu *v);

/* ---- timer.c: per-CPU queues of one-shot timers, driven by arch_timer_set() */
void timer_init(struct timer *t, uint32_t cpu, void (*fn)(struct timer *), void *data);
void timer_set(struct timer *t, uint64_t expires_ns); /* replaces an earlier setting */
void timer_cancel(struct timer *t);
void timers_run(void); /* fire what is due on this CPU and arm the hardware for the next */

/* ---- time.c */
void time_init(void);
uint64_t hv_now(void); /* ns since boot, monotonic across CPUs */
/* hv_now() when the TSC has that value; 0 if that was before the boot. */
uint64_t hv_time_at(uint64_t tsc);
/* Fill v->info->time: version odd while in change. */
void time_update_vcpu(struct vcpu *v);
void time_update_wallclock(struct domain *d);
void runstate_change(struct vcpu *v, int state, uint64_t now);
/* v starts to run on this CPU and its address space is loaded: time, runstate and periodic tick. */
void vcpu_switched_in(struct vcpu *v);
/* Write the registered runstate and time areas of the current vcpu. These are addresses in the
 * guest kernel's address space: while that is not loaded (guest user mode) v->areas_pending is left
 * set, and the switch to kernel mode calls this again. */
void vcpu_areas_update(struct vcpu *v);

/* ---- evtchn.c */
int evtchn_init(struct domain *d);
void evtchn_destroy(struct domain *d);
/* Raise a virtual interrupt on v, if the guest has bound it. Global VIRQs go through v 0. */
void virq_raise(struct vcpu *v, uint32_t virq);
/* hv-stub's own end (domid 0) of a channel to d: allocate an unbound port in d for remote 0 and
 * bind it to handler, called (event lock not held) when the guest sends. Returns the port or
 * -errno. */
int evtchn_alloc_hv(struct domain *d, void (*handler)(struct domain *d, evtchn_port_t port));
/* hv-stub notifies the guest through such a port. */
void evtchn_notify_hv(struct domain *d, evtchn_port_t port);
/* Bind to a port that the guest allocated for domain 0. 0 or -XEN_EINVAL: it is not such a port. */
int evtchn_bind_hv(struct domain *d, evtchn_port_t port,
                   void (*handler)(struct domain *d, evtchn_port_t port));
/* It waits for domain 0 again. A port that is not bound to handler is left alone. The handler may
 * be running on another CPU still. */
void evtchn_unbind_hv(struct domain *d, evtchn_port_t port,
                      void (*handler)(struct domain *d, evtchn_port_t port));
/* Is an upcall pending and not masked? (decides on the way out and in block) */
static inline bool vcpu_event_pending(const struct vcpu *v)
{
    return READ_ONCE(v->info->evtchn_upcall_pending) && !READ_ONCE(v->info->evtchn_upcall_mask);
}

/* ---- console.c */
void console_init(void);
/* Guest text; prefixed per line when several domains run. */
void console_guest_write(struct domain *d, const char *s, size_t n);
/* One character typed by the user for the domain in focus, -1 if none. */
int console_guest_read(struct domain *d);
int console_ring_init(struct domain *d); /* service of the PV console page: drains, feeds input */
void console_input_poll(void);           /* from the timer or the UART interrupt */
/* raw machine output */
void console_puts(const char *s);
void console_write(const char *s, size_t n);

/* ---- control.c: requests from outside the machine */
void control_init(void);  /* before guests run */
void control_input(void); /* something may have arrived; from an interrupt */

/* ---- stats.c */
void stats_write(void); /* JSON of all domains to COM2 */
/* Traps and exits of v so far. */
uint64_t vcpu_exits(const struct vcpu *v);
static inline uint64_t vcpu_hypercalls(const struct vcpu *v)
{
    return v->hc_clock / HC_TICK;
}
/* The i-th hypercall of v, one of the last HC_TRACE. */
static inline struct hc_trace *vcpu_hypercall(struct vcpu *v, uint64_t i)
{
    return &v->hc_trace[i % HC_TRACE];
}
static inline void vcpu_note_hypercall(struct vcpu *v, uint64_t nr, uint64_t arg)
{
    *vcpu_hypercall(v, vcpu_hypercalls(v)) = (struct hc_trace){nr, arg};
    v->hc_clock += HC_TICK;
}
/* The number of that in work, or of the last. */
static inline uint64_t vcpu_last_hypercall(const struct vcpu *v)
{
    return v->hc_trace[(vcpu_hypercalls(v) - 1) % HC_TRACE].nr;
}

/* ---- handlers (hypercall_table): arguments as in the public headers */
/* What follows the end of a domain, as in xl.cfg. */
enum end_action {
    END_DESTROY,
    END_RESTART,  /* it is built anew from its modules, in a second or so */
    END_PRESERVE, /* what it held stays until somebody destroys it */
};
struct builder_module {
    const char *cmdline; /* guest command line */
    const void *data;    /* mapped by us */
    uint64_t size;
};
enum disk_media { DISK_RAM, DISK_VIRTIO };
/* disk=MEDIA,VDEV,MODE[,iops=N] of a module line. */
struct disk_config {
    enum disk_media media;
    uint32_t index;  /* DISK_VIRTIO: of the disk, in the order they were found */
    uint32_t mib;    /* DISK_RAM: size */
    char name[16];   /* DISK_RAM: shared with whoever gives the same name; "": private */
    char vdev[8];    /* "xvda": what the guest calls it */
    uint32_t number; /* … in numbers, as its directories in the store are named */
    bool writable;
    uint32_t iops; /* limit of requests a second, 0: none */
};
/* net[=mac=..][,rate=KiB/s] */
struct net_config {
    uint8_t mac[6];
    bool has_mac;
    uint32_t rate_kib; /* limit of what it sends a second, 0: none */
};
struct domain_config {
    enum domain_kind kind;
    char name[24];
    uint64_t mem_mib;
    uint32_t vcpus, weight;
    const char *cmdline;
    struct builder_module kernel, ramdisk; /* ramdisk.size 0: none */
    uint32_t nr_disks, nr_nics;
    struct disk_config disk[HV_LINE_DISKS];
    struct net_config nic[HV_LINE_NICS];
    bool xen; /* FV: it is told of hypercalls and PV devices */
    enum end_action on_reboot, on_crash;
    bool pvh;      /* FV: it has nothing else, no emulated hardware */
    bool observer; /* it may read what a toolstack reads */
};
/* core/observe.h */
static inline bool domain_observes(const struct domain *d)
{
    return d->cfg && d->cfg->observer;
}
/* ---- builder.c: PV domain from an ELF with Xen notes. Errors are logged; NULL on failure. */
struct domain *pv_domain_build(domid_t id, const struct domain_config *cfg);
/* ---- x86/svm: FV domain from an ELF with PVH note or a Multiboot image. NULL on failure. */
struct domain *fv_domain_build(domid_t id, const struct domain_config *cfg);

#include "hv_arch.h"

#endif
