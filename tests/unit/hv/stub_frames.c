/* SPDX-License-Identifier: MIT */
/* Stand-in for the memory code where a test is about something else: no validation, no freeing. */
#include "unit.h"

static struct frame table[FAKE_RAM_FRAMES];
struct frame *frame_table = table;
uint64_t frame_count = FAKE_RAM_FRAMES;
uint64_t stub_refs;
static uint64_t next_frame;

void stub_reset(void);
void stub_reset(void)
{
    memset(table, 0, sizeof(table));
    next_frame = 1;
    stub_refs = 0;
}

mfn_t palloc(unsigned order)
{
    uint64_t m = next_frame;

    if (m + (1ull << order) > FAKE_RAM_FRAMES)
        return INVALID_MFN;
    next_frame += 1ull << order;
    memset(mfn_to_virt(MFN(m)), 0, PAGE_SIZE << order);
    return MFN(m);
}

void *hv_alloc(size_t bytes)
{
    uint64_t m = next_frame, n = DIV_UP(bytes, PAGE_SIZE);

    if (m + n > FAKE_RAM_FRAMES)
        return NULL;
    next_frame += n;
    return memset(mfn_to_virt(MFN(m)), 0, n * PAGE_SIZE);
}

void hv_free(void *p, size_t bytes)
{
    memset(p, 0xa5, bytes);
}

uint64_t palloc_all_frames(void)
{
    return FAKE_RAM_FRAMES;
}

uint64_t palloc_free_frames(void)
{
    return FAKE_RAM_FRAMES - next_frame;
}

mfn_t stub_page(struct domain *d)
{
    mfn_t m = palloc(0);

    frame_of(m)->owner = d;
    return m;
}

void frame_share(mfn_t m, struct domain *d)
{
    frame_of(m)->owner = d;
    frame_of(m)->type = (uint64_t)FT_SHARED << FRAME_TYPE_SHIFT;
}

int frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t)
{
    if (f->owner != d || (frame_type(f) != FT_NONE && frame_type(f) != t))
        return -XEN_EINVAL;
    f->type = (uint64_t)t << FRAME_TYPE_SHIFT;
    stub_refs++;
    return 0;
}

struct frame *frame_get_writable(struct domain *d, mfn_t m)
{
    if (!mfn_valid(m) || frame_get_and_type(frame_of(m), d, FT_WRITABLE))
        return NULL;
    return frame_of(m);
}

void frame_put_and_type(struct frame *f)
{
    stub_refs--;
}

void frame_describe(mfn_t m, char *buf, size_t n)
{
    hv_snprintf(buf, n, "type %u", (unsigned)frame_type(frame_of(m)));
}

bool domain_release_memory(struct domain *d)
{
    return true;
}

uint64_t domain_audit(struct domain *d)
{
    return 0;
}

uint64_t frames_audit(void)
{
    return 0;
}
