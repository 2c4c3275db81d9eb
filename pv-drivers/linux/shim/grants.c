// SPDX-License-Identifier: MIT OR GPL-2.0
/* Grants by the library's allocator, and the list of pages that a back-end still uses. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "shim.h"

#include <pvkit/grant.h>
#include <pvkit/hypercall/grant.h>
#include <pvkit/hypercall/memory.h>

static struct pvk_grants grants;
static struct pvk_grant_slot *slots;
static LIST_HEAD(in_use);     /* pages, by their lru; index and private hold the grant */
static DEFINE_SPINLOCK(lock); /* of all that */
static xen_pfn_t first;
static unsigned int frames;

static void retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, retry);

static void unmap(void)
{
    while (frames)
        hypercall_remove_from_physmap(first + --frames);
}

int shim_grants_start(void *pages, xen_pfn_t gfn, unsigned int nr)
{
    u32 have, most;
    int rc = hypercall_gnttab_query_size(&have, &most);

    if (rc)
        return rc;
    first = gfn;
    for (nr = min(nr, most); frames < nr; frames++) {
        rc = hypercall_add_to_physmap(XENMAPSPACE_grant_table, frames, gfn + frames);
        if (rc)
            goto fail;
    }
    rc = -ENOMEM;
    nr *= PVK_GRANTS_PER_FRAME;
    slots = kvcalloc(nr, sizeof(*slots), GFP_KERNEL);
    if (!slots)
        goto fail;
    pvk_grants_init(&grants, pages, slots, nr);
    return 0;
fail:
    unmap();
    return rc;
}

int shim_grant(domid_t domain, struct port_page *page, bool readonly, struct port_grant *out)
{
    struct pvk_grant grant;
    unsigned long flags;
    int rc;

    spin_lock_irqsave(&lock, flags);
    rc = pvk_grant_access(&grants, domain, page_to_pfn((struct page *)page), readonly, &grant);
    spin_unlock_irqrestore(&lock, flags);
    if (!rc)
        *out = (struct port_grant){grant.ref, grant.use};
    return rc;
}

/* With the lock: false if the other end still uses it. */
static bool end(struct port_grant grant)
{
    return pvk_grant_end(&grants, (struct pvk_grant){grant.ref, grant.use}) != -EBUSY;
}

bool shim_grant_end(struct port_grant grant)
{
    unsigned long flags;
    bool ended;

    spin_lock_irqsave(&lock, flags);
    ended = end(grant);
    spin_unlock_irqrestore(&lock, flags);
    return ended;
}

void shim_grant_end_free(struct port_grant grant, struct port_page *port_page)
{
    struct page *page = (struct page *)port_page;
    unsigned long flags;
    bool ended;

    spin_lock_irqsave(&lock, flags);
    ended = end(grant);
    if (!ended) {
        page->index = grant.use;
        set_page_private(page, grant.ref);
        list_add_tail(&page->lru, &in_use);
    }
    spin_unlock_irqrestore(&lock, flags);
    if (ended)
        __free_page(page);
    else
        schedule_delayed_work(&retry_work, HZ);
}

/* Free what can be; whether some are left. */
static bool try_again(void)
{
    struct page *page, *next;
    unsigned long flags;
    LIST_HEAD(done);
    bool left;

    spin_lock_irqsave(&lock, flags);
    list_for_each_entry_safe(page, next, &in_use, lru)
    {
        if (end((struct port_grant){page_private(page), page->index}))
            list_move(&page->lru, &done);
    }
    left = !list_empty(&in_use);
    spin_unlock_irqrestore(&lock, flags);
    list_for_each_entry_safe(page, next, &done, lru)
    {
        list_del(&page->lru);
        set_page_private(page, 0);
        __free_page(page);
    }
    return left;
}

static void retry(struct work_struct *work)
{
    if (try_again())
        schedule_delayed_work(&retry_work, HZ);
}

unsigned int shim_grants_held(void)
{
    return pvk_grants_held(&grants);
}

void shim_grants_stop(void)
{
    cancel_delayed_work_sync(&retry_work);
    if (try_again())
        pr_warn("pv_shim: a back-end keeps pages for ever\n");
    INIT_LIST_HEAD(&in_use);
    unmap();
    kvfree(slots);
}
