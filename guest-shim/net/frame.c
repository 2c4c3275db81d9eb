/* SPDX-License-Identifier: MIT */
/* Bytes in pieces, and checksums over them. */
#include "stack.h"

uint32_t sum_add(uint32_t sum, const void *data, uint32_t len)
{
    const uint8_t *p = data;
    uint64_t wide = sum;

    for (; len >= 4; p += 4, len -= 4) {
        uint32_t word;

        memcpy(&word, p, 4);
        wide += __builtin_bswap32(word);
    }
    if (len >= 2)
        wide += (uint32_t)get16(p) << 16, p += 2, len -= 2;
    if (len)
        wide += (uint32_t)*p << 24;
    while (wide >> 32)
        wide = (uint32_t)wide + (wide >> 32);
    return wide;
}

uint16_t sum_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

uint32_t sum_pseudo(uint32_t from, uint32_t to, uint8_t proto, uint32_t len)
{
    uint8_t header[12];

    put32(header, from);
    put32(header + 4, to);
    put16(header + 8, proto);
    put16(header + 10, len);
    return sum_add(0, header, sizeof(header));
}

uint32_t view_bytes(struct view v, uint32_t from, const uint8_t **at)
{
    uint32_t offset = v.at + from;

    if (from >= v.len)
        return 0;
    for (unsigned i = 0; i < v.frame->pieces; i++) {
        const struct nic_piece *piece = &v.frame->piece[i];

        if (offset < piece->len) {
            uint32_t n = piece->len - offset;

            *at = (const uint8_t *)piece->data + offset;
            return n < v.len - from ? n : v.len - from;
        }
        offset -= piece->len;
    }
    return 0;
}

uint32_t view_copy(struct view v, uint32_t from, void *to, uint32_t len)
{
    uint32_t done = 0, n;
    const uint8_t *at;

    while (done < len && (n = view_bytes(v, from + done, &at))) {
        n = n < len - done ? n : len - done;
        memcpy((uint8_t *)to + done, at, n);
        done += n;
    }
    return done;
}

/* A piece that begins at an odd offset contributes with its bytes swapped. */
uint32_t view_sum(struct view v, uint32_t sum)
{
    const uint8_t *at;
    uint32_t n, part;

    for (uint32_t from = 0; (n = view_bytes(v, from, &at)); from += n) {
        part = sum_fold(sum_add(0, at, n));
        if (from & 1)
            part = (part >> 8 | part << 8) & 0xffff;
        sum = sum_fold(sum) + part;
    }
    return sum;
}
