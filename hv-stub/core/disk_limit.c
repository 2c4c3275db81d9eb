/* SPDX-License-Identifier: MIT */
/*
 * Requests a second (iops=N). A theoretical arrival time moves on by one period with each request
 * let through; who is ahead of it by more than a burst has to wait.
 */
#include "disk.h"

#define BURST_NS 10000000ull
#define BATCH    8 /* late requests submitted in one go */

/* May one more go now? Locked. */
static bool admit(struct disk_user *u, uint64_t now)
{
    uint64_t tat = MAX(u->tat, now);

    if (tat - now > BURST_NS)
        return false;
    u->tat = tat + 1000000000ull / u->cfg.iops;
    return true;
}

bool disk_limited(struct disk_user *u, struct disk_io *io)
{
    bool wait;

    spin_lock(&u->lock);
    wait = u->late || !admit(u, hv_now());
    if (wait) {
        if (!u->late) {
            u->late_last = &u->late;
            timer_set(&u->timer, u->tat - BURST_NS);
        }
        io->next = NULL;
        *u->late_last = io;
        u->late_last = &io->next;
    }
    spin_unlock(&u->lock);
    return wait;
}

/* The next that may go; NULL: none, and the timer is set if some wait. */
static struct disk_io *next_late(struct disk_user *u)
{
    struct disk_io *io;

    spin_lock(&u->lock);
    io = u->late;
    if (io && admit(u, hv_now())) {
        u->late = io->next;
    } else if (io) {
        timer_set(&u->timer, u->tat - BURST_NS);
        io = NULL;
    }
    spin_unlock(&u->lock);
    return io;
}

static bool run(struct job *j)
{
    struct disk_user *u = j->data;
    struct disk_io *io;

    for (unsigned n = 0; n < BATCH; n++) {
        io = next_late(u);
        if (!io)
            return false;
        u->disk->submit(u->disk, io);
    }
    return true;
}

static void fire(struct timer *t)
{
    struct disk_user *u = t->data;

    u->job.owner = domain_by_id(u->domid);
    job_raise(&u->job);
}

void disk_limit_init(struct disk_user *u)
{
    if (u->job.fn) /* of an earlier disk in this place, perhaps raised still */
        return;
    timer_init(&u->timer, 0, fire, u);
    job_init(&u->job, run, u);
}
