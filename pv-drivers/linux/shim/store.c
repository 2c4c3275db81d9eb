// SPDX-License-Identifier: MIT OR GPL-2.0
/* The library's client of XenStore, one request at a time, for all threads. */
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "shim.h"

#include <pvkit/hypercall/device.h>

#define PATIENCE HZ /* then look, event or not */
#define FIRED    16 /* watches that are served before others may have the store */

static struct pvk_xs xs;
static void *ring;
static evtchn_port_t port;
static bool rung;
static DEFINE_MUTEX(lock); /* of xs */
static DECLARE_WAIT_QUEUE_HEAD(waiters);

static void deliver(struct work_struct *work);
static DECLARE_WORK(deliver_work, deliver);

static void on_event(evtchn_port_t port, void *data)
{
    WRITE_ONCE(rung, true);
    wake_up(&waiters);
    schedule_work(&deliver_work);
}

/* The ring is looked at after the flag is taken, so what was written before it was set is seen. */
static void wait_for_store(void *data)
{
    wait_event_timeout(waiters, xchg(&rung, false), PATIENCE);
}

static void deliver(struct work_struct *work)
{
    bool more;

    mutex_lock(&lock);
    more = pvk_xs_deliver(&xs, FIRED);
    mutex_unlock(&lock);
    if (more)
        schedule_work(&deliver_work);
}

int shim_store_start(void)
{
    u64 gfn, number;
    int rc = hypercall_hvm_get_param(HVM_PARAM_STORE_PFN, &gfn);

    if (!rc)
        rc = hypercall_hvm_get_param(HVM_PARAM_STORE_EVTCHN, &number);
    if (rc)
        return rc;
    if (!gfn || !number)
        return -ENODEV;
    ring = memremap(gfn << PAGE_SHIFT, PAGE_SIZE, MEMREMAP_WB);
    if (!ring)
        return -ENOMEM;
    port = number;
    pvk_xs_init(&xs, ring, port, wait_for_store, NULL);
    rc = shim_port_attach(port, on_event, NULL);
    if (rc)
        memunmap(ring);
    else
        shim_port_unmask(port);
    return rc;
}

/* The port stays, for the next who comes. */
void shim_store_stop(void)
{
    shim_port_detach(port);
    cancel_work_sync(&deliver_work);
    memunmap(ring);
}

int shim_store_read(const char *dir, const char *key, char *value, size_t size)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_read(&xs, 0, dir, key, value, size);
    mutex_unlock(&lock);
    return rc;
}

int shim_store_write(u32 tx, const char *dir, const char *key, const char *value)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_write(&xs, tx, dir, key, value);
    mutex_unlock(&lock);
    return rc;
}

int shim_store_remove(u32 tx, const char *dir, const char *key)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_rm(&xs, tx, dir, key);
    mutex_unlock(&lock);
    return rc;
}

int shim_store_list(const char *dir, char *names, size_t size)
{
    u32 len = 0;
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_directory(&xs, 0, dir, names, size, &len);
    mutex_unlock(&lock);
    return rc ? rc : len;
}

int shim_store_begin(u32 *tx)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_begin(&xs, tx);
    mutex_unlock(&lock);
    return rc;
}

int shim_store_end(u32 tx, bool commit)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_end(&xs, tx, commit);
    mutex_unlock(&lock);
    return rc;
}

int shim_store_watch(struct pvk_xs_watch *watch, const char *path,
                     void (*fn)(struct pvk_xs_watch *watch), void *data)
{
    int rc;

    mutex_lock(&lock);
    rc = pvk_xs_watch(&xs, watch, path, fn, data);
    mutex_unlock(&lock);
    if (!rc)
        schedule_work(&deliver_work); /* its first event came, perhaps, with the reply */
    return rc;
}

void shim_store_unwatch(struct pvk_xs_watch *watch)
{
    mutex_lock(&lock);
    pvk_xs_unwatch(&xs, watch);
    mutex_unlock(&lock);
}
