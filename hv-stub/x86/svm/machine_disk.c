/* SPDX-License-Identifier: MIT */
/*
 * Disks behind the emulated ATA channels: the domain's first four, the same media that PV devices
 * would use. A job of the model becomes a request to the disk on the guest's own pages; nothing of
 * a guest's memory goes away before the domain's end, which waits for requests under way.
 */
#include "hv_disk.h"
#include "hv_job.h"
#include "svm_internal.h"

/* Requests completed in one go while the guest waits; a job goes on with the rest. */
#define JOBS_AT_ONCE 4

enum { IO_IDLE, IO_SUBMITTING, IO_UNDER_WAY, IO_DONE };

struct machine_disk {
    struct domain *d;
    struct ata_channel *ch;
    struct job job;
    uint32_t state;
    bool busy; /* dev_lock: somebody serves the channel */
    int err;
    struct disk_io io;
    struct disk_seg seg[ATA_JOB_REGIONS];
    unsigned int pages; /* of seg, that are the guest's */
};

/* ---- one request */

/* The page is held until the request is done: the guest may give it back meanwhile. */
static void *guest_page(struct machine_disk *m, uint32_t address, bool written)
{
    struct svm_domain *sd = m->d->arch.svm;
    void *p = npt_ram(sd, address);

    if (p && frame_get(frame_of(virt_to_mfn(p)), m->d))
        return p;
    return (char *)(written ? sd->sink : sd->ones) + address % PAGE_SIZE;
}

/* With dev_lock. */
static void release_pages(struct machine_disk *m)
{
    const struct svm_domain *sd = m->d->arch.svm;

    for (unsigned int i = 0; i < m->pages; i++) {
        char *page = (char *)((uintptr_t)m->seg[i].p & PAGE_MASK);

        if (page != sd->sink && page != sd->ones)
            frame_put(frame_of(virt_to_mfn(page)));
    }
    m->pages = 0;
    m->state = IO_IDLE;
}

static void fill_segments(struct machine_disk *m, const struct ata_job *j)
{
    for (unsigned int i = 0; i < j->nr_regions; i++) {
        m->seg[i].p = guest_page(m, j->region[i].address, j->kind == ATA_JOB_READ);
        m->seg[i].bytes = j->region[i].bytes;
    }
    m->io.nr_segs = m->pages = j->nr_regions;
    if (j->nr_regions || j->kind == ATA_JOB_FLUSH)
        return;
    m->seg[0] = (struct disk_seg){j->buffer, j->sectors * ATA_SECTOR};
    m->io.nr_segs = 1;
}

static void done(struct disk_io *io, int err)
{
    struct machine_disk *m = container_of(io, struct machine_disk, io);

    m->err = err;
    if (__atomic_exchange_n(&m->state, IO_DONE, __ATOMIC_SEQ_CST) == IO_UNDER_WAY)
        job_raise(&m->job);
}

/* With dev_lock: what the job says becomes a request. */
static void prepare(struct machine_disk *m)
{
    static const enum disk_op ops[] = {
        [ATA_JOB_READ] = DISK_READ, [ATA_JOB_WRITE] = DISK_WRITE, [ATA_JOB_FLUSH] = DISK_FLUSH};
    const struct ata_job *j = &m->ch->job;

    m->io.op = ops[j->kind];
    m->io.sector = j->kind == ATA_JOB_FLUSH ? 0 : j->lba;
    m->io.sectors = j->kind == ATA_JOB_FLUSH ? 0 : j->sectors;
    m->io.seg = m->seg;
    m->io.done = done;
    fill_segments(m, j);
    __atomic_store_n(&m->state, IO_SUBMITTING, __ATOMIC_SEQ_CST);
}

/* True: it is done already. */
static bool submit(struct machine_disk *m)
{
    uint32_t channel = (uint32_t)(m->ch - m->d->arch.svm->pc.ide.channel);
    uint32_t expected = IO_SUBMITTING;

    disk_submit(domain_disk(m->d->id, channel * 2 + m->ch->job.drive), &m->io);
    return !__atomic_compare_exchange_n(&m->state, &expected, IO_UNDER_WAY, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST);
}

/* ---- a channel */

/* With dev_lock held; it is released meanwhile. Serves jobs as long as they are done at once, but
 * no more than JOBS_AT_ONCE. A domain that ended gets none: its memory may be gone, unless a
 * request was under way before. */
static void serve(struct machine_disk *m)
{
    struct svm_domain *sd = m->d->arch.svm;

    m->busy = true;
    for (unsigned int n = 0; m->ch->job.kind != ATA_JOB_NONE && domain_alive(m->d); n++) {
        bool at_once;

        if (n == JOBS_AT_ONCE) {
            job_raise(&m->job);
            return;
        }
        prepare(m);
        spin_unlock(&sd->dev_lock);
        at_once = submit(m);
        spin_lock(&sd->dev_lock);
        if (!at_once)
            return; /* done() raises the job */
        release_pages(m);
        ata_job_done(m->ch, !m->err);
    }
    m->busy = false;
}

static bool run(struct job *job)
{
    struct machine_disk *m = job->data;
    struct svm_domain *sd = machine_lock(m->d);

    if (__atomic_load_n(&m->state, __ATOMIC_SEQ_CST) == IO_DONE) {
        release_pages(m);
        ata_job_done(m->ch, !m->err);
    }
    if (m->busy && m->state == IO_IDLE)
        serve(m);
    machine_unlock(m->d, sd);
    return false;
}

void machine_disks_serve(struct svm_domain *sd)
{
    for (unsigned int c = 0; c < IDE_CHANNELS; c++) {
        struct machine_disk *m = sd->disk[c];

        if (m && !m->busy && m->ch->job.kind != ATA_JOB_NONE)
            serve(m);
    }
}

/* ---- life */

static bool domain_ends(struct domain *d)
{
    struct svm_domain *sd = d->kind == DOMAIN_FV ? d->arch.svm : NULL;

    for (unsigned int c = 0; sd && c < IDE_CHANNELS; c++)
        if (sd->disk[c] && __atomic_load_n(&sd->disk[c]->state, __ATOMIC_SEQ_CST) != IO_IDLE)
            return false;
    return true;
}

static bool attach(struct domain *d, unsigned int c)
{
    struct svm_domain *sd = d->arch.svm;
    struct machine_disk *m = NULL;

    for (unsigned int drive = 0; drive < 2; drive++) {
        struct disk_user *u = domain_disk(d->id, c * 2 + drive);

        if (!u || u->hot)
            break;
        if (!m && !(m = hv_alloc(sizeof(*m))))
            return false;
        ata_attach(&sd->pc.ide.channel[c], drive, u->disk->sectors, u->disk->name);
    }
    if (!m)
        return true;
    m->d = d;
    m->ch = &sd->pc.ide.channel[c];
    job_init(&m->job, run, m);
    m->job.owner = d;
    sd->disk[c] = m;
    return true;
}

bool machine_disks_init(struct domain *d)
{
    domain_end_hook(domain_ends);
    return attach(d, 0) && attach(d, 1);
}

void machine_disks_free(struct svm_domain *sd)
{
    for (unsigned int c = 0; c < IDE_CHANNELS; c++)
        if (sd->disk[c])
            hv_free(sd->disk[c], sizeof(*sd->disk[c]));
}
