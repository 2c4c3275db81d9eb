/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "complain.h"

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

/* Packed formats: what the file starts with, and how to get at the ELF inside. */
struct unpacker {
    const char *magic;
    size_t magic_len;
    /* Fill @out (data owned by the caller) from @in. Returns 0, or -1 after complaining. */
    int (*unpack)(const char *path, const struct image *in, struct image *out);
};

static int gunzip(const char *path, const struct image *in, struct image *out)
{
    z_stream z = {.next_in = in->data, .avail_in = (uInt)in->size};
    size_t room = in->size * 4 + 65536;
    int rc;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return complain("kernel %s: cannot start zlib", path);
    do {
        uint8_t *grown = realloc(out->data, room);

        if (!grown || room > IMAGE_MAX_BYTES) {
            out->data = grown ? grown : out->data;
            inflateEnd(&z);
            return complain("kernel %s: unpacks to more than %zu MiB", path, IMAGE_MAX_BYTES >> 20);
        }
        out->data = grown;
        z.next_out = out->data + z.total_out;
        z.avail_out = (uInt)(room - z.total_out);
        rc = inflate(&z, Z_NO_FLUSH);
        room *= 2;
    } while (rc == Z_OK && z.avail_out == 0);
    out->size = z.total_out;
    inflateEnd(&z);
    if (rc != Z_STREAM_END)
        return complain("kernel %s: damaged or truncated gzip file", path);
    return 0;
}

static const struct unpacker unpackers[] = {
    {"\x1f\x8b\x08", 3, gunzip},
};

static int unpack(const char *path, struct image *img)
{
    for (size_t i = 0; i < sizeof(unpackers) / sizeof(unpackers[0]); i++) {
        const struct unpacker *u = &unpackers[i];
        struct image out = {.unpacked = true};

        if (img->size < u->magic_len || memcmp(img->data, u->magic, u->magic_len))
            continue;
        if (u->unpack(path, img, &out) < 0) {
            image_free(&out);
            return -1;
        }
        image_free(img);
        *img = out;
        return 0;
    }
    return 0;
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
        rc = unpack(path, img);
    if (rc < 0)
        image_free(img);
    return rc;
}

void image_free(struct image *img)
{
    free(img->data);
    *img = (struct image){0};
}
