/* SPDX-License-Identifier: MIT */
#include "disks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

#define SECTOR 512

static int open_image(const struct disk_config *d)
{
    int fd = open(d->path, (d->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == ENOENT)
        return complain("disk %s: no such file; `truncate -s 64M %s` makes an empty one", d->path,
                        d->path);
    if (errno == EACCES && !d->readonly && access(d->path, R_OK) == 0)
        return complain("disk %s: not writable; add ,ro to use it read-only", d->path);
    return complain("disk %s: %s", d->path, strerror(errno));
}

/* What the file says it is. A raw image that a guest could turn into another format by what it
 * writes is still raw: the format is fixed before the guest runs. */
static enum disk_format format_of(int fd)
{
    static const char qcow2[4] = {'Q', 'F', 'I', (char)0xfb};
    char magic[4];

    return pread(fd, magic, 4, 0) == 4 && !memcmp(magic, qcow2, 4) ? DISK_FORMAT_QCOW2
                                                                   : DISK_FORMAT_RAW;
}

static int check_image(const struct disk_config *d, int fd, struct disk_image *image)
{
    enum disk_format looks = format_of(fd);
    struct stat st;

    if (fstat(fd, &st) < 0)
        return complain("disk %s: %s", d->path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return complain("disk %s: neither a file nor a block device", d->path);
    if (d->format == DISK_FORMAT_QCOW2 && looks != DISK_FORMAT_QCOW2)
        return complain("disk %s: not a qcow2 image", d->path);
    image->format = d->format == DISK_FORMAT_UNSET ? looks : d->format;
    if (S_ISREG(st.st_mode) && image->format == DISK_FORMAT_RAW &&
        (st.st_size == 0 || st.st_size % SECTOR))
        return complain("disk %s: its size, %lld bytes, is not a multiple of %d", d->path,
                        (long long)st.st_size, SECTOR);
    image->device = st.st_dev;
    image->inode = st.st_ino;
    image->readonly = d->readonly;
    return 0;
}

/* The image if another disk of this run has it already, else NULL. */
static struct disk_image *known_image(struct run_config *cfg, const struct disk_image *image)
{
    for (unsigned int i = 0; i < cfg->nimages; i++)
        if (cfg->image[i].device == image->device && cfg->image[i].inode == image->inode)
            return &cfg->image[i];
    return NULL;
}

static int lock_image(const struct disk_config *d, int fd)
{
    if (flock(fd, (d->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return 0;
    return complain(d->readonly ? "disk %s: another hvrun writes to it"
                                : "disk %s: another hvrun uses it; ,ro on both sides shares it",
                    d->path);
}

/* fd is taken over on success. */
static int enter_image(struct run_config *cfg, struct disk_config *d, int fd)
{
    struct disk_image image = {.fd = fd}, *known;
    char *path;

    if (check_image(d, fd, &image) < 0)
        return -1;
    known = known_image(cfg, &image);
    if (known && !(known->readonly && d->readonly))
        return complain("disk %s is given twice; only read-only disks (,ro) can be shared",
                        d->path);
    if (known) {
        d->image = (unsigned int)(known - cfg->image);
        close(fd);
        return 0;
    }
    if (cfg->nimages == HVRUN_MAX_IMAGES)
        return complain("more than %d disk images", HVRUN_MAX_IMAGES);
    if (lock_image(d, fd) < 0)
        return -1;
    path = realpath(d->path, NULL); /* QEMU runs in another directory */
    if (!path)
        return complain("disk %s: %s", d->path, strerror(errno));
    image.path = config_keep(cfg, path);
    free(path);
    d->image = cfg->nimages;
    cfg->image[cfg->nimages++] = image;
    return 0;
}

static int prepare_disk(struct run_config *cfg, struct disk_config *d)
{
    int fd;

    if (!d->path)
        return 0;
    fd = open_image(d);
    if (fd < 0)
        return -1;
    if (enter_image(cfg, d, fd) == 0)
        return 0;
    close(fd);
    return -1;
}

int disks_prepare(struct run_config *cfg)
{
    for (unsigned int i = 0; i < cfg->ndom; i++)
        for (unsigned int k = 0; k < cfg->dom[i].ndisks; k++)
            if (prepare_disk(cfg, &cfg->dom[i].disk[k]) < 0)
                return -1;
    return 0;
}
