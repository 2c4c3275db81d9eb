/* SPDX-License-Identifier: MIT */
/* --disk: what one disk of a domain is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "spec.h"

#define RAM_MAX_MIB 65536u

/* xvda to xvdp, which a PV guest's driver knows, or hda to hdd as an FV guest numbers them. */
static bool name_is_known(const char *vdev)
{
    if (!strncmp(vdev, "xvd", 3))
        return vdev[3] >= 'a' && vdev[3] <= 'p' && !vdev[4];
    return !strncmp(vdev, "hd", 2) && vdev[2] >= 'a' && vdev[2] <= 'd' && !vdev[3];
}

static bool name_is_taken(const struct domain_config *d, const struct disk_config *self,
                          const char *vdev)
{
    for (unsigned int i = 0; i < d->ndisks; i++)
        if (&d->disk[i] != self && d->disk[i].vdev && !strcmp(d->disk[i].vdev, vdev))
            return true;
    return false;
}

int disk_name(struct run_config *cfg, struct domain_config *d, struct disk_config *disk)
{
    char name[] = "xvda";

    if (disk->vdev && !name_is_known(disk->vdev))
        return complain("--disk dev= wants xvda to xvdp or hda to hdd, not '%s'", disk->vdev);
    if (disk->vdev && name_is_taken(d, disk, disk->vdev))
        return complain("--disk dev=%s: the domain has a disk of this name already", disk->vdev);
    while (!disk->vdev)
        if (name_is_taken(d, disk, name))
            name[3]++;
        else
            disk->vdev = config_keep(cfg, name);
    return 0;
}

/* `MiB[:NAME]` behind `ram:`. */
static int ram_media(struct disk_config *disk, char *text)
{
    char *colon = strchr(text, ':');

    if (colon) {
        size_t len = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-");

        if (!len || len > 15 || colon[1 + len])
            return complain("--disk ram:MiB:NAME wants a name of 1 to 15 letters, digits, '_', "
                            "'-', not '%s'",
                            colon + 1);
        *colon = '\0';
        disk->ram_name = colon + 1;
    }
    return spec_number("--disk ram:MiB", text, 1, RAM_MAX_MIB, &disk->ram_mib);
}

static int disk_format(struct disk_config *disk, const char *value)
{
    if (!strcmp(value, "raw"))
        disk->format = DISK_FORMAT_RAW;
    else if (!strcmp(value, "qcow2"))
        disk->format = DISK_FORMAT_QCOW2;
    else
        return complain("--disk format= wants raw or qcow2, not '%s'", value);
    return 0;
}

static int disk_word(struct disk_config *disk, const char *word)
{
    const char *value;

    if (!strcmp(word, "ro") || !strcmp(word, "rw")) {
        disk->readonly = word[1] == 'o';
        return 0;
    }
    if ((value = spec_value(word, "dev"))) {
        disk->vdev = value;
        return 0;
    }
    if ((value = spec_value(word, "format")))
        return disk->path ? disk_format(disk, value)
                          : complain("--disk ram: has no format, it is memory");
    if ((value = spec_value(word, "iops")))
        return spec_number("--disk iops=", value, 1, 1000000, &disk->iops);
    return complain("--disk: unknown word '%s' (ro, rw, dev=, format=, iops=; a comma in a file's "
                    "name is written twice)",
                    word);
}

int disk_spec(struct run_config *cfg, struct domain_config *d, const char *spec)
{
    char *at = config_keep(cfg, spec), *word = spec_word(&at);
    struct disk_config *disk = &d->disk[d->ndisks];

    if (d->ndisks == HVRUN_MAX_DISKS)
        return complain("--disk: a domain can have at most %d disks", HVRUN_MAX_DISKS);
    *disk = (struct disk_config){0};
    if (!*word)
        return complain("--disk wants FILE or ram:MiB, then options");
    if (strncmp(word, "ram:", 4))
        disk->path = word;
    else if (ram_media(disk, word + 4) < 0)
        return -1;
    while ((word = spec_word(&at)))
        if (disk_word(disk, word) < 0)
            return -1;
    if (disk_name(cfg, d, disk) < 0)
        return -1;
    d->ndisks++;
    return 0;
}
