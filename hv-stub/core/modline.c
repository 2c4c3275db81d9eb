/* SPDX-License-Identifier: MIT */
#include "modline.h"
#include "modword.h"

#define WORD_MAX     64
#define WRONG_ACTION "after its end: destroy, restart or preserve"

static bool parse_mode(struct word w, struct domain_config *cfg)
{
    cfg->pvh = word_is(w, "pvh");
    cfg->xen |= cfg->pvh;
    cfg->kind = cfg->pvh || word_is(w, "fv") ? DOMAIN_FV : DOMAIN_PV;
    return cfg->kind == DOMAIN_FV || word_is(w, "pv");
}

static bool parse_action(struct word w, enum end_action *action)
{
    static const char *const names[] = {
        [END_DESTROY] = "destroy", [END_RESTART] = "restart", [END_PRESERVE] = "preserve"};

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (word_is(w, names[i])) {
            *action = (enum end_action)i;
            return true;
        }
    return false;
}

/* What is wrong with this kernel option, or NULL. */
static const char *kernel_option(struct word w, struct domain_config *cfg)
{
    uint64_t v;

    if (word_key(&w, "mode"))
        return parse_mode(w, cfg) ? NULL : "mode must be pv, fv or pvh";
    if (word_key(&w, "mem")) {
        if (!word_number(w, 1, 1u << 20, &cfg->mem_mib))
            return "mem must be a number of MiB from 1 to 1048576";
        return NULL;
    }
    if (word_key(&w, "vcpus")) {
        if (!word_number(w, 1, HV_MAX_VCPUS, &v))
            return "vcpus must be a number from 1 to 32";
        cfg->vcpus = (uint32_t)v;
        return NULL;
    }
    if (word_key(&w, "weight")) {
        if (!word_number(w, 1, 65535, &v))
            return "weight must be a number from 1 to 65535";
        cfg->weight = (uint32_t)v;
        return NULL;
    }
    if (word_key(&w, "name"))
        return word_name(w, cfg->name, sizeof(cfg->name))
                   ? NULL
                   : "name must be 1 to 23 printable characters";
    if (word_key(&w, "disk"))
        return disk_option(w, cfg);
    if (word_key(&w, "net"))
        return net_option(w, cfg);
    if (word_is(w, "net"))
        return net_option((struct word){w.s, 0}, cfg);
    if (word_key(&w, "reboot"))
        return parse_action(w, &cfg->on_reboot) ? NULL : WRONG_ACTION;
    if (word_key(&w, "crash"))
        return parse_action(w, &cfg->on_crash) ? NULL : WRONG_ACTION;
    if (word_key(&w, "xen")) {
        if (!word_number(w, 0, 1, &v))
            return "xen must be 0 or 1";
        cfg->xen = v;
        return NULL;
    }
    if (word_is(w, "observer")) {
        cfg->observer = true;
        return NULL;
    }
    return "not an option of a kernel line (mode, mem, vcpus, name, weight, disk, net, xen, "
           "reboot, crash, observer, --)";
}

static enum module_kind parse_kernel(const char *p, struct domain_config *cfg, char *err, size_t n)
{
    while (*p) {
        struct word w = next_word(&p, ' ');
        const char *wrong;

        if (word_is(w, "--"))
            break;
        wrong = kernel_option(w, cfg);
        if (wrong) {
            hv_snprintf(err, n, "\"%.*s\": %s", (int)MIN(w.len, (size_t)WORD_MAX), w.s, wrong);
            return MODULE_BAD;
        }
    }
    cfg->cmdline = p;
    return MODULE_KERNEL;
}

enum module_kind module_parse(const char *line, struct domain_config *cfg, char *err, size_t n)
{
    const char *p = line;

    memset(cfg, 0, sizeof(*cfg));
    cfg->kind = DOMAIN_PV;
    cfg->mem_mib = 64;
    cfg->vcpus = 1;
    cfg->weight = 256;
    for (int i = 0; i < 2; i++) {
        struct word w = next_word(&p, ' ');

        if (word_is(w, "kernel"))
            return parse_kernel(p, cfg, err, n);
        if (word_is(w, "ramdisk")) {
            if (!*p)
                return MODULE_RAMDISK;
            hv_snprintf(err, n, "nothing may follow \"ramdisk\"");
            return MODULE_BAD;
        }
        if (i == 0)
            cfg->cmdline = p;
    }
    return MODULE_BARE;
}

static bool *option_flag(struct word w, struct hv_options *opt)
{
    if (word_is(w, "strict"))
        return &opt->strict;
    if (word_is(w, "stats"))
        return &opt->stats;
    if (word_is(w, "prefix"))
        return &opt->prefix;
    if (word_is(w, "debug"))
        return &opt->debug;
    if (word_is(w, "control"))
        return &opt->control;
    return NULL;
}

static bool option_value(struct word w, struct hv_options *opt)
{
    uint32_t *ms = NULL;
    uint64_t v;

    if (word_key(&w, "blk-restart"))
        ms = &opt->blk_restart_ms;
    else if (word_key(&w, "net-restart"))
        ms = &opt->net_restart_ms;
    if (!ms || !word_number(w, 1, 1000000, &v))
        return false;
    *ms = (uint32_t)v;
    return true;
}

/* Some loaders put the name of our image in front. */
static bool word_is_path(struct word w)
{
    for (size_t i = 0; i < w.len; i++)
        if (w.s[i] == '/' || w.s[i] == '.')
            return true;
    return false;
}

bool options_parse(const char *line, struct hv_options *opt, const char **rest, char *err, size_t n)
{
    const char *p = line;
    bool first = true;

    *rest = "";
    while (*p) {
        struct word w = next_word(&p, ' ');
        bool *flag = option_flag(w, opt);

        if (word_is(w, "--")) {
            *rest = p;
            return true;
        }
        if (flag) {
            *flag = true;
        } else if (!option_value(w, opt) && w.len > 0 && !(first && word_is_path(w))) {
            hv_snprintf(
                err, n,
                "unknown option \"%.*s\" (strict, stats, prefix, debug, control, blk-restart=MS, "
                "net-restart=MS)",
                (int)MIN(w.len, (size_t)WORD_MAX), w.s);
            return false;
        }
        first = false;
    }
    return true;
}
