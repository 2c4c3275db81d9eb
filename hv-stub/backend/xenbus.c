/* SPDX-License-Identifier: MIT */
/* The state machine of a back-end, as docs/xenbus.md has it. */
#include "xenbus.h"
#include "hv_backend.h"
#include "hv_xenstore.h"

#define STEPS     8 /* a change of ours may call for another, never for so many */
#define NR_STATES (XenbusStateReconfigured + 1)
#define PATH_MAX  112

struct xenbus_dev *xenbus_devices;

/* clang-format off */
enum {
    W = XENBUS_WAIT, P = XENBUS_PUBLISH, C = XENBUS_CONNECT,
    R = XENBUS_RESTART, S = XENBUS_CLOSING, E = XENBUS_CLOSED,
};
static const uint8_t table[XenbusStateClosed + 1][NR_STATES] = {
    /*              the front-end's:  Unkn Ing  Wait Ised Conn Clsg Clsd Rcfg Rcfd */
    [XenbusStateInitialising] =      {P,   P,   P,   P,   P,   E,   E,   P,   P},
    [XenbusStateInitWait]     =      {E,   W,   W,   C,   C,   S,   E,   C,   C},
    [XenbusStateConnected]    =      {E,   R,   R,   W,   W,   S,   E,   W,   W},
    [XenbusStateClosing]      =      {E,   R,   R,   W,   W,   W,   E,   W,   W},
    [XenbusStateClosed]       =      {W,   R,   W,   R,   W,   W,   W,   W,   W},
};
/* clang-format on */

enum xenbus_action xenbus_action(uint8_t mine, uint32_t theirs)
{
    return (enum xenbus_action)table[mine][theirs];
}

/* ---- nodes */

static const char *path(char *buf, const char *dir, const char *name)
{
    hv_snprintf(buf, PATH_MAX, "%s/%s", dir, name);
    return buf;
}

int xenbus_read(const struct xenbus_dev *dev, const char *name, char *buf, size_t n)
{
    char p[PATH_MAX];

    return hv_xenstore_read(path(p, dev->front, name), buf, n);
}

int xenbus_read_u32(const struct xenbus_dev *dev, const char *name, uint32_t *value)
{
    char p[PATH_MAX];

    return hv_xenstore_read_u32(path(p, dev->front, name), value);
}

int xenbus_write_front(const struct xenbus_dev *dev, const char *name, const char *value)
{
    char p[PATH_MAX];

    return hv_xenstore_write(path(p, dev->front, name), value);
}

int xenbus_write(const struct xenbus_dev *dev, const char *name, const char *value)
{
    char p[PATH_MAX];

    return hv_xenstore_write(path(p, dev->back, name), value);
}

int xenbus_printf(const struct xenbus_dev *dev, const char *name, const char *fmt, ...)
{
    char value[64];
    va_list ap;

    va_start(ap, fmt);
    hv_vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    return xenbus_write(dev, name, value);
}

void xenbus_complain(struct xenbus_dev *dev, int err, const char *why)
{
    char p[PATH_MAX], text[128];

    /* error/ and the path of our node below our own directory, where front-ends' tools look */
    hv_snprintf(p, sizeof(p), "/local/domain/0/error/%s/error",
                dev->back + sizeof("/local/domain/0/") - 1);
    hv_snprintf(text, sizeof(text), "%d %s", err, why);
    hv_xenstore_write(p, text);
    if (hv_opt.strict)
        hv_log("strict d%u %s: %s", dev->d->id, dev->back, why);
}

/* ---- the state machine */

static void become(struct xenbus_dev *dev, uint8_t state)
{
    dev->mine = state;
    if (!dev->gone)
        xenbus_printf(dev, "state", "%u", state);
}

static uint32_t front_state(const struct xenbus_dev *dev)
{
    uint32_t state;

    if (READ_ONCE(dev->gone) || xenbus_read_u32(dev, "state", &state) || state >= NR_STATES)
        return XenbusStateUnknown;
    return state;
}

static uint32_t choose(struct xenbus_dev *dev, uint32_t theirs)
{
    bool closes = theirs == XenbusStateClosing || theirs == XenbusStateClosed;
    uint32_t action;

    if (dev->fresh && closes && !dev->detach)
        return XENBUS_WAIT;
    dev->fresh = false;
    action = xenbus_action(dev->mine, theirs);
    if (!dev->detach)
        return action;
    /* a kernel that was replaced has let go of it; no other begins */
    return action == XENBUS_RESTART  ? XENBUS_CLOSED
           : action < XENBUS_RESTART ? XENBUS_WAIT
                                     : action;
}

