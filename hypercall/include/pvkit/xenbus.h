/* SPDX-License-Identifier: MIT */
/*
 * XenBus: how the two ends of a split device find each other and let go again, by a state each
 * writes into its own directory of XenStore and watches in the other's, <xen/io/xenbus.h>.
 *
 * What an end does depends on its own state and the other's and on nothing else; the whole of it is
 * two tables, front and back, written out in docs/xenbus.md. A state is a level, not an event:
 * changes may be seen late, together or twice, so the other's state is read anew each time, and
 * every pair has an answer, those of an order nobody intended included.
 */
#ifndef PVKIT_XENBUS_H
#define PVKIT_XENBUS_H

#include <pvkit/xenbus_action.h>
#include <pvkit/xenstore.h>
#include <xen/io/xenbus.h>

#define PVK_XENBUS_PATH 96

struct pvk_xenbus;

/* What a driver does. Errors are negative XEN_* numbers; they end in pvk_xenbus_fail(). */
struct pvk_xenbus_ops {
    /* Write into `dev->node` (dev->xs, tx) what the other needs; called again after a conflict, so
     * it prepares once and writes each time. */
    int (*publish)(struct pvk_xenbus *dev, uint32_t tx);
    /* The other's directory dev->other is complete: read it, start. */
    int (*connect)(struct pvk_xenbus *dev);
    /* No request is accepted any more; those under way may finish. May be NULL. */
    void (*stop)(struct pvk_xenbus *dev);
    /* Let go of rings, grants and ports; also when publish or connect got half way. */
    void (*disconnect)(struct pvk_xenbus *dev);
    /*
     * A front-end that says Connected where others say Initialised, with its parameters. Linux's
     * network back-end waits for that; block back-ends take either.
     */
    bool at_once;
};

/* Fields are read-only for the driver, but for `close`. */
struct pvk_xenbus {
    struct pvk_xs *xs;
    const struct pvk_xenbus_ops *ops;
    void *data;
    enum pvk_xenbus_end end;
    unsigned int mine, theirs; /* XenbusState* */
    char node[PVK_XENBUS_PATH];
    char other[PVK_XENBUS_PATH];
    char other_state[PVK_XENBUS_PATH]; /* what is watched */
    uint16_t other_id;
    bool live;  /* something to disconnect */
    bool close; /* the driver wants to end; set by pvk_xenbus_close() */
    bool again; /* Closing only to begin anew: the other was still connected to a predecessor, or
                   is a back-end that closed but whose "online" says that it will be back */
    uint8_t comebacks; /* how often the latter in a row */
    bool unheard;      /* it had begun anew when we closed: its state is from before it saw that */
    int error;         /* why it failed, 0 if it did not */
    struct pvk_xs_watch watch;
};

/*
 * Begin with the device of directory `node` ("device/vbd/51712", or a back-end's absolute path):
 * read where the other end is, watch its state, become Initialising. The rest happens in
 * pvk_xs_deliver(). 0 or a negative error: nothing was begun.
 */
int pvk_xenbus_open(struct pvk_xenbus *dev, struct pvk_xs *xs, enum pvk_xenbus_end end,
                    const char *node, const struct pvk_xenbus_ops *ops, void *data);
/* Look at the other's state and do what there is to do; pvk_xs_deliver() calls it. */
void pvk_xenbus_step(struct pvk_xenbus *dev);
/* End: Closing now, Closed when the other has let go. dev->mine tells. */
void pvk_xenbus_close(struct pvk_xenbus *dev);
/* The same for a fault: the reason goes to the node "error" as the other's operator expects it. */
void pvk_xenbus_fail(struct pvk_xenbus *dev, int error, const char *text);
/* Forget it: no more calls. After Closed, or when the guest ends anyway. */
void pvk_xenbus_release(struct pvk_xenbus *dev);

#endif
