/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "complain.h"

/* How one step of a library ended. */
enum step { STEP_MORE, STEP_END, STEP_BAD };

/* More room behind what @out holds already: its new capacity, or 0 when there is no more. */
static size_t grow(struct image *out, size_t room)
{
    size_t more = room ? room * 2 : (size_t)8 << 20;
    uint8_t *data;

    if (room >= IMAGE_MAX_BYTES)
        return 0;
    if (more > IMAGE_MAX_BYTES)
        more = IMAGE_MAX_BYTES;
    data = realloc(out->data, more);
    if (!data)
        return 0;
    out->data = data;
    return more;
}

static int too_large(const char *path)
{
    return complain("kernel %s: unpacks to more than %zu MiB", path, IMAGE_MAX_BYTES >> 20);
}

/*
 * Call @step until the stream's end: it unpacks what it can into @room bytes behind what @out
 * holds, and adds to out->size. One that leaves room over wants input, of which there is no more.
 */
static int run(const char *path, const char *format, struct image *out,
               enum step (*step)(void *stream, struct image *out, size_t room), void *stream)
{
    size_t room = 0;

    for (;;) {
        enum step how;

        if (out->size == room && !(room = grow(out, room)))
            return too_large(path);
        how = step(stream, out, room - out->size);
        if (how == STEP_END)
            return 1;
        if (how == STEP_BAD || out->size < room)
            return complain("kernel %s: damaged or truncated %s stream", path, format);
    }
}

static enum step gzip_step(void *stream, struct image *out, size_t room)
{
    z_stream *z = stream;
    int rc;

    z->next_out = out->data + out->size;
    z->avail_out = (uInt)room;
    rc = inflate(z, Z_NO_FLUSH);
    out->size += room - z->avail_out;
    return rc == Z_STREAM_END ? STEP_END : rc == Z_OK ? STEP_MORE : STEP_BAD;
}

static int unpack_gzip(const char *path, const struct image *in, struct image *out)
{
    z_stream z = {.next_in = in->data, .avail_in = (uInt)in->size};
    int rc;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return complain("kernel %s: cannot start zlib", path);
    rc = run(path, "gzip", out, gzip_step, &z);
    inflateEnd(&z);
    return rc;
}

static enum step lzma_step(void *stream, struct image *out, size_t room)
{
    lzma_stream *s = stream;
    lzma_ret rc;

    s->next_out = out->data + out->size;
    s->avail_out = room;
    rc = lzma_code(s, LZMA_RUN);
    out->size += room - s->avail_out;
    return rc == LZMA_STREAM_END ? STEP_END : rc == LZMA_OK ? STEP_MORE : STEP_BAD;
}

static int run_lzma(const char *path, const char *format, const struct image *in, struct image *out,
                    lzma_stream *s, lzma_ret started)
{
    int rc;

    if (started != LZMA_OK)
        return complain("kernel %s: cannot start liblzma", path);
    s->next_in = in->data;
    s->avail_in = in->size;
    rc = run(path, format, out, lzma_step, s);
    lzma_end(s);
    return rc;
}

static int unpack_xz(const char *path, const struct image *in, struct image *out)
{
    lzma_stream s = LZMA_STREAM_INIT;

    return run_lzma(path, "xz", in, out, &s, lzma_stream_decoder(&s, IMAGE_MAX_BYTES, 0));
}

static int unpack_lzma(const char *path, const struct image *in, struct image *out)
{
    lzma_stream s = LZMA_STREAM_INIT;

    return run_lzma(path, "lzma", in, out, &s, lzma_alone_decoder(&s, IMAGE_MAX_BYTES));
}

static enum step bzip2_step(void *stream, struct image *out, size_t room)
{
    bz_stream *s = stream;
    int rc;

    s->next_out = (char *)out->data + out->size;
    s->avail_out = (unsigned int)room;
    rc = BZ2_bzDecompress(s);
    out->size += room - s->avail_out;
    return rc == BZ_STREAM_END ? STEP_END : rc == BZ_OK ? STEP_MORE : STEP_BAD;
}

