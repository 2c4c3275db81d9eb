/* SPDX-License-Identifier: MIT */
/* Ports with cards that keep what they receive, and a front-end with pages it grants. */
#ifndef NET_WORLD_H
#define NET_WORLD_H

#include "net.h"
#include "netback.h"

#define CARDS    4 /* domains 1 to 4; port 0 of each */
#define KEEP     2048
#define PAGES    32
#define NO_LIMIT (~0u)

struct card {
    struct net_dev dev;
    struct net_port *port;
    unsigned room; /* frames it takes before it is full */
    unsigned got, resumed;
    struct {
        uint32_t len;
        uint8_t flags, gso_type;
        uint16_t gso_size;
    } frame[KEEP];
    uint8_t *data; /* of the last frame */
    uint8_t *all;  /* TCP payload of all, one after the other, if not NULL */
    uint32_t all_bytes;
    void (*each)(struct card *c, uint32_t len); /* is called with every frame in data */
};

extern struct card cards[CARDS], uplink;
extern uint64_t world_now;
extern unsigned world_failed, world_notified, world_raised; /* calls */
extern unsigned world_raised_lazily;
extern bool world_idle;       /* another CPU is */
extern const char *world_why; /* of the last xenbus_fail() */

/* All ports with their cards plugged in, everything else as at the start. */
void world_reset(void);
/* Fire the timers that are due at world_now. */
void world_timers(void);

/* A frame of n bytes from one card's address to another's (NULL: broadcast), the rest counting up,
 * in pieces of the sizes given, 0 ends them: the first is private, as the contract has it. */
void world_frame(struct net_frame *f, uint8_t *bytes, uint32_t n, const struct card *from,
                 const struct card *to);
void world_cut(struct net_frame *f, const uint32_t *sizes);

/* ---- the front-end of card 0: pages by grant reference 0 to PAGES - 1 */
extern uint8_t *world_page[PAGES];
extern bool world_granted[PAGES], world_writable[PAGES];
extern int world_mapped; /* mappings that exist now */
extern struct netback world_nb;
#define QUEUE (&world_nb.queue[0])
/* Plug it in, with empty rings on pages of their own. */
void world_netback(void);

#endif