/* One step. False: nothing is left to do now. */
static bool act(struct xenbus_dev *dev, uint32_t action)
{
    if (action == XENBUS_WAIT || (action >= XENBUS_RESTART && !dev->ops->release(dev)))
        return false;
    switch (action) {
    case XENBUS_PUBLISH:
        if (dev->ops->publish(dev))
            return false;
        become(dev, XenbusStateInitWait);
        break;
    case XENBUS_CONNECT:
        if (dev->ops->connect(dev))
            dev->wants_close = true;
        else
            become(dev, XenbusStateConnected);
        break;
    case XENBUS_RESTART:
        become(dev, XenbusStateInitialising);
        break;
    case XENBUS_CLOSING:
        become(dev, XenbusStateClosing);
        break;
    case XENBUS_CLOSED:
        become(dev, XenbusStateClosed);
        break;
    }
    return true;
}

/* Closing by our own wish. False: not possible yet. */
static bool close_first(struct xenbus_dev *dev)
{
    if (!dev->wants_close && !dev->wants_restart)
        return true;
    if (dev->mine == XenbusStateConnected || dev->mine == XenbusStateInitWait) {
        if (!dev->ops->release(dev))
            return false;
        become(dev, XenbusStateClosing);
    }
    dev->wants_close = false;
    return true;
}

/* Both ends are closed, and we are the one who wants to begin again. */
static bool begin_again(struct xenbus_dev *dev)
{
    if (!dev->wants_restart || dev->mine != XenbusStateClosed || dev->detach)
        return false;
    dev->wants_restart = false;
    if (dev->ops->publish(dev))
        return false;
    dev->fresh = true;
    become(dev, XenbusStateInitWait);
    if (hv_opt.debug)
        hv_log("d%u %s: begins anew", dev->d->id, dev->back);
    return true;
}

static void step(struct xenbus_dev *dev)
{
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t theirs = front_state(dev);

        dev->orderly = theirs > XenbusStateInitWait;
        if (!close_first(dev) || (!begin_again(dev) && !act(dev, choose(dev, theirs))))
            break;
    }
}

static void watched(const char *node, void *ctx)
{
    xenbus_wake(ctx);
}

static void forget(struct xenbus_dev *dev)
{
    char p[PATH_MAX];

    hv_xenstore_unwatch(path(p, dev->front, "state"), watched, dev);
    hv_xenstore_rm(dev->back); /* first: front-ends do not wait for who is not there */
}

/* The domain is no more: neither are its device's nodes. */
static void bury(struct xenbus_dev *dev)
{
    dev->orderly = false;
    if (dev->gone_done || !dev->ops->release(dev))
        return;
    forget(dev);
    if (dev->detach)
        dev->ops->removed(dev);
    WRITE_ONCE(dev->gone_done, true);
    work_raise(WORK_RESCHED); /* who reaps may go on */
}

/* Somebody wants it away. Nothing of dev is touched any more once it is removed. */
static void leave(struct xenbus_dev *dev)
{
    bool force = READ_ONCE(dev->detach) == XENBUS_FORCE;

    dev->orderly &= !force;
    if (!dev->told_to_close) {
        dev->told_to_close = true;
        xenbus_write(dev, "online", "0");
        if (dev->mine != XenbusStateClosed)
            xenbus_printf(dev, "state", "%u", XenbusStateClosing);
    }
    if ((!force && dev->mine != XenbusStateClosed) || !dev->ops->release(dev))
        return;
    forget(dev);
    hv_xenstore_rm(dev->front);
    WRITE_ONCE(dev->gone, true);
    WRITE_ONCE(dev->gone_done, true);
    dev->ops->removed(dev);
}

static bool run(struct job *j)
{
    struct xenbus_dev *dev = j->data;

    if (READ_ONCE(dev->gone)) {
        bury(dev);
        return false;
    }
    step(dev);
    if (READ_ONCE(dev->detach))
        leave(dev);
    return false;
}

void xenbus_wake(struct xenbus_dev *dev)
{
    job_raise(&dev->job);
}

void xenbus_fail(struct xenbus_dev *dev, const char *why)
{
    xenbus_complain(dev, XEN_EINVAL, why);
    WRITE_ONCE(dev->wants_close, true);
    xenbus_wake(dev);
}

void xenbus_restart(struct xenbus_dev *dev)
{
    WRITE_ONCE(dev->wants_restart, true);
    xenbus_wake(dev);
}

