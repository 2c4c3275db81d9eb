/* SPDX-License-Identifier: MIT */
#include "xl_cfg.h"

#include <errno.h>
#include <libxl.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "spec.h"

static const char *get_text(struct run_config *cfg, const XLU_Config *file, const char *key)
{
    const char *value;

    return xlu_cfg_get_string(file, key, &value, 1) ? NULL : config_keep(cfg, value);
}

static void fill_text(struct run_config *cfg, const XLU_Config *file, const char *key,
                      const char **slot)
{
    if (!*slot)
        *slot = get_text(cfg, file, key);
}

static int fill_number(const XLU_Config *file, const char *key, long max, unsigned int *slot)
{
    long value;

    if (*slot || xlu_cfg_get_long(file, key, &value, 1))
        return 0;
    if (value < 1 || value > max)
        return complain("%s: %s must be a number from 1 to %ld", "xl.cfg", key, max);
    *slot = (unsigned int)value;
    return 0;
}

static int fill_mode(struct run_config *cfg, const XLU_Config *file, struct domain_config *d)
{
    const char *type = get_text(cfg, file, "type");

    if (d->mode != GUEST_UNSET)
        return 0;
    if (!type)
        type = get_text(cfg, file, "builder");
    if (!type || !strcmp(type, "pv") || !strcmp(type, "generic")) {
        d->mode = GUEST_PV;
    } else if (!strcmp(type, "pvh")) {
        d->mode = GUEST_PVH;
    } else if (!strcmp(type, "hvm")) {
        d->mode = GUEST_FV;
        d->xen = true;
    } else {
        return complain("%s: type must be pv, pvh or hvm, not '%s'", d->config, type);
    }
    return 0;
}

/* A domain of a file reboots when it wants to, as with xl. */
static int fill_action(struct run_config *cfg, const XLU_Config *file, const char *key,
                       enum end_action otherwise, enum end_action *slot)
{
    const char *text = get_text(cfg, file, key);

    if (*slot)
        return 0;
    *slot = otherwise;
    return text ? spec_action(key, text, slot) : 0;
}

/* root= and extra= are the older way to say cmdline=. */
static int fill_cmdline(struct run_config *cfg, const XLU_Config *file, struct domain_config *d)
{
    const char *root, *extra;
    char line[HVRUN_CMDLINE_BYTES];
    int n;

    if (d->cmdline)
        return 0;
    d->cmdline = get_text(cfg, file, "cmdline");
    root = get_text(cfg, file, "root");
    extra = get_text(cfg, file, "extra");
    if (!d->cmdline && (root || extra)) {
        n = snprintf(line, sizeof(line), "%s%s%s%s", root ? "root=" : "", root ? root : "",
                     root && extra ? " " : "", extra ? extra : "");
        if (n >= (int)sizeof(line))
            return complain("%s: root and extra are longer than %zu bytes", d->config,
                            sizeof(line) - 1);
        d->cmdline = config_keep(cfg, line);
    }
    if (d->cmdline && strlen(d->cmdline) >= HVRUN_CMDLINE_BYTES)
        return complain("%s: cmdline is longer than %d bytes", d->config, HVRUN_CMDLINE_BYTES - 1);
    return 0;
}

/* ---- disks */

static int take_disk(struct run_config *cfg, struct domain_config *d, const libxl_device_disk *from)
{
    struct disk_config *to = &d->disk[d->ndisks];

    if (d->ndisks == HVRUN_MAX_DISKS)
        return complain("%s: more than %d disks", d->config, HVRUN_MAX_DISKS);
    if (from->is_cdrom || !from->pdev_path || !*from->pdev_path)
        return complain("%s: disk %s has no image, or is a CD-ROM: hv-stub has none", d->config,
                        from->vdev ? from->vdev : "");
    *to = (struct disk_config){.readonly = !from->readwrite};
    to->path = config_keep(cfg, from->pdev_path);
    to->vdev = from->vdev ? config_keep(cfg, from->vdev) : NULL;
    if (from->format == LIBXL_DISK_FORMAT_RAW)
        to->format = DISK_FORMAT_RAW;
    else if (from->format == LIBXL_DISK_FORMAT_QCOW2)
        to->format = DISK_FORMAT_QCOW2;
    else if (from->format != LIBXL_DISK_FORMAT_UNKNOWN)
        return complain("%s: disk %s: only raw and qcow2 images are understood", d->config,
                        to->path);
    if (disk_name(cfg, d, to) < 0)
        return -1;
    d->ndisks++;
    return 0;
}

