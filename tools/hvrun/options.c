/* SPDX-License-Identifier: MIT */
/*
 * The command line. One table names every option, what it takes, its help line and the function
 * that applies it; --help prints the same table. Options of a domain apply to the group they stand
 * in, options of the machine may stand anywhere.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "spec.h"
#include "xl_cfg.h"

struct parse {
    struct run_config *cfg;
    struct domain_config *dom; /* the group being filled */
};

struct option {
    const char *name;
    const char *arg; /* NULL: takes none */
    int (*apply)(struct parse *p, const char *value);
    const char *help;
};

static int bad_value(const char *option, const char *value, const char *wanted)
{
    return complain("%s wants %s, not '%s'", option, wanted, value);
}

static int set_once(const char *option, const char **slot, const char *value)
{
    if (*slot)
        return complain("%s is given twice for one domain; --domain starts another", option);
    if (!*value)
        return complain("%s wants a value", option);
    *slot = value;
    return 0;
}

static int set_mode(struct parse *p, const char *v)
{
    if (!strcmp(v, "pv"))
        p->dom->mode = GUEST_PV;
    else if (!strcmp(v, "fv"))
        p->dom->mode = GUEST_FV;
    else if (!strcmp(v, "pvh"))
        p->dom->mode = GUEST_PVH;
    else
        return bad_value("--mode", v, "pv, fv or pvh");
    return 0;
}

static int set_kernel(struct parse *p, const char *v)
{
    return set_once("--kernel", &p->dom->kernel, v);
}

static int set_ramdisk(struct parse *p, const char *v)
{
    return set_once("--ramdisk", &p->dom->ramdisk, v);
}

static int set_cmdline(struct parse *p, const char *v)
{
    if (p->dom->cmdline)
        return complain("--cmdline is given twice for one domain; --domain starts another");
    if (strlen(v) >= HVRUN_CMDLINE_BYTES)
        return complain("--cmdline has %zu bytes; a guest command line holds at most %d", strlen(v),
                        HVRUN_CMDLINE_BYTES - 1);
    for (const char *c = v; *c; c++)
        if (iscntrl((unsigned char)*c))
            return complain("--cmdline contains a control character");
    p->dom->cmdline = v;
    return 0;
}

static int set_name(struct parse *p, const char *v)
{
    size_t ok = strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    if (!*v || v[ok] || ok > 23)
        return bad_value("--name", v, "1 to 23 letters, digits, '_', '.', '-'");
    return set_once("--name", &p->dom->name, v);
}

static int set_memory(struct parse *p, const char *v)
{
    return spec_number("--memory", v, 1, 1u << 20, &p->dom->memory_mib);
}

static int set_vcpus(struct parse *p, const char *v)
{
    return spec_number("--vcpus", v, 1, HVRUN_MAX_VCPUS, &p->dom->vcpus);
}

static int set_weight(struct parse *p, const char *v)
{
    return spec_number("--weight", v, 1, 65535, &p->dom->weight);
}

static int set_config(struct parse *p, const char *v)
{
    return set_once("--config", &p->dom->config, v);
}

static int set_xen(struct parse *p, const char *v)
{
    p->dom->xen = true;
    return 0;
}

static int set_observer(struct parse *p, const char *v)
{
    p->dom->observer = true;
    return 0;
}

static int set_on_reboot(struct parse *p, const char *v)
{
    return spec_action("--on-reboot", v, &p->dom->on_reboot);
}

static int set_on_crash(struct parse *p, const char *v)
{
    return spec_action("--on-crash", v, &p->dom->on_crash);
}

static int add_disk(struct parse *p, const char *v)
{
    return disk_spec(p->cfg, p->dom, v);
}

static int add_net(struct parse *p, const char *v)
{
    return net_spec(p->cfg, p->dom, v);
}

static void start_domain(struct parse *p)
{
    p->dom = &p->cfg->dom[p->cfg->ndom++];
    memset(p->dom, 0, sizeof(*p->dom));
}

static int next_domain(struct parse *p, const char *v)
{
    static const struct domain_config fresh;

    /* `hvrun --domain --kernel A --domain --kernel B` reads well: no empty group before the first.
     */
    if (p->cfg->ndom == 1 && !memcmp(p->dom, &fresh, sizeof(fresh)))
        return 0;
    if (p->cfg->ndom == HVRUN_MAX_DOMAINS)
        return complain("more than %d domains", HVRUN_MAX_DOMAINS);
    start_domain(p);
    return 0;
}

