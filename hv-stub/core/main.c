/* SPDX-License-Identifier: MIT */
/* From a running machine to running domains. */
#include "hv.h"
#include "hv_backend.h"
#include "hv_boot.h"
#include "hv_disk.h"
#include "hv_driver.h"
#include "hv_net.h"
#include "hv_xenstore.h"
#include "modline.h"

#define HV_VERSION "0.1"
#define ERR_BYTES  160

struct hv_options hv_opt;
struct domain *domains[HV_MAX_DOMAINS];
uint32_t nr_domains;

static struct domain_config configs[HV_MAX_DOMAINS - 1];
static uint32_t nr_configs;

struct domain *domain_by_id(domid_t id)
{
    return id < nr_domains ? domains[id] : NULL;
}

/* The user's mistake, not ours: one line and the end. */
static void __attribute__((noreturn, format(printf, 1, 2))) refuse_boot(const char *fmt, ...)
{
    char line[ERR_BYTES + 64];
    va_list ap;

    va_start(ap, fmt);
    hv_vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    hv_log("%s", line);
    arch_machine_end(0x12);
}

static void read_options(struct boot_info *bi)
{
    char err[ERR_BYTES];
    const char *rest;

    if (!options_parse(bi->cmdline, &hv_opt, &rest, err, sizeof(err)))
        refuse_boot("command line: %s", err);
    /* PVH loaders may pass a module without a line: it is what follows `--` then. */
    if (bi->nr_modules > 0 && !*bi->module[0].line)
        bi->module[0].line = rest;
}

static struct builder_module module_of(const struct boot_module *m)
{
    return (struct builder_module){.data = arch_module_data(m), .size = m->size};
}

static void add_kernel(const struct boot_module *m, const struct domain_config *cfg)
{
    struct domain_config *c;

    if (nr_configs == ARRAY_SIZE(configs))
        refuse_boot("more than %u domains", HV_MAX_DOMAINS - 1);
    c = &configs[nr_configs++];
    *c = *cfg;
    c->kernel = module_of(m);
    c->kernel.cmdline = cfg->cmdline;
    if (!c->name[0])
        hv_snprintf(c->name, sizeof(c->name), "d%u", nr_configs);
}

static void read_module(const struct boot_info *bi, uint32_t i)
{
    const struct boot_module *m = &bi->module[i];
    struct domain_config cfg;
    char err[ERR_BYTES] = "";
    enum module_kind kind = module_parse(m->line, &cfg, err, sizeof(err));

    if (kind == MODULE_BARE)
        kind = nr_configs == 0 ? MODULE_KERNEL : MODULE_RAMDISK;
    if (kind == MODULE_BAD)
        refuse_boot("module %u: %s", i + 1, err);
    if (kind == MODULE_KERNEL) {
        add_kernel(m, &cfg);
        return;
    }
    if (nr_configs == 0)
        refuse_boot("module %u: a ramdisk needs a kernel before it", i + 1);
    if (configs[nr_configs - 1].ramdisk.size)
        refuse_boot("module %u: domain %u has a ramdisk already", i + 1, nr_configs);
    configs[nr_configs - 1].ramdisk = module_of(m);
}

static void read_modules(const struct boot_info *bi)
{
    for (uint32_t i = 0; i < bi->nr_modules; i++)
        read_module(bi, i);
    if (nr_configs == 0)
        refuse_boot("no domain to run: give a module \"kernel [options] -- command line\"");
}

uint32_t domains_refused;

/* An FV domain has PV devices if it is told of hypercalls. */
static int start_backends(struct domain *d, const struct domain_config *c)
{
    int rc;

    if (d->kind != DOMAIN_PV && !c->xen)
        return 0;
    rc = blk_backend_start(d);
    return rc ? rc : net_backend_start(d);
}

struct domain *domain_build(domid_t id)
{
    const struct domain_config *c = &configs[id - 1];
    struct domain *d = c->kind == DOMAIN_PV ? pv_domain_build(id, c) : fv_domain_build(id, c);

    if (!d)
        return NULL;
    d->cfg = c;
    if (!hv_xenstore_domain_start(d) && !start_backends(d, c))
        return d;
    hv_log("no memory for the store of domain %u", id);
    hv_xenstore_domain_end(d);
    return NULL;
}

static void build_domains(void)
{
    char err[ERR_BYTES];

    for (uint32_t i = 0; i < nr_configs; i++) {
        const struct domain_config *c = &configs[i];
        domid_t id = (domid_t)(i + 1);
        struct domain *d;

        if (!disks_open(id, c, err, sizeof(err)))
            refuse_boot("domain %u: %s", id, err);
        if (nets_open(id, c))
            refuse_boot("domain %u: its network address is taken", id);
        d = domain_build(id);
        if (!d) { /* the builder said why; the others need not suffer for it */
            domains_refused++;
            continue;
        }
        domains[id] = d;
        nr_domains = id + 1u;
    }
    if (nr_domains <= 1)
        arch_machine_end(0x11);
}

/* Modules are kept for domains that may start again. */
static void free_modules(void)
{
    for (uint32_t i = 0; i < nr_configs; i++)
        if (configs[i].on_reboot == END_RESTART || configs[i].on_crash == END_RESTART)
            return;
    arch_modules_free();
}

void hv_main(struct boot_info *bi)
{
    console_init();
    read_options(bi);
    arch_cpus_start();
    hv_log("pvkit hv-stub " HV_VERSION ": %lu MiB RAM, %u CPU%s, TSC %lu kHz, by %s",
           arch_ram_bytes() >> 20, nr_cpus, nr_cpus == 1 ? "" : "s", arch_tsc_hz / 1000,
           bi->protocol);
    time_init();
    for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
        sched_init_cpu(cpu);
    drivers_start();
    if (hv_opt.control)
        control_init();
    read_modules(bi);
    build_domains();
    free_modules();
    for (uint32_t i = 1; i < nr_domains; i++)
        if (domains[i])
            domain_unpause(domains[i]);
    arch_cpus_release();
}
