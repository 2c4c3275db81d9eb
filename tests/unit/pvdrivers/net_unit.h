/* SPDX-License-Identifier: MIT */
/* A network front-end and a back-end of a test, and what comes of them. */
#ifndef NET_UNIT_H
#define NET_UNIT_H

#include "unit.h"

#include "fake_netback.h"
#include "netfront.h"

extern struct port_dev *dev;
extern struct netback back;
extern struct pv_net *net;
extern const struct pv_net_ops net_ops;

extern struct nb_frame taken;         /* by the back-end */
extern struct nb_frame got;           /* by the front-end */
extern struct pv_net_frame got_frame; /* the same, as it was handed over */
extern unsigned int sent_good, sent_bad, received, events, answers;
extern unsigned int returned; /* frames whose memory came back */
extern bool poll_at_once;     /* from the event */
extern bool apart;            /* answers are told of and taken apart */

/* Both ends; connected, too. Queues and channels as the front-end wishes. */
void begin(unsigned int queues, bool split);
void bring_up(void);
void start(unsigned int queues, bool split);
/* Take down, and see that nothing is left. */
void end(void);
void poll_all(void);

/* Pages to send from, with a pattern. */
extern struct port_page *memory;
void make_memory(void);
void drop_memory(void);
/* Send of them, on queue 0. */
int send_frame(uint32_t offset, uint32_t len, enum pv_net_gso gso);

/* The back-end delivers a frame with a pattern, which is in `bytes`; nb_push() shows it. */
extern uint8_t bytes[70000];
void deliver(unsigned int queue, uint32_t len, uint32_t piece, uint16_t flags, uint16_t gso);

#endif