static int set_smp(struct parse *p, const char *v)
{
    return spec_number("--smp", v, 1, HVRUN_MAX_CPUS, &p->cfg->smp);
}

static int set_host_memory(struct parse *p, const char *v)
{
    return spec_number("--host-memory", v, 1, 1u << 20, &p->cfg->host_memory_mib);
}

static int set_icount(struct parse *p, const char *v)
{
    p->cfg->icount = true;
    return 0;
}

static int set_accel(struct parse *p, const char *v)
{
    if (!strcmp(v, "tcg"))
        p->cfg->accel = ACCEL_TCG;
    else if (!strcmp(v, "kvm"))
        p->cfg->accel = ACCEL_KVM;
    else
        return bad_value("--accel", v, "tcg or kvm");
    return 0;
}

static int set_timeout(struct parse *p, const char *v)
{
    char *end;
    double s;

    errno = 0;
    s = strtod(v, &end);
    if (!isdigit((unsigned char)v[0]) || *end || errno || !isfinite(s) || s <= 0 || s > 1e6)
        return bad_value("--timeout", v, "seconds, more than 0");
    p->cfg->timeout = s;
    return 0;
}

static int set_strict(struct parse *p, const char *v)
{
    p->cfg->strict = true;
    return 0;
}

static int set_interactive(struct parse *p, const char *v)
{
    p->cfg->interactive = true;
    return 0;
}

static int set_stats(struct parse *p, const char *v)
{
    return set_once("--stats", &p->cfg->stats, v);
}

static int set_control(struct parse *p, const char *v)
{
    return set_once("--control", &p->cfg->control, v);
}

static int set_hv(struct parse *p, const char *v)
{
    return set_once("--hv", &p->cfg->hv, v);
}

static int set_verbose(struct parse *p, const char *v)
{
    p->cfg->verbose = true;
    return 0;
}

static const struct option options[] = {
    {"--mode", "pv|fv|pvh", set_mode,
     "para-virtualized (default), fully virtualized, or that without emulated hardware"},
    {"--kernel", "FILE", set_kernel,
     "x86-64 ELF (fv: or i386), packed or not, or a Linux bzImage; once per domain"},
    {"--ramdisk", "FILE", set_ramdisk, "handed to the guest as its initial RAM disk"},
    {"--cmdline", "STR", set_cmdline, "the guest's command line"},
    {"--memory", "MiB", set_memory, "the guest's memory (64)"},
    {"--vcpus", "N", set_vcpus, "the guest's virtual CPUs (1)"},
    {"--name", "STR", set_name, "the domain's name"},
    {"--weight", "N", set_weight, "its share of the CPUs, relative to the other domains (256)"},
    {"--disk", "SPEC", add_disk,
     "FILE[,ro][,dev=xvda][,format=raw|qcow2][,iops=N] or ram:MiB[:NAME]"},
    {"--net", "SPEC", add_net,
     "user|switch[,mac=..][,rate=KiB/s][,hostfwd=[udp:]HOST:GUEST] or none"},
    {"--xen", NULL, set_xen, "fv: the guest sees Xen, so that it may use PV drivers"},
    {"--observer", NULL, set_observer,
     "it may read, not change, all domains' state and store: pvtop, xl list, xentop in the guest"},
    {"--on-reboot", "ACTION", set_on_reboot,
     "destroy (default), restart, preserve: what follows a reboot of the guest's"},
    {"--on-crash", "ACTION", set_on_crash, "likewise, a crash"},
    {"--config", "FILE", set_config, "xl.cfg of the domain; options have the last word"},
    {"--domain", NULL, next_domain, "end this domain's options and start another's"},
    {"--smp", "N", set_smp, "CPUs of the machine (1)"},
    {"--host-memory", "MiB", set_host_memory, "memory of the machine (what the domains need)"},
    {"--icount", NULL, set_icount, "one TSC tick per instruction: exact, repeatable counts"},
    {"--accel", "tcg|kvm", set_accel, "how QEMU runs the machine (tcg)"},
    {"--timeout", "S", set_timeout, "end the run after S seconds, status 5"},
    {"--strict", NULL, set_strict, "one diagnostic line per refused hypercall"},
    {"--interactive", NULL, set_interactive, "Ctrl-C is a key for the guest, Ctrl-\\ ends it"},
    {"--stats", "FILE", set_stats, "write hv-stub's statistics there as JSON at the end"},
    {"--control", "PATH", set_control, "socket there for hvctl, which manages the running domains"},
    {"--hv", "FILE", set_hv, "the hypervisor (hv-stub.elf beside this program)"},
    {"--verbose", NULL, set_verbose, "print the QEMU command and its process id"},
};

