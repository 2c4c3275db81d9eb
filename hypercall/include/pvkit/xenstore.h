/* SPDX-License-Identifier: MIT */
/*
 * A guest's client of XenStore over its store page, <xen/io/xs_wire.h>.
 *
 * One request is under way at a time; a kernel with several threads puts its own lock around a
 * call. Either it blocks (pvk_xs_read() and the like: the wait function given at the start runs
 * until the store has answered), or it is polled: pvk_xs_start(), then pvk_xs_poll() from the
 * store's event handler until that says the reply is there.
 *
 * An event of a watch only marks the watch, however many come; pvk_xs_deliver() then calls its
 * function, which has to look at the store for what is true now. So nothing is allocated, and
 * nothing can be lost.
 *
 * Functions return 0 or a negative XEN_* number: what the store said, -XEN_EIO if the ring makes no
 * sense, -XEN_E2BIG if the reply had no room.
 */
#ifndef PVKIT_XENSTORE_H
#define PVKIT_XENSTORE_H

#include <pvkit/xen.h>
#include <xen/event_channel.h>
#include <xen/io/xs_wire.h>

/* Tokens are an address in hexadecimal. */
#define PVK_XS_TOKEN_SIZE 17

/* A request's payload is sent from such pieces, one behind the other. */
struct pvk_xs_part {
    const void *p;
    uint32_t n;
};
#define PVK_XS_PARTS 8

/* Sleep, or yield, until the store's event came; it may return early. */
typedef void pvk_xs_wait(void *data);

struct pvk_xs_watch {
    struct pvk_xs_watch *next;
    void (*fn)(struct pvk_xs_watch *watch);
    void *data;
    const char *path; /* the caller's, while the watch is set */
    bool fired;
};

/* All fields belong to the library. */
struct pvk_xs {
    struct xenstore_domain_interface *ring; /* shared with the store */
    evtchn_port_t port;
    pvk_xs_wait *wait;
    void *wait_data;
    struct pvk_xs_watch *watches;
    uint32_t next_id;
    bool broken;

    /* the request */
    bool busy;
    struct xsd_sockmsg out;
    struct pvk_xs_part parts[PVK_XS_PARTS];
    uint32_t nr_parts, part, sent; /* the header is part 0; `sent` bytes of this one are out */
    char *reply;
    uint32_t room;
    int result;
    uint32_t reply_len;

    /* the message that comes in */
    struct xsd_sockmsg in;
    uint32_t got;
    bool in_token;
    uint32_t word_len;
    char word[PVK_XS_TOKEN_SIZE + 1]; /* an error's name or a watch's token */
};

/*
 * Begin. What a predecessor (a kernel before kexec) left unread in the ring is skipped. `wait` may
 * be NULL for a client that only polls.
 */
void pvk_xs_init(struct pvk_xs *xs, struct xenstore_domain_interface *ring, evtchn_port_t port,
                 pvk_xs_wait *wait, void *data);

/*
 * Send a request. The pieces and `reply` stay in use until it is done. -XEN_EBUSY: one is under
 * way; -XEN_E2BIG: longer than XENSTORE_PAYLOAD_MAX, or more than PVK_XS_PARTS - 1 pieces.
 */
int pvk_xs_start(struct pvk_xs *xs, uint32_t type, uint32_t tx, const struct pvk_xs_part *parts,
                 unsigned int nr_parts, char *reply, uint32_t room);

/* Move what can be moved, both ways; true if no request is under way (any more). */
bool pvk_xs_poll(struct pvk_xs *xs);

/* Result of the last request, and the length of its reply (may be NULL). */
int pvk_xs_result(const struct pvk_xs *xs, uint32_t *len);

/* pvk_xs_start(), wait, pvk_xs_result(). */
int pvk_xs_call(struct pvk_xs *xs, uint32_t type, uint32_t tx, const struct pvk_xs_part *parts,
                unsigned int nr_parts, char *reply, uint32_t room, uint32_t *len);

/* ---- nodes. `name` is below `dir`, or NULL: dir itself. tx 0: no transaction. */

/* The value, at most room - 1 bytes, and a 0 behind it. */
int pvk_xs_read(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name, char *value,
                uint32_t room);
/* A decimal number and nothing else, or -XEN_EINVAL. */
int pvk_xs_read_number(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                       uint64_t *value);
int pvk_xs_write(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                 const char *value);
int pvk_xs_write_number(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                        uint64_t value);
int pvk_xs_mkdir(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name);
int pvk_xs_rm(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name);
/* Names of the nodes below, each with its 0; *len is their length together. */
int pvk_xs_directory(struct pvk_xs *xs, uint32_t tx, const char *dir, char *names, uint32_t room,
                     uint32_t *len);

/* ---- transactions */
int pvk_xs_begin(struct pvk_xs *xs, uint32_t *tx);
/* -XEN_EAGAIN: somebody changed what was read or written; nothing was done. */
int pvk_xs_end(struct pvk_xs *xs, uint32_t tx, bool commit);
/*
 * Do fn in a transaction and commit it, again when it met a conflict, `tries` times at most. An
 * error of fn ends it without effect and is returned, as is the last conflict.
 */
int pvk_xs_transact(struct pvk_xs *xs, int (*fn)(struct pvk_xs *xs, uint32_t tx, void *data),
                    void *data, unsigned int tries);

/* ---- watches */
/* Set one; it fires at once. *watch and path stay in use until pvk_xs_unwatch(). */
int pvk_xs_watch(struct pvk_xs *xs, struct pvk_xs_watch *watch, const char *path,
                 void (*fn)(struct pvk_xs_watch *watch), void *data);
/* fn is not called any more, whatever the result. */
int pvk_xs_unwatch(struct pvk_xs *xs, struct pvk_xs_watch *watch);
/* Call the functions of watches that fired, `budget` at most; they may do anything, blocking calls
 * included. Not from within a request. True if some are left. */
bool pvk_xs_deliver(struct pvk_xs *xs, unsigned int budget);

#endif
