/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "unpack.h"

/* Opens without blocking on a FIFO and without following the caller into a directory. */
static int open_regular(const char *path, const char *what, uint64_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return complain("%s %s: %s", what, path, strerror(errno));
    if (fstat(fd, &st) < 0)
        complain("%s %s: %s", what, path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        complain("%s %s: not a regular file", what, path);
    else if (st.st_size == 0)
        complain("%s %s: empty file", what, path);
    else {
        *size = (uint64_t)st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

int file_check(const char *path, const char *what, uint64_t *size)
{
    uint64_t ignored;
    int fd = open_regular(path, what, size ? size : &ignored);

    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int read_all(int fd, const char *path, struct image *img)
{
    size_t done = 0;

    while (done < img->size) {
        ssize_t n = read(fd, img->data + done, img->size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return complain("kernel %s: %s", path, strerror(errno));
        if (n == 0)
            return complain("kernel %s: shrank while it was read", path);
        done += (size_t)n;
    }
    return 0;
}

/* A gzip'd vmlinux, a bzImage, a gzip'd bzImage: no more packings than these are in use. */
#define LAYERS 3

/* The ELF inside of @img in its place. Returns 1 if @img was packed, 0 if not, or -1. */
static int unpack_layer(const char *path, struct image *img)
{
    struct image payload = *img, out = {0};
    int inside = bzimage_payload(path, img, &payload), rc = inside < 0 ? -1 : 0;

    if (rc == 0)
        rc = unpack(path, &payload, &out);
    if (rc == 0 && inside)
        rc = complain("kernel %s: a Linux bzImage packed in a way that hvrun does not know; give "
                      "the vmlinux inside it",
                      path);
    if (rc <= 0) {
        image_free(&out);
        return rc;
    }
    image_free(img);
    *img = out;
    return 1;
}

static int unpack_all(const char *path, struct image *img)
{
    int rc = 1;

    for (int i = 0; rc > 0 && i < LAYERS; i++)
        rc = unpack_layer(path, img);
    return rc < 0 ? -1 : 0;
}

int image_read(const char *path, struct image *img)
{
    uint64_t size;
    int rc, fd = open_regular(path, "kernel", &size);

    *img = (struct image){0};
    if (fd < 0)
        return -1;
    if (size > IMAGE_MAX_BYTES) {
        close(fd);
        return complain("kernel %s: larger than %zu MiB", path, IMAGE_MAX_BYTES >> 20);
    }
    img->size = size;
    img->data = malloc(size);
    rc = img->data ? read_all(fd, path, img) : complain("kernel %s: out of memory", path);
    close(fd);
    if (rc == 0)
        rc = unpack_all(path, img);
    if (rc < 0)
        image_free(img);
    return rc;
}

void image_free(struct image *img)
{
    free(img->data);
    *img = (struct image){0};
}