static int read_disk(struct run_config *cfg, XLU_Config *file, struct domain_config *d,
                     const char *spec)
{
    libxl_device_disk disk;
    int rc;

    libxl_device_disk_init(&disk);
    rc = xlu_disk_parse(file, 1, &spec, &disk); /* says itself what is wrong */
    rc = rc ? complain("%s: disk '%s' is not understood", d->config, spec)
            : take_disk(cfg, d, &disk);
    libxl_device_disk_dispose(&disk);
    return rc;
}

/* ---- network interfaces */

static int read_vif(struct run_config *cfg, XLU_Config *file, struct domain_config *d,
                    const char *spec)
{
    char *at = config_keep(cfg, spec), *word;
    struct net_config *nic = &d->nic[d->nnics];

    if (d->nnics == HVRUN_MAX_NICS)
        return complain("%s: more than %d vifs", d->config, HVRUN_MAX_NICS);
    *nic = (struct net_config){.user = true};
    while ((word = spec_word(&at))) {
        const char *value, *from = word + strspn(word, " ");

        if ((value = spec_value(from, "mac"))) {
            if (net_mac_check("vif mac=", value) < 0)
                return -1;
            nic->mac = value;
        } else if ((value = spec_value(from, "rate"))) {
            libxl_device_nic rate;

            libxl_device_nic_init(&rate);
            if (xlu_vif_parse_rate(file, value, &rate))
                return complain("%s: vif rate '%s' is not understood", d->config, value);
            nic->rate_kib = (unsigned int)(rate.rate_bytes_per_interval * 1000000 /
                                           rate.rate_interval_usecs / 1024);
            libxl_device_nic_dispose(&rate);
        }
    }
    d->nnics++;
    return 0;
}

/* ---- the file */

static int each(struct run_config *cfg, XLU_Config *file, struct domain_config *d, const char *key,
                int (*read)(struct run_config *, XLU_Config *, struct domain_config *,
                            const char *))
{
    XLU_ConfigList *list;
    const char *item;

    if (xlu_cfg_get_list(file, key, &list, NULL, 1))
        return 0;
    for (int i = 0; (item = xlu_cfg_get_listitem(list, i)); i++)
        if (read(cfg, file, d, item) < 0)
            return -1;
    return 0;
}

static int fill(struct run_config *cfg, XLU_Config *file, struct domain_config *d)
{
    fill_text(cfg, file, "kernel", &d->kernel);
    fill_text(cfg, file, "ramdisk", &d->ramdisk);
    fill_text(cfg, file, "name", &d->name);
    if (fill_mode(cfg, file, d) < 0 || fill_cmdline(cfg, file, d) < 0 ||
        fill_number(file, "memory", 1L << 20, &d->memory_mib) < 0 ||
        fill_number(file, "vcpus", HVRUN_MAX_VCPUS, &d->vcpus) < 0 ||
        fill_number(file, "cpu_weight", 65535, &d->weight) < 0 ||
        fill_action(cfg, file, "on_reboot", END_RESTART, &d->on_reboot) < 0 ||
        fill_action(cfg, file, "on_crash", END_DESTROY, &d->on_crash) < 0)
        return -1;
    if (!d->ndisks && each(cfg, file, d, "disk", read_disk) < 0)
        return -1;
    if (!d->nnics && !d->no_net && each(cfg, file, d, "vif", read_vif) < 0)
        return -1;
    return 0;
}

static char *read_all(const char *path, int *length)
{
    FILE *f = fopen(path, "re");
    char *text = f ? malloc(65536) : NULL;

    if (text)
        *length = (int)fread(text, 1, 65536, f);
    if (f)
        fclose(f);
    if (text && *length < 65536)
        return text;
    complain("config %s: %s", path, text ? "too long for a configuration" : strerror(errno));
    free(text);
    return NULL;
}

int xl_cfg_read(struct run_config *cfg, struct domain_config *d)
{
    XLU_Config *file = xlu_cfg_init(stderr, d->config);
    int length = 0, rc;
    char *text;

    if (!file)
        abort();
    text = read_all(d->config, &length);
    rc = text ? 0 : -1;
    if (text && xlu_cfg_readdata(file, text, length))
        rc = complain("config %s: not an xl.cfg file", d->config);
    if (!rc)
        rc = fill(cfg, file, d);
    xlu_cfg_destroy(file);
    free(text);
    return rc;
}
