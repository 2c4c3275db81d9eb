/* SPDX-License-Identifier: MIT */
/*
 * Receiving events: the 2-level bitmaps of shared_info, <xen/xen.h>. This library keeps a handler
 * per port and a cursor per vcpu; all memory is the caller's.
 *
 * Three flags stand between a port's event and its handler, each in memory shared with the
 * hypervisor, which writes from any processor:
 *   evtchn_pending[port]   set by the sender; cleared by the guest
 *   evtchn_mask[port]      set and cleared by the guest; masked, the event is only remembered
 *   vcpu_info of the vcpu that the port is bound to: evtchn_pending_sel, one bit per word of
 *                          evtchn_pending to look at; evtchn_upcall_pending, "look at the selector"
 * The hypervisor sets them in that order on sending, and looks at evtchn_upcall_mask (the guest's
 * virtual interrupt flag) last. The guest clears them in the opposite order. What could go wrong
 * in between, and why it does not, is explained step by step in evtchn.c.
 */
#ifndef PVKIT_EVTCHN_H
#define PVKIT_EVTCHN_H

#include <pvkit/types.h>
#include <xen/event_channel.h>

#define PVK_EVTCHN_WORD_BITS 64
#define PVK_EVTCHN_WORDS     64
#define PVK_EVTCHN_MAX       (PVK_EVTCHN_WORDS * PVK_EVTCHN_WORD_BITS)

/*
 * Called from pvk_evtchn_dispatch(), on the vcpu that owns the port, upcalls masked. The event is
 * consumed before the call: one that arrives during it causes another call. May mask, unmask,
 * attach, detach and send.
 */
typedef void pvk_evtchn_handler(evtchn_port_t port, void *data);

struct pvk_evtchn_port {
    pvk_evtchn_handler *handler;
    void *data;
    uint32_t vcpu; /* who handles it */
};

struct pvk_evtchn_vcpu {
    struct vcpu_info *info;              /* shared with the hypervisor */
    xen_ulong_t owned[PVK_EVTCHN_WORDS]; /* ports that this vcpu handles */
    unsigned int word, bit;              /* where the next scan starts */
};

struct pvk_evtchn {
    struct shared_info *shared; /* shared with the hypervisor */
    struct pvk_evtchn_port *ports;
    struct pvk_evtchn_vcpu *vcpus;
    unsigned int nr_ports; /* usable ports are 1 ... nr_ports - 1 */
    unsigned int nr_vcpus;
    bool hvm; /* the guest has a real interrupt flag instead of evtchn_upcall_mask */
};

/*
 * Take over the event bitmaps: mask every port, forget all handlers. `ports` and `vcpus` are
 * caller's memory that stays in use. Each vcpu starts with its vcpu_info in shared_info, as far as
 * there is one (vcpus below XEN_LEGACY_MAX_VCPUS); the others need pvk_evtchn_place_info() before
 * they handle events.
 */
void pvk_evtchn_init(struct pvk_evtchn *ec, struct shared_info *shared,
                     struct pvk_evtchn_port *ports, unsigned int nr_ports,
                     struct pvk_evtchn_vcpu *vcpus, unsigned int nr_vcpus, bool hvm);

/*
 * Move `vcpu`'s vcpu_info to `info`, which is offset `offset` of machine frame `frame` (64 bytes
 * within the page; it belongs to the hypervisor as well from then on). Once per vcpu, on the vcpu
 * itself or before it is brought up. The hypervisor reports an event at the new place at once, to a
 * dispatcher that still looks at the old one unless upcalls are masked: so this masks them, makes
 * the hypercall, and switches over. Returns what VCPUOP_register_vcpu_info does, or -XEN_EINVAL.
 */
int pvk_evtchn_place_info(struct pvk_evtchn *ec, unsigned int vcpu, struct vcpu_info *info,
                          pvk_mfn_t frame, uint32_t offset);

/*
 * Handle `port`, which the hypervisor delivers to `vcpu` (the one given to bind_virq or bind_ipi; 0
 * for all others), with `handler`. The port stays masked until pvk_evtchn_unmask().
 * -XEN_EINVAL: port or vcpu out of range, no handler; -XEN_EBUSY: it has a handler.
 */
int pvk_evtchn_attach(struct pvk_evtchn *ec, evtchn_port_t port, unsigned int vcpu,
                      pvk_evtchn_handler *handler, void *data);

/*
 * Mask the port and forget its handler and any pending event. On the owning vcpu the handler is
 * not running and will not be called again when this returns; from another vcpu one last call may
 * be under way. -XEN_EINVAL: it has none.
 */
int pvk_evtchn_detach(struct pvk_evtchn *ec, evtchn_port_t port);

/*
 * Deliver the port on `vcpu` from now on. Call it on the vcpu that owns the port, upcalls masked,
 * so that the handler is not running there; events sent meanwhile arrive at the new one. Returns
 * what EVTCHNOP_bind_vcpu does, or -XEN_EINVAL.
 */
int pvk_evtchn_move(struct pvk_evtchn *ec, evtchn_port_t port, unsigned int vcpu);

/* Stop delivery of the port; events are remembered. A port out of range is ignored. */
void pvk_evtchn_mask(struct pvk_evtchn *ec, evtchn_port_t port);

/*
 * Resume delivery of the port; an event that came while it was masked is delivered now: at once if
 * upcalls are enabled, else when they are. `self` is the vcpu this runs on, which must not change
 * during the call. A port out of range is ignored.
 */
void pvk_evtchn_unmask(struct pvk_evtchn *ec, unsigned int self, evtchn_port_t port);

/* Whether an event is waiting on the port, masked or not. For ports that are polled. */
bool pvk_evtchn_pending(const struct pvk_evtchn *ec, evtchn_port_t port);

/* Consume the event of a polled port; returns whether there was one. */
bool pvk_evtchn_consume(struct pvk_evtchn *ec, evtchn_port_t port);

/*
 * Call the handlers of all ports that are due on `vcpu`: the body of the event upcall. Runs on that
 * vcpu, upcalls masked, not reentered. Stops after `budget` handler calls, leaving the upcall
 * pending, so that the rest follows as soon as upcalls are enabled; the scan then resumes behind
 * the last port served, so a port that never rests delays any other by one call at most per round.
 * Returns the number of handlers called.
 */
unsigned int pvk_evtchn_dispatch(struct pvk_evtchn *ec, unsigned int vcpu, unsigned int budget);

/* The virtual interrupt flag of a PV vcpu, on itself: whether upcalls are enabled. */
bool pvk_upcall_enabled(const struct vcpu_info *info);

/* Mask upcalls on this vcpu; returns whether they were enabled, for pvk_upcall_restore(). */
bool pvk_upcall_disable(struct vcpu_info *info);

/* Unmask upcalls on this vcpu; one that is pending happens before this returns. */
void pvk_upcall_enable(struct vcpu_info *info);

/* Back to what pvk_upcall_disable() returned. */
PVK_INLINE void pvk_upcall_restore(struct vcpu_info *info, bool enabled)
{
    if (enabled)
        pvk_upcall_enable(info);
}

/*
 * Make the hypervisor notice an upcall that is pending: it looks on its way out of any hypercall.
 */
void pvk_upcall_force(void);

#endif
