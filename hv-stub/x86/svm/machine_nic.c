/* SPDX-License-Identifier: MIT */
/*
 * Network cards of the emulated PC, plugged into the switch. Locks: the switch calls receive() with
 * the port's lock held, which comes before dev_lock; so frames are sent after dev_lock is released,
 * from a copy that stays until the switch took it.
 */
#include "hv_job.h"
#include "hv_net.h"
#include "svm_internal.h"

struct machine_nic {
    struct domain *d;
    struct ne2000 *ne;
    struct net_port *port;
    struct net_dev dev;
    struct job job;
    bool busy;    /* dev_lock: the frame below is on its way … */
    bool inside;  /* … and the switch has it just now */
    bool resumed; /* meanwhile the switch asked for it again */
    struct net_frame frame;
    uint8_t tx[NE2000_FRAME_MAX], rx[NE2000_FRAME_MAX];
};

static enum net_result receive(struct net_dev *dev, const struct net_frame *f)
{
    static const enum net_result results[] = {
        [NE2000_TAKEN] = NET_TAKEN, [NE2000_FULL] = NET_FULL, [NE2000_IGNORED] = NET_DROPPED};
    struct machine_nic *m = dev->data;
    struct svm_domain *sd = m->d->arch.svm;
    struct net_cursor c = net_cursor(f);
    enum ne2000_result r;

    if (f->len > sizeof(m->rx))
        return NET_DROPPED;
    net_copy(&c, m->rx, f->len); /* the port's lock guards rx[] */
    spin_lock(&sd->dev_lock);
    r = ne2000_wants(m->ne, m->rx, f->len);
    if (r == NE2000_TAKEN)
        ne2000_receive(m->ne, m->rx, f->len);
    spin_unlock(&sd->dev_lock);
    return results[r];
}

/* With dev_lock, which is released meanwhile. */
static void send(struct machine_nic *m)
{
    struct svm_domain *sd = m->d->arch.svm;
    bool gone;

    m->busy = m->inside = true;
    m->resumed = false;
    spin_unlock(&sd->dev_lock);
    gone = net_send(m->port, &m->frame);
    spin_lock(&sd->dev_lock);
    m->inside = false;
    if (!gone) { /* resume() raises the job */
        if (m->resumed)
            job_raise(&m->job);
        return;
    }
    m->busy = false;
    if (m->ne->sending)
        ne2000_sent(m->ne);
}

static void serve(struct machine_nic *m)
{
    struct svm_domain *sd = m->d->arch.svm;
    unsigned int len;

    if (m->ne->freed) {
        m->ne->freed = false;
        spin_unlock(&sd->dev_lock);
        net_room(m->port);
        spin_lock(&sd->dev_lock);
    }
    if (m->busy || !(len = ne2000_frame(m->ne, m->tx)))
        return;
    m->frame = (struct net_frame){.nr_segs = 1, .len = len};
    m->frame.seg[0] = (struct net_seg){m->tx, len};
    send(m);
}

void machine_nics_serve(struct svm_domain *sd)
{
    for (unsigned int i = 0; i < sd->pc.nr_nics; i++)
        serve(sd->nic[i]);
}

static bool run(struct job *job)
{
    struct machine_nic *m = job->data;
    struct svm_domain *sd = machine_lock(m->d);

    if (m->inside)
        m->resumed = true;
    else if (m->busy)
        send(m);
    machine_unlock(m->d, sd);
    return false;
}

static void resume(struct net_dev *dev)
{
    struct machine_nic *m = dev->data;

    job_raise(&m->job);
}

/* ---- life */

static bool domain_ends(struct domain *d)
{
    struct svm_domain *sd = d->kind == DOMAIN_FV ? d->arch.svm : NULL;

    for (unsigned int i = 0; sd && i < sd->pc.nr_nics; i++)
        net_unplug(sd->nic[i]->port, NET_HARDWARE);
    return true;
}

void machine_nics_unplug(struct svm_domain *sd)
{
    for (unsigned int i = 0; i < sd->pc.nr_nics; i++)
        net_unplug(sd->nic[i]->port, NET_HARDWARE);
}

static bool add(struct domain *d, unsigned int i)
{
    struct svm_domain *sd = d->arch.svm;
    struct machine_nic *m = hv_alloc(sizeof(*m));

    if (!m)
        return false;
    m->d = d;
    m->ne = &sd->pc.nic[i];
    m->port = net_port(d->id, i);
    m->dev = (struct net_dev){.receive = receive, .resume = resume, .data = m};
    job_init(&m->job, run, m);
    m->job.owner = d;
    sd->nic[i] = m;
    if (!pc_add_nic(&sd->pc, m->port->mac))
        return false;
    net_plug(m->port, NET_HARDWARE, &m->dev);
    return true;
}

bool machine_nics_init(struct domain *d)
{
    domain_end_hook(domain_ends);
    for (unsigned int i = 0; i < PC_NICS; i++)
        if (net_port(d->id, i) && !net_port(d->id, i)->hot && !add(d, i))
            return false;
    return true;
}

void machine_nics_free(struct svm_domain *sd)
{
    for (unsigned int i = 0; i < PC_NICS; i++)
        if (sd->nic[i])
            hv_free(sd->nic[i], sizeof(*sd->nic[i]));
}
