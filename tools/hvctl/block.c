/* SPDX-License-Identifier: MIT */
/* block-attach, block-detach, block-list. */
#include <errno.h>
#include <limits.h>
#include <libxl.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "devices.h"
#include "qmp.h"

#define SECTOR     512
#define RAM_PREFIX "ram:"
#define VIRTIO     "virtio:"

static void take_line(char *text, void *ctx)
{
    link_unescape(text);
    snprintf(ctx, 64, "%s", text);
}

static enum hvctl_status ask_number(const char *command, unsigned int number, char *answer,
                                    bool quiet)
{
    char text[16];
    const char *words[] = {command, text, NULL};

    snprintf(text, sizeof(text), "%u", number);
    return link_ask(words, take_line, answer, quiet);
}

/* ---- the medium */

static enum hvctl_status check_image(struct image *image)
{
    struct stat st;

    if (stat(image->path, &st) < 0)
        return hvctl_complain(HVCTL_USAGE, "disk %s: %s", image->path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return hvctl_complain(HVCTL_USAGE, "disk %s: neither a file nor a block device",
                              image->path);
    if (S_ISREG(st.st_mode) && !strcmp(image->format, "raw") &&
        (st.st_size == 0 || st.st_size % SECTOR))
        return hvctl_complain(HVCTL_USAGE, "disk %s: its size, %lld bytes, is not a multiple of %d",
                              image->path, (long long)st.st_size, SECTOR);
    image_name(image->id, st.st_dev, st.st_ino);
    return HVCTL_OK;
}

/* Nobody in the machine uses virtio:@n any more, perhaps: then QEMU shall not either. */
static void let_go(unsigned int n)
{
    char function[64] = "", id[IMAGE_NAME_BYTES];

    if (ask_number("disk-function", n, function, true))
        return;
    qmp_name((unsigned int)strtoul(function, NULL, 10), id, sizeof(id));
    if (!ask_number("disk-remove", n, function, true) && *id)
        qmp_forget(id);
}

static unsigned int virtio_number(const char *name)
{
    return (unsigned int)strtoul(name + strlen(VIRTIO), NULL, 10);
}

/* Have a device of the machine for it: @name says which, "virtio:N". */
static enum hvctl_status plug(const struct image *image, char *name)
{
    int function = qmp_function(image->id);
    enum hvctl_status rc = HVCTL_OK;

    /* left over by who did not finish: its properties may be others than wanted now */
    if (function >= 0 && !ask_number("disk-add", (unsigned int)function, name, true)) {
        let_go(virtio_number(name));
        function = qmp_function(image->id);
    }
    if (function < 0) {
        rc = qmp_forget(image->id);
        if (!rc)
            rc = qmp_plug(image);
        function = rc ? -1 : qmp_function(image->id);
    }
    if (rc || function < 0)
        return rc ? rc : hvctl_complain(HVCTL_REFUSED, "QEMU has no slot for another disk");
    return ask_number("disk-add", (unsigned int)function, name, false);
}

/* ---- attaching */

static enum hvctl_status attach(const struct device_call *c, const char *media,
                                const libxl_device_disk *disk)
{
    char id[16], spec[128];

    snprintf(id, sizeof(id), "%u", c->d->id);
    snprintf(spec, sizeof(spec), "%s,%s,%s", media, disk->vdev, disk->readwrite ? "w" : "r");
    return link_ask_words(NULL, NULL, "block-attach", id, spec);
}

static enum hvctl_status attach_image(const struct device_call *c, const libxl_device_disk *disk)
{
    struct image image = {.readonly = !disk->readwrite};
    char name[64] = "", *path = realpath(disk->pdev_path, NULL);
    enum hvctl_status rc;