#define NOPTIONS (sizeof(options) / sizeof(options[0]))

void options_help(FILE *out)
{
    fputs("usage: hvrun --kernel FILE [OPTION]... [--domain --kernel FILE [OPTION]...]...\n"
          "Run guests on hv-stub in QEMU, their consoles on this terminal; Ctrl-C ends it.\n\n",
          out);
    for (size_t i = 0; i < NOPTIONS; i++) {
        const struct option *o = &options[i];
        int used = fprintf(out, "  %s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");

        fprintf(out, "%*s%s\n", used < 24 ? 24 - used : 1, "", o->help);
    }
    fputs("  --help, --version\n\n"
          "Exit status: 0 all guests powered off, 2 bad usage or file (nothing was started),\n"
          "3 a guest crashed, 4 the hypervisor panicked, 5 timeout, 6 QEMU could not run,\n"
          "7 a guest asked for a reboot. HVRUN_QEMU names another QEMU than qemu-system-x86_64.\n",
          out);
}

/* The option that @word names, as `--name` or `--name=value`. */
static const struct option *find_option(const char *word, const char **inline_value)
{
    size_t len = strcspn(word, "=");

    *inline_value = word[len] == '=' ? word + len + 1 : NULL;
    for (size_t i = 0; i < NOPTIONS; i++)
        if (strlen(options[i].name) == len && !strncmp(options[i].name, word, len))
            return &options[i];
    return NULL;
}

/* What neither the options nor the file say. */
static int complete_domain(struct run_config *cfg, struct domain_config *d)
{
    if (d->config && xl_cfg_read(cfg, d) < 0)
        return -1;
    if (d->mode == GUEST_UNSET)
        d->mode = GUEST_PV;
    if (!d->memory_mib)
        d->memory_mib = HVRUN_MEMORY_MIB;
    if (!d->vcpus)
        d->vcpus = 1;
    if (d->xen && d->mode != GUEST_FV)
        return complain("--xen goes with --mode fv; PV and PVH guests always see Xen");
    if (d->observer && d->mode == GUEST_FV && !d->xen)
        return complain("--observer is for guests that see Xen: --mode pv or pvh, or --xen");
    return 0;
}

static int check_complete(struct run_config *cfg)
{
    for (unsigned int i = 0; i < cfg->ndom; i++) {
        if (complete_domain(cfg, &cfg->dom[i]) < 0)
            return -1;
        if (!cfg->dom[i].kernel && cfg->ndom == 1)
            return complain("no --kernel given (see hvrun --help)");
        if (!cfg->dom[i].kernel)
            return complain("domain %u has no --kernel", i + 1);
    }
    if (cfg->icount && cfg->accel == ACCEL_KVM)
        return complain("--icount counts emulated instructions; it cannot go with --accel kvm");
    return 0;
}

enum options_result options_parse(int argc, const char *const *argv, struct run_config *cfg)
{
    struct parse p = {.cfg = cfg};

    *cfg = (struct run_config){.smp = 1, .accel = ACCEL_TCG};
    start_domain(&p);

    for (int i = 1; i < argc; i++) {
        const char *value;
        const struct option *o;

        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return OPTIONS_HELP;
        if (!strcmp(argv[i], "--version"))
            return OPTIONS_VERSION;
        o = find_option(argv[i], &value);
        if (!o) {
            complain("unknown %s '%s' (see hvrun --help)",
                     argv[i][0] == '-' ? "option" : "argument", argv[i]);
            return OPTIONS_BAD;
        }
        if (!o->arg && value) {
            complain("%s takes no value", o->name);
            return OPTIONS_BAD;
        }
        if (o->arg && !value && !(value = argv[++i])) {
            complain("%s wants a value: %s", o->name, o->arg);
            return OPTIONS_BAD;
        }
        if (o->apply(&p, value) < 0)
            return OPTIONS_BAD;
    }
    return check_complete(cfg) < 0 ? OPTIONS_BAD : OPTIONS_RUN;
}
