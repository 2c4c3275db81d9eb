/* SPDX-License-Identifier: MIT */
/* A block front-end and a back-end of a test, and requests with memory of their own. */
#ifndef BLK_UNIT_H
#define BLK_UNIT_H

#include "unit.h"

#include "blkfront.h"
#include "fake_blkback.h"

#define SECTORS  8192
#define MAX_BUFS 24

extern struct port_dev *dev;
extern struct blkback back;
extern struct pv_blk *blk;
extern unsigned int completed;
extern bool persistent; /* what start() asks for */

/* Both ends, with these wishes of the front-end; not connected. */
void start(unsigned int queues, unsigned int order, unsigned int segments);
void bring_up(void);
void take_down(void);
/* Take down, and see that nothing is left. */
void end(void);

struct request {
    struct pv_blk_io io;
    struct port_buf bufs[MAX_BUFS];
    struct port_page *pages;
    unsigned int order;
    int error, done;
};

/* `sectors` in `pieces` of one run of pages, beginning `skew` sectors into it. */
struct request *request(enum pv_blk_op op, uint64_t sector, unsigned int sectors,
                        unsigned int pieces, unsigned int skew);
void release(struct request *r);
char *memory(struct request *r);

/* Let the back-end do all there is to do. */
void serve_all(void);
/* Submit, kick, serve; the request's outcome. */
int run(struct request *r);
/* The same for a request that needs no look at its memory. */
int simple(enum pv_blk_op op, uint64_t sector, unsigned int sectors);

/* Words that depend on where they are, and on `key`. */
void pattern(char *p, uint64_t sector, unsigned int sectors, unsigned int key);

#endif