const char *backend_detach(struct domain *d, const char *which, bool force)
{
    struct xenbus_dev *dev = xenbus_devices;
    char front[sizeof(dev->front)];

    hv_snprintf(front, sizeof(front), "/local/domain/%u/device/%s", d->id, which);
    while (dev && (dev->d != d || READ_ONCE(dev->gone) || strcmp(dev->front, front)))
        dev = dev->next;
    if (!dev)
        return "no such device";
    if (dev->fixed)
        return "emulated hardware shares it";
    if (force || !dev->detach)
        WRITE_ONCE(dev->detach, force ? XENBUS_FORCE : XENBUS_DETACH);
    xenbus_wake(dev);
    return NULL;
}

void xenbus_restart_all(const struct xenbus_ops *ops)
{
    for (struct xenbus_dev *dev = xenbus_devices; dev; dev = dev->next)
        if (dev->ops == ops && READ_ONCE(dev->mine) == XenbusStateConnected)
            xenbus_restart(dev);
}

/* ---- life */

/* Called by the reaper until it returns true. */
static bool domain_ends(struct domain *d)
{
    bool all = true;

    for (struct xenbus_dev *dev = xenbus_devices; dev; dev = dev->next) {
        if (dev->d != d || READ_ONCE(dev->gone_done))
            continue;
        if (!dev->gone) {
            WRITE_ONCE(dev->gone, true);
            xenbus_wake(dev);
        }
        all = false;
    }
    return all;
}

/* The domain, suspended, goes on as a new one: its front-ends begin at the beginning. Called until
 * it returns true. */
static bool domain_resumes(struct domain *d)
{
    bool all = true;

    for (struct xenbus_dev *dev = xenbus_devices; dev; dev = dev->next) {
        if (dev->d != d || READ_ONCE(dev->gone))
            continue;
        if (!dev->resumes) {
            dev->resumes = true;
            xenbus_write_front(dev, "state", "1");
        }
        all &= READ_ONCE(dev->mine) == XenbusStateInitWait;
    }
    for (struct xenbus_dev *dev = xenbus_devices; all && dev; dev = dev->next)
        if (dev->d == d)
            dev->resumes = false;
    return all;
}

static int directory(const char *dir, domid_t owner, domid_t reader)
{
    int rc = hv_xenstore_mkdir(dir);

    return rc ? rc : hv_xenstore_set_perms(dir, owner, 'n', reader, 'r');
}

int xenbus_create(struct xenbus_dev *dev, struct domain *d, const struct xenbus_ops *ops,
                  const char *type, uint32_t number)
{
    char id[12];
    int rc;

    if (!dev->job.fn)
        job_init(&dev->job, run, dev);
    dev->d = d;
    dev->ops = ops;
    dev->mine = XenbusStateInitialising;
    dev->fresh = dev->wants_restart = dev->wants_close = dev->resumes = false;
    dev->detach = XENBUS_STAYS;
    dev->told_to_close = false;
    hv_snprintf(dev->front, sizeof(dev->front), "/local/domain/%u/device/%s/%u", d->id, type,
                number);
    hv_snprintf(dev->back, sizeof(dev->back), "/local/domain/0/backend/%s/%u/%u", type, d->id,
                number);
    xenbus_abandon(dev); /* what the guest may have made there; gone until xenbus_start() */
    rc = directory(dev->back, 0, d->id);
    if (!rc)
        rc = directory(dev->front, d->id, 0);
    if (rc)
        return rc;
    hv_snprintf(id, sizeof(id), "%u", d->id);
    xenbus_write(dev, "frontend", dev->front);
    xenbus_write(dev, "frontend-id", id);
    xenbus_write(dev, "online", "1");
    xenbus_write(dev, "state", "1");
    xenbus_write_front(dev, "backend", dev->back);
    return xenbus_write_front(dev, "backend-id", "0");
}

void xenbus_abandon(struct xenbus_dev *dev)
{
    WRITE_ONCE(dev->gone, true);
    WRITE_ONCE(dev->gone_done, true);
    hv_xenstore_rm(dev->back);
    hv_xenstore_rm(dev->front);
}

static bool entered(const struct xenbus_dev *dev)
{
    const struct xenbus_dev *d = xenbus_devices;

    while (d && d != dev)
        d = d->next;
    return d;
}

int xenbus_start(struct xenbus_dev *dev)
{
    char p[PATH_MAX];
    int rc = xenbus_write_front(dev, "state", "1");

    if (rc)
        return rc;
    WRITE_ONCE(dev->gone_done, false);
    WRITE_ONCE(dev->gone, false);
    domain_end_hook(domain_ends);
    domain_resume_hook(domain_resumes);
    if (!entered(dev)) {
        dev->next = xenbus_devices;
        xenbus_devices = dev;
    }
    return hv_xenstore_watch(path(p, dev->front, "state"), watched, dev);
}
