/* SPDX-License-Identifier: MIT */
/*
 * Packed kernels, alone and inside of a bzImage: what comes out is what went in, and no damaged or
 * truncated file is read outside of its bytes or taken for a kernel.
 */
#include "unit.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "image.h"

#define SMALL 3000u
#define LARGE ((20u << 20) + 77) /* several blocks, several times more room */
#define SETUP 0x400u             /* the boot sector and one sector of setup code */

enum packing { GZIP, XZ, LZMA, BZIP2, ZSTD, LZ4, PACKINGS };

/* What a kernel is like: runs, repetitions, and noise. */
static uint8_t *make_kernel(size_t size)
{
    uint8_t *data = malloc(size);

    assert_non_null(data);
    srand(7);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((i >> 8) % 3 ? i >> 4 : (size_t)rand());
    return data;
}

static size_t pack_lzma(const uint8_t *in, size_t n, uint8_t *out, size_t room, bool alone)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma options;

    assert_false(lzma_lzma_preset(&options, 1));
    options.dict_size = 8u << 20; /* whose first two bytes are 0, as in Linux */
    if (alone)
        assert_int_equal(lzma_alone_encoder(&s, &options), LZMA_OK);
    else
        assert_int_equal(lzma_easy_encoder(&s, 0, LZMA_CHECK_CRC32), LZMA_OK);
    s.next_in = in;
    s.avail_in = n;
    s.next_out = out;
    s.avail_out = room;
    assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    lzma_end(&s);
    return room - s.avail_out;
}

static size_t pack_gzip(const uint8_t *in, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = (uint8_t *)in, .avail_in = (uInt)n, .next_out = out};

    z.avail_out = (uInt)room;
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* As Linux does: the unpacked length behind the blocks. */
static size_t pack_lz4(const uint8_t *in, size_t n, uint8_t *out, size_t room)
{
    uint32_t whole = (uint32_t)n;
    size_t at = 4;

    memcpy(out, "\x02\x21\x4c\x18", 4);
    for (size_t done = 0; done < n; done += 8u << 20) {
        size_t part = n - done < 8u << 20 ? n - done : 8u << 20;
        int packed = LZ4_compress_default((const char *)in + done, (char *)out + at + 4, (int)part,
                                          (int)(room - at - 4));
        uint32_t length = (uint32_t)packed;

        assert_true(packed > 0);
        memcpy(out + at, &length, 4);
        at += 4 + length;
    }
    memcpy(out + at, &whole, 4);
    return at + 4;
}

static size_t pack(enum packing how, const uint8_t *in, size_t n, uint8_t *out, size_t room)
{
    unsigned int bz = (unsigned int)room;

    switch (how) {
    case GZIP:
        return pack_gzip(in, n, out, room);
    case XZ:
    case LZMA:
        return pack_lzma(in, n, out, room, how == LZMA);
    case BZIP2:
        assert_int_equal(
            BZ2_bzBuffToBuffCompress((char *)out, &bz, (char *)in, (unsigned int)n, 1, 0, 0), 0);
        return bz;
    case ZSTD:
        return ZSTD_compress(out, room, in, n, 1);
    case LZ4:
    default:
        return pack_lz4(in, n, out, room);
    }
}

/* The header of a bzImage before the payload of @length bytes at SETUP + 64. */
static void put_header(uint8_t *file, uint32_t length)
{
    uint32_t offset = 64;

    memset(file, 0xcc, SETUP + offset);
    file[0x1f1] = 1;
    memcpy(file + 0x202, "HdrS\x0f\x02", 6);
    memcpy(file + 0x248, &offset, 4);
    memcpy(file + 0x24c, &length, 4);
}

static int read_bytes(const uint8_t *data, size_t size, struct image *img)
{
    char path[] = "/tmp/unpack.XXXXXX";
    int fd = mkstemp(path), rc;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    close(fd);
    rc = image_read(path, img);
    unlink(path);
    return rc;
}

static void check_packing(enum packing how, const uint8_t *kernel, size_t size)
{
    size_t room = size + size / 4 + 65536, n;
    uint8_t *file = malloc(SETUP + 64 + room);
    struct image img;

    assert_non_null(file);
    n = pack(how, kernel, size, file + SETUP + 64, room);
    put_header(file, (uint32_t)n);
    assert_int_equal(read_bytes(file + SETUP + 64, n, &img), 0);
    assert_true(img.unpacked && img.size == size && !memcmp(img.data, kernel, size));
    image_free(&img);
    assert_int_equal(read_bytes(file, SETUP + 64 + n, &img), 0);
    assert_true(img.unpacked && img.size == size && !memcmp(img.data, kernel, size));
    image_free(&img);
    free(file);
}

static void test_every_packing(void **state)
{
    uint8_t *kernel = make_kernel(LARGE);

    for (int how = 0; how < PACKINGS; how++) {
        check_packing((enum packing)how, kernel, SMALL);
        check_packing((enum packing)how, kernel, LARGE);
    }
    free(kernel);
}

/* A file that is cut is refused; behind the stream's last byte there may be a checksum or less. */
static void test_every_truncation(void **state)
{
    uint8_t *kernel = make_kernel(SMALL), file[SETUP + 64 + 2 * SMALL];
    struct image img;

    for (int how = 0; how < PACKINGS; how++) {
        size_t n = pack((enum packing)how, kernel, SMALL, file + SETUP + 64, 2 * SMALL);

        put_header(file, (uint32_t)n);
        for (size_t size = 0x206; size < SETUP + 64 + n; size += 7)
            assert_int_equal(read_bytes(file, size, &img), -1);
        for (size_t size = 8; size + 16 < n; size += 7)
            assert_int_equal(read_bytes(file + SETUP + 64, size, &img), -1);
    }
    free(kernel);
}

static void test_random_damage_is_safe(void **state)
{
    uint8_t *kernel = make_kernel(SMALL), file[SETUP + 64 + 2 * SMALL];
    struct image img;

    srand(3);
    for (int round = 0; round < 600; round++) {
        size_t n =
            pack((enum packing)(round % PACKINGS), kernel, SMALL, file + SETUP + 64, 2 * SMALL);

        put_header(file, (uint32_t)n);
        for (int i = rand() % 4; i >= 0; i--)
            file[rand() % 2 ? 0x1f1 + (size_t)rand() % 0x60 : SETUP + 64 + (size_t)rand() % n] =
                (uint8_t)rand();
        if (read_bytes(file, SETUP + 64 + n, &img) == 0)
            image_free(&img);
    }
    free(kernel);
}

static void test_refusals(void **state)
{
    uint8_t file[SETUP + 128];
    struct image img;

    put_header(file, 64);
    assert_int_equal(read_bytes(file, sizeof(file), &img), -1); /* packed in no known way */
    memcpy(file + SETUP + 64, "\x89LZO\0\r\n", 7);
    assert_int_equal(read_bytes(file, sizeof(file), &img), -1);
    file[0x206] = 7; /* protocol 2.07 does not say where the payload is */
    assert_int_equal(read_bytes(file, sizeof(file), &img), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_packing),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_random_damage_is_safe),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