static int unpack_bzip2(const char *path, const struct image *in, struct image *out)
{
    bz_stream s = {.next_in = (char *)in->data, .avail_in = (unsigned int)in->size};
    int rc;

    if (BZ2_bzDecompressInit(&s, 0, 0) != BZ_OK)
        return complain("kernel %s: cannot start libbz2", path);
    rc = run(path, "bzip2", out, bzip2_step, &s);
    BZ2_bzDecompressEnd(&s);
    return rc;
}

struct zstd_state {
    ZSTD_DStream *stream;
    ZSTD_inBuffer in;
};

static enum step zstd_step(void *stream, struct image *out, size_t room)
{
    struct zstd_state *s = stream;
    ZSTD_outBuffer to = {.dst = out->data + out->size, .size = room};
    size_t rc = ZSTD_decompressStream(s->stream, &to, &s->in);

    out->size += to.pos;
    return ZSTD_isError(rc) ? STEP_BAD : rc == 0 ? STEP_END : STEP_MORE;
}

static int unpack_zstd(const char *path, const struct image *in, struct image *out)
{
    struct zstd_state s = {.stream = ZSTD_createDStream(),
                           .in = {.src = in->data, .size = in->size}};
    int rc;

    if (!s.stream)
        return complain("kernel %s: cannot start libzstd", path);
    /* Linux packs itself with windows of up to 128 MiB. */
    ZSTD_DCtx_setParameter(s.stream, ZSTD_d_windowLogMax, 27);
    rc = run(path, "zstd", out, zstd_step, &s);
    ZSTD_freeDStream(s.stream);
    return rc;
}

#define LZ4_BLOCK ((size_t)8 << 20) /* what one block of the old format holds at most */

/*
 * LZ4's old format, the one Linux uses: a magic number, then blocks with their packed length in
 * front, full but for the last. In a kernel the unpacked length follows as four bytes more.
 */
static int unpack_lz4(const char *path, const struct image *in, struct image *out)
{
    size_t at = 4, room = 0, made = LZ4_BLOCK;
    uint32_t length;

    while (in->size - at > 4 && made == LZ4_BLOCK) {
        int n;

        memcpy(&length, in->data + at, 4);
        at += 4;
        if (room - out->size < LZ4_BLOCK && !(room = grow(out, room)))
            return too_large(path);
        if (length > in->size - at)
            return complain("kernel %s: damaged or truncated lz4 stream", path);
        n = LZ4_decompress_safe((const char *)in->data + at, (char *)out->data + out->size,
                                (int)length, (int)LZ4_BLOCK);
        if (n < 0)
            return complain("kernel %s: damaged or truncated lz4 stream", path);
        at += length;
        made = (size_t)n;
        out->size += made;
    }
    return out->size ? 1 : complain("kernel %s: damaged or truncated lz4 stream", path);
}

static int refuse_lzo(const char *path, const struct image *in, struct image *out)
{
    return complain("kernel %s: packed with lzo, which hvrun cannot unpack; give the vmlinux",
                    path);
}

static const struct unpacker {
    const char *magic;
    size_t magic_len;
    int (*unpack)(const char *path, const struct image *in, struct image *out);
} unpackers[] = {
    {"\x1f\x8b\x08", 3, unpack_gzip},
    {"\xfd"
     "7zXZ",
     6, unpack_xz},
    {"\x5d\0\0", 3, unpack_lzma},
    {"BZh", 3, unpack_bzip2},
    {"\x28\xb5\x2f\xfd", 4, unpack_zstd},
    {"\x02\x21\x4c\x18", 4, unpack_lz4},
    {"\x89LZO", 4, refuse_lzo},
};

int unpack(const char *path, const struct image *in, struct image *out)
{
    for (size_t i = 0; i < sizeof(unpackers) / sizeof(unpackers[0]); i++) {
        const struct unpacker *u = &unpackers[i];

        if (in->size > u->magic_len && !memcmp(in->data, u->magic, u->magic_len)) {
            *out = (struct image){.unpacked = true};
            return u->unpack(path, in, out);
        }
    }
    return 0;
}
