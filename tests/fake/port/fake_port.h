/* SPDX-License-Identifier: MIT */
/* A port of the front-ends to a host process, with a view for whoever plays the back-end. */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "port.h"

#define FAKE_GRANTS 8192
#define FAKE_KEYS   64

struct fake_grant {
    struct port_page *page; /* NULL: free */
    bool readonly;
    unsigned int in_use; /* mappings of the back-end */
    uint32_t use;
    struct port_page *free_later;
};

struct fake_key {
    char key[48], value[32];
};

struct port_event {
    struct port_dev *dev;
    port_event_fn *fn;
    void *data;
    uint32_t number;
    unsigned int notified; /* by the front-end, not seen by the back-end yet */
};

#define FAKE_EVENTS 32

struct port_dev {
    struct fake_grant grants[FAKE_GRANTS];
    uint32_t next_grant;
    struct fake_key ours[FAKE_KEYS], theirs[FAKE_KEYS];
    struct port_event *events[FAKE_EVENTS];
    const char *broken; /* why, if it is */
    unsigned int broken_times;
    unsigned long notifications;
    unsigned long idle_events; /* raised, and the front-end had nothing to do */
};

/* What exists and must be gone in the end. */
extern long fake_pages, fake_memory, fake_events;
/* The n-th allocation, grant or channel from now on fails, and n-1 do not; 0: none does. */
extern unsigned int fake_fail_at;
/* Locks this thread holds: 0 where the port may be called with none held. */
extern _Thread_local unsigned int fake_locks;

struct port_dev *fake_dev_new(void);
/* Fails the test if a grant is left. */
void fake_dev_free(struct port_dev *dev);
unsigned int fake_grants_held(const struct port_dev *dev);

/* The back-end's directory, and what the front-end wrote; NULL: no such key. */
void fake_offer(struct port_dev *dev, const char *key, const char *value);
void fake_withdraw(struct port_dev *dev, const char *key);
const char *fake_wrote(const struct port_dev *dev, const char *key);
/* A number the front-end wrote, or ~0u. */
uint32_t fake_wrote_number(const struct port_dev *dev, const char *key);

/* Map a granted page, or NULL if it is not granted so. Unmapping ends what was put off. */
void *fake_map(struct port_dev *dev, uint32_t ref, bool write);
void fake_unmap(struct port_dev *dev, uint32_t ref);

/* Raise the event in the front-end; false if there is no such channel. */
bool fake_raise(struct port_dev *dev, uint32_t number);
/* Whether the front-end notified since the last call. */
bool fake_notified(struct port_dev *dev, uint32_t number);

#endif
