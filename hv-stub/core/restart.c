/* SPDX-License-Identifier: MIT */
/* What a toolstack does about a domain that has ended: nothing, keep it, or start it again. */
#include "domain.h"
#include "hv_grant.h"

bool domain_ended_badly(const struct domain *d)
{
    return d->state == DOMAIN_CRASHED ||
           (d->state == DOMAIN_SHUTDOWN &&
            (d->shutdown_code == SHUTDOWN_crash || d->shutdown_code == SHUTDOWN_watchdog));
}

enum end_action domain_end_action(const struct domain *d)
{
    if (!d->cfg || d->destroyed)
        return END_DESTROY;
    if (domain_ended_badly(d))
        return d->cfg->on_crash;
    return d->shutdown_code == SHUTDOWN_reboot ? d->cfg->on_reboot : END_DESTROY;
}

bool domain_restart(struct domain *d)
{
    if (hv_now() < d->restart_at || READ_ONCE(d->tot_pages) || !grant_idle(d))
        return false;
    hv_log("d%u (%s) starts again", d->id, d->name);
    if (!domain_build(d->id)) {
        d->cfg = NULL;
        d->detached = d->building_again = false;
        d->state = DOMAIN_CRASHED; /* what was built of it goes the usual way */
        return true;
    }
    __atomic_fetch_sub(&domains_to_reap, 1, __ATOMIC_SEQ_CST);
    domain_unpause(d);
    return true;
}
