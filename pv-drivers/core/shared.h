/* SPDX-License-Identifier: MIT */
/* What the front-ends have in common: numbers in XenStore, and memory of rings. Private to core/.
 */
#ifndef PVKIT_CORE_SHARED_H
#define PVKIT_CORE_SHARED_H

#include "abi.h"
#include "state.h"

/* The part that every front-end begins with. */
struct front {
    struct port_dev *port;
    struct port_lock lock; /* of state */
    enum pv_state state;
};

void front_init(struct front *front, struct port_dev *dev);
/* The only place where the state changes; false if it may not become that. */
bool front_become(struct front *front, enum pv_state state);
/* The back-end broke the protocol. */
void front_break(struct front *front, const char *why);

#define RING_MAX_ORDER 4 /* pages of a ring: 16 at most */
#define KEY_SIZE       40

/* A decimal number below the other end's directory; `otherwise` if there is none that makes sense.
 */
uint64_t store_number(struct port_dev *dev, const char *key, uint64_t otherwise);

/* The same as a number between 0 and `most`. */
uint32_t store_limit(struct port_dev *dev, const char *key, uint32_t otherwise, uint32_t most);

/* Write a number into our directory. */
int store_put(struct port_dev *dev, uint32_t tx, const char *key, uint32_t value);

/* The same if `there`; else see that it is not there, from an earlier connection. */
int store_option(struct port_dev *dev, uint32_t tx, const char *key, uint32_t value, bool there);

/* A key is built of such pieces: text, and a number unless it is NO_NUMBER. */
#define NO_NUMBER (~0u)
void key_add(char key[KEY_SIZE], const char *text, uint32_t number);

/* "queue-N/name" if there are several queues, else "name". */
void key_queue(char key[KEY_SIZE], unsigned int nr_queues, unsigned int queue, const char *name);

/* Pages shared with the other end, contiguous in our memory. */
struct ring_mem {
    struct port_page *pages; /* NULL: there are none */
    unsigned int order;
    struct port_grant grants[1u << RING_MAX_ORDER];
};

/* Allocate and grant 2^order pages. 0 or an error; then there is nothing. */
int ring_mem_open(struct port_dev *dev, struct ring_mem *mem, unsigned int order);
/* Let go; the port keeps what the other end still uses. */
void ring_mem_close(struct port_dev *dev, struct ring_mem *mem);
/* Write "KEY", or "KEY0", "KEY1", ... for a ring of several pages. */
int ring_mem_publish(struct port_dev *dev, uint32_t tx, const struct ring_mem *mem,
                     const char *key);

#endif
