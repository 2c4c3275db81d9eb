/* SPDX-License-Identifier: MIT */
#include "unit.h"
#include "domain.h"

struct hv_options hv_opt;
struct domain *domains[HV_MAX_DOMAINS];
uint32_t nr_domains;
uint32_t domains_refused;

void stub_reset(void);

struct domain *domain_by_id(domid_t id)
{
    return id < nr_domains ? domains[id] : NULL;
}

/* As main.c, with the devices left out: what restart after an end calls. */
struct domain *domain_build(domid_t id)
{
    const struct domain_config *cfg = domains[id]->cfg;
    struct domain *d = cfg->mem_mib ? domain_create(id, DOMAIN_PV, cfg->vcpus, 1024) : NULL;

    if (d)
        d->cfg = cfg;
    return d;
}

void world_reset(uint32_t cpus)
{
    fake_reset(cpus);
    stub_reset();
    memset(&hv_opt, 0, sizeof(hv_opt));
    memset(domains, 0, sizeof(domains));
    nr_domains = 1;
    reap_lock = (spinlock_t){0}; /* a machine that ended kept it */
    domains_to_reap = 0;
    time_init();
    console_init();
    for (uint32_t i = 0; i < cpus; i++)
        sched_init_cpu(i);
}

struct domain *world_domain(uint32_t vcpus, uint32_t weight)
{
    domid_t id = (domid_t)nr_domains;
    struct domain *d = domain_create(id, DOMAIN_PV, vcpus, 1024);

    assert_non_null(d);
    d->weight = weight;
    hv_snprintf(d->name, sizeof(d->name), "test%u", id);
    for (uint32_t i = 0; i < vcpus; i++)
        d->vcpu[i]->initialised = true;
    domains[id] = d;
    nr_domains = id + 1u;
    domain_unpause(d);
    fake_map(d->shared, PAGE_SIZE);
    return d;
}

void world_be(struct vcpu *v)
{
    fake_be(0);
    fake_enter(v);
    fake_cpus[0].work = 0;
}
