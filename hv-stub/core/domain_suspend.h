/* SPDX-License-Identifier: MIT */
/*
 * Suspended domains, private to core/. A domain that calls sched_op(shutdown, SHUTDOWN_suspend)
 * stays as it is, off all CPUs, when somebody is there to let it go on (hv_opt.control); otherwise
 * it ends.
 */
#ifndef CORE_DOMAIN_SUSPEND_H
#define CORE_DOMAIN_SUSPEND_H

#include "hv.h"

/* How it goes on. */
enum domain_resume {
    RESUME_SAME, /* where it was: the call returns 1, nothing has changed (xl's `save -c`) */
    RESUME_NEW,  /* as after a restore on another host: the call returns 0; event channels, grants,
                  * rings and registered areas are gone, start_info says what is new. PV only. */
};

/* The current domain asks for it. */
void domain_suspend(struct domain *d);
bool domain_suspended(const struct domain *d);
/* Let it go on. 0; -HV_ERESTART: not everything is quiet yet, call again; -XEN_EINVAL: it is not
 * suspended, or its start_info is not there; -XEN_EOPNOTSUPP: not in this way; -XEN_EBUSY: others
 * still use what it granted. From a job, with no lock held. */
int domain_resume(struct domain *d, enum domain_resume how);

#endif
