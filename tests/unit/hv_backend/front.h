/* SPDX-License-Identifier: MIT */
/*
 * A front-end that a test or a fuzzer steers, against the real back-end with the real store, events
 * and grants, on the fake machine. Domain 1 has one disk, which the test plays too.
 */
#ifndef FRONT_H
#define FRONT_H

#include "fake_frames.h"
#include "grant.h"
#include "hv_disk.h"

#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

#define FRONT_SECTORS 2048
#define FRONT_PAGES   32 /* of data, granted as FRONT_REF + i, read and write */
#define FRONT_REF     100
#define FRONT_RO_REF  200 /* the same pages again, to be read only */
#define FRONT_RINGS   4

struct front_ring {
    mfn_t mfn[16];
    uint32_t pages, entries;
    evtchn_port_t port;
    uint32_t req_prod, rsp_cons;
};

extern struct domain *front;
extern struct front_ring front_rings[FRONT_RINGS];
extern grant_entry_v1_t *front_grants;

/* ---- the disk: what it holds, and requests it keeps until told otherwise */
extern uint8_t front_medium[FRONT_SECTORS * DISK_SECTOR];
extern struct disk front_disk;
extern bool front_disk_keeps;
#define FRONT_KEPT 512
extern struct disk_io *front_kept[FRONT_KEPT];
extern unsigned front_nr_kept;
/* The operations it got, a letter each: r w f d. */
extern char front_ops[64];
/* End request i of those kept. */
void front_end_kept(unsigned i, int err);

/* ---- life */
/* A fresh machine; the back-end waits (InitWait) for a disk of this config. */
void front_start(bool writable);
/* Allocate rings and ports and write the nodes, state Initialised; then the back-end does what it
 * will. */
void front_publish(unsigned order, unsigned queues);
/* The state of an end: "front" or "back". */
unsigned front_state(void);
unsigned front_back_state(void);
void front_set_state(unsigned state);
/* A node of ours ("backend/..." of theirs) as text, "" if there is none. */
const char *front_node(const char *name);
const char *front_back_node(const char *name);
void front_write(const char *name, const char *value);
/* Let everything run that wants to. */
void front_settle(void);

/* ---- the ring */
/* Put a request (of any kind) into ring r; the index follows with front_push(). */
void front_put(unsigned r, const void *request);
void front_push(unsigned r);
/* Send on the ring's port. */
void front_notify_now(unsigned r);
/* … and let everything run. */
void front_notify(unsigned r);
/* The next response; false if there is none. */
bool front_response(unsigned r, struct blkif_response *rsp);
struct blkif_sring *front_sring(unsigned r);
/* The page of FRONT_REF + i. */
uint8_t *front_page(unsigned i);
/* Grants in use that are not rings'. */
unsigned front_in_use(void);

#endif