    if (!path)
        return hvctl_complain(HVCTL_USAGE, "disk %s: %s", disk->pdev_path, strerror(errno));
    image.path = path;
    image.format = disk->format == LIBXL_DISK_FORMAT_QCOW2 ? "qcow2" : "raw";
    rc = check_image(&image);
    if (!rc)
        rc = qmp_open(c->path, c->deadline);
    if (!rc)
        rc = plug(&image, name);
    if (!rc) {
        rc = attach(c, name, disk);
        if (rc)
            let_go(virtio_number(name));
    }
    free(path);
    return rc;
}

static enum hvctl_status attach_disk(const struct device_call *c, const libxl_device_disk *disk)
{
    if (disk->is_cdrom || !disk->pdev_path || !*disk->pdev_path || !disk->vdev)
        return hvctl_complain(HVCTL_USAGE, "block-attach wants vdev= and target=; there are no "
                                           "CD-ROMs");
    if (disk->format != LIBXL_DISK_FORMAT_RAW && disk->format != LIBXL_DISK_FORMAT_QCOW2)
        return hvctl_complain(HVCTL_USAGE, "only raw and qcow2 images are understood");
    if (!strncmp(disk->pdev_path, RAM_PREFIX, strlen(RAM_PREFIX)))
        return attach(c, disk->pdev_path, disk);
    return attach_image(c, disk);
}

enum hvctl_status block_attach(const struct device_call *c)
{
    XLU_Config *file = xlu_cfg_init(stderr, "block-attach");
    libxl_device_disk disk;
    enum hvctl_status rc;
    int n = 0;

    if (!file)
        abort();
    while (c->arg[n])
        n++;
    libxl_device_disk_init(&disk);
    if (xlu_disk_parse(file, n, (const char *const *)c->arg, &disk)) /* says itself what is wrong */
        rc = hvctl_complain(HVCTL_USAGE, "block-attach wants a disk as xl does, for instance "
                                         "format=raw,vdev=xvdb,access=rw,target=FILE");
    else
        rc = attach_disk(c, &disk);
    libxl_device_disk_dispose(&disk);
    xlu_cfg_destroy(file);
    return rc;
}

/* ---- detaching */

enum hvctl_status block_detach(const struct device_call *c)
{
    const char *name = c->arg[0];
    bool force = c->arg[1];
    char which[DEVICE_BYTES], params[64];
    enum hvctl_status rc;

    if (force && strcmp(c->arg[1], "--force"))
        return hvctl_complain(HVCTL_USAGE, "block-detach takes --force or nothing behind the disk");
    rc = device_find(c->d, "vbd", "dev", strcmp, name, which);
    if (!rc && !*which)
        rc = hvctl_complain(HVCTL_REFUSED, "domain %u has no disk '%s' (see block-list)", c->d->id,
                            name);
    if (rc)
        return rc;
    device_node(c->d, which, "params", params, sizeof(params));
    rc = device_detach(c, which, force);
    if (rc == HVCTL_NO_ANSWER)
        return hvctl_complain(HVCTL_REFUSED,
                              "domain %u does not let go of %s: it is in use there, or has no "
                              "driver. It goes when it is closed; --force takes it away",
                              c->d->id, name);
    if (!rc && !strncmp(params, VIRTIO, strlen(VIRTIO)) && !qmp_open(c->path, c->deadline))
        let_go(virtio_number(params));
    return rc;
}

/* ---- the list */

static bool print(const struct domain *d, const char *number, void *ctx)
{
    char which[DEVICE_BYTES], node[4][64];

    snprintf(which, sizeof(which), "vbd/%s", number);
    device_node(d, which, "state", node[0], sizeof(node[0]));
    device_front_node(d, which, "event-channel", node[1], sizeof(node[1]));
    device_front_node(d, which, "ring-ref", node[2], sizeof(node[2]));
    device_node(d, which, "dev", node[3], sizeof(node[3]));
    printf("%-5s 0   %-6u %-5s %-6s %-8s /local/domain/0/backend/vbd/%u/%s %s\n", number, d->id,
           node[0], *node[1] ? node[1] : "-1", *node[2] ? node[2] : "-1", d->id, number, node[3]);
    return false;
}

enum hvctl_status block_list(const struct device_call *c)
{
    printf("%-5s %-3s %-6s %-5s %-6s %-8s %s\n", "Vdev", "BE", "handle", "state", "evt-ch",
           "ring-ref", "BE-path, name");
    return device_each(c->d, "vbd", print, NULL);
}
