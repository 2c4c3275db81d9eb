/* SPDX-License-Identifier: MIT */
/*
 * What the front-ends of core/ need of the operating system they run in: a port implements these
 * functions and the types left incomplete, and nothing else. docs/porting.md has the order in which
 * to bring them up.
 *
 * Contexts. Each function says where the core may call it from:
 *   [sleep]  only where the core was called in a context that may sleep: opening, publish, connect,
 *            disconnect, freeing. No lock of the core is held. The port may wait.
 *   [any]    from everywhere, interrupt handlers included, and with a lock of the core held. The
 *            port must not wait, and must not call into the core.
 *
 * Errors are negative numbers of <xen/errno.h> (-XEN_ENOMEM, ...), as everywhere in pvkit. A port
 * whose own numbers are the same (Linux's are, BSD's are not above 34) passes them on.
 */
#ifndef PVKIT_PORT_H
#define PVKIT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages of the interface, whatever the pages of the system are. */
#define PORT_PAGE_SIZE 4096u

/* ---- device ---- */

/*
 * One device on XenBus: the port's own structure, which the core only hands back. It knows both
 * directories, the other end's domain, and the core's device.
 */
struct port_dev;

/*
 * [any] The other end broke the protocol; `why` is static text. The core touches nothing shared any
 * more. The port shall soon, in a context that may sleep, report the reason (XenStore's error node,
 * the log), call the core's abandon function, and leave the Connected state. Called once per
 * connection.
 */
void port_broken(struct port_dev *dev, const char *why);

/* [any] A line for the system's log, without newline; %s %u %d %x %lu only. May be dropped. */
void port_log(struct port_dev *dev, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- memory ---- */

/* [sleep] `size` bytes, zeroed, aligned to 16; NULL if there are none. port_free(NULL) is fine. */
void *port_alloc(size_t size);
void port_free(void *p); /* [sleep] */

/*
 * A page of memory that can be granted: Linux's struct page, the shim's address. Pages belong to
 * whoever allocated them; a page given to the core in a buffer stays the caller's.
 */
struct port_page;

/* [any] One page, zeroed: the other end may see what is in it. NULL if there is none now. */
struct port_page *port_page_alloc(void);
void port_page_free(struct port_page *page); /* [any] */

/* [any] Where the kernel sees the page; valid as long as the page is allocated. */
void *port_page_address(struct port_page *page);

/*
 * [sleep] 2^order pages that follow each other in address, zeroed, each of them a page as above;
 * freed one by one.
 */
struct port_page *port_pages_alloc(unsigned int order);

/* [any] The page `n` pages behind this one, in pages that follow each other. */
struct port_page *port_page_next(struct port_page *page, unsigned int n);

/*
 * len bytes from `offset` on, in `page` and, as far as they reach, in the pages that follow it. The
 * memory of a request or frame is an array of these; the core cuts it at page boundaries.
 */
struct port_buf {
    struct port_page *page;
    uint32_t offset, len;
};

/* ---- grants: pages the other end may use ---- */

/* `ref` is what the other end is told; `use` is the port's, to know one ended twice. */
struct port_grant {
    uint32_t ref, use;
};

/* [any] Let the device's other end use the page. 0, or -XEN_ENOSPC: none is left, try later. */
int port_grant(struct port_dev *dev, struct port_page *page, bool readonly, struct port_grant *out);

/*
 * [any] Take it back. True: nobody can reach the page through it any more; the other end's writes
 * are visible. False: it is still in use; the grant stands as it was, the page must stay too.
 */
bool port_grant_end(struct port_dev *dev, struct port_grant grant);

/*
 * [any] Take it back and free the page; if the other end still uses it, do so as soon as it does
 * not any more, which may be never. For pages of the core's own.
 */
void port_grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page);

/* ---- events ---- */

/*
 * What runs when the other end notified. In interrupt context or a thread, as the port likes, but
 * never twice at a time for one event. True: there was work. A port may slow a channel down whose
 * events mean nothing time after time.
 */
typedef bool port_event_fn(void *data);

struct port_event;

/*
 * [sleep] A new channel that the device's other end may bind, and its handler; `queue` is a hint
 * for spreading queues over processors. NULL: no channel or no memory. A notification that comes
 * before the other end has bound is lost, one that comes after is not.
 */
struct port_event *port_event_open(struct port_dev *dev, unsigned int queue, port_event_fn *fn,
                                   void *data);
/* [sleep] The handler is not running any more when this returns. NULL is fine. */
void port_event_close(struct port_event *event);
/* [any] The number to tell the other end. */
uint32_t port_event_number(const struct port_event *event);
/* [any] Notify the other end: one hypercall. */
void port_event_notify(struct port_event *event);

/* ---- locks ---- */

/* Room for the system's own lock; the port asserts that it fits. */
struct port_lock {
    uintptr_t room[12];
};

/*
 * [any] Exclude other processors, and handlers of events on this one. The core sleeps with none
 * held, and holds two only when it receives a frame and sends another from there. What
 * port_lock() returns goes to port_unlock().
 */
void port_lock_init(struct port_lock *lock); /* [sleep] */
unsigned long port_lock(struct port_lock *lock);
void port_unlock(struct port_lock *lock, unsigned long state);

/* ---- XenStore ---- */

enum port_dir {
    PORT_OURS,   /* the front-end's directory */
    PORT_THEIRS, /* the back-end's */
};

/*
 * [sleep] The value of `key`, a path below the directory, with a 0 behind it, `size` bytes at most
 * with that. -XEN_ENOENT: there is none; -XEN_E2BIG: it does not fit; others as the store says.
 */
int port_store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                    size_t size);

/*
 * [sleep] Write into our directory, within the transaction the port gave to the core's publish
 * function.
 */
int port_store_write(struct port_dev *dev, uint32_t tx, const char *key, const char *value);
/* [sleep] The same with a key that shall not be there; that it is not is no error. */
int port_store_remove(struct port_dev *dev, uint32_t tx, const char *key);

#endif
