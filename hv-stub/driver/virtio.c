/* SPDX-License-Identifier: MIT */
/* Virtio over PCI: finding and starting a device. */
#include "virtio.h"
#include "pci.h"

/* 4.1.4: kinds of structures that vendor capabilities point at */
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_DEVICE = 4 };

/* 4.1.4.3: common configuration */
enum {
    C_DEVICE_FEATURE_SELECT = 0,
    C_DEVICE_FEATURE = 4,
    C_DRIVER_FEATURE_SELECT = 8,
    C_DRIVER_FEATURE = 12,
    C_STATUS = 20,
    C_QUEUE_SELECT = 22,
    C_QUEUE_SIZE = 24,
    C_QUEUE_VECTOR = 26,
    C_QUEUE_ENABLE = 28,
    C_QUEUE_NOTIFY_OFF = 30,
    C_QUEUE_DESC = 32,
    C_QUEUE_AVAIL = 40,
    C_QUEUE_USED = 48,
    COMMON_BYTES = 56,
};

/* 2.1 */
enum { S_ACKNOWLEDGE = 1, S_DRIVER = 2, S_DRIVER_OK = 4, S_FEATURES_OK = 8 };

#define RESET_POLLS 1000000

static void put8(const struct virtio_dev *v, uint32_t at, uint8_t x)
{
    v->common[at] = x;
}

static void put16(const struct virtio_dev *v, uint32_t at, uint16_t x)
{
    *(volatile uint16_t *)(v->common + at) = x;
}

static void put32(const struct virtio_dev *v, uint32_t at, uint32_t x)
{
    *(volatile uint32_t *)(v->common + at) = x;
}

static void put64(const struct virtio_dev *v, uint32_t at, uint64_t x)
{
    put32(v, at, (uint32_t)x);
    put32(v, at + 4, (uint32_t)(x >> 32));
}

static uint16_t get16(const struct virtio_dev *v, uint32_t at)
{
    return *(volatile uint16_t *)(v->common + at);
}

static uint32_t get32(const struct virtio_dev *v, uint32_t at)
{
    return *(volatile uint32_t *)(v->common + at);
}

static void add_status(const struct virtio_dev *v, uint8_t bits)
{
    put8(v, C_STATUS, v->common[C_STATUS] | bits);
}

/* ---- the device's configuration */

static const volatile void *config(const struct virtio_dev *v, uint32_t at, uint32_t n)
{
    static const uint64_t zero;

    return at + n <= v->config_bytes ? (const volatile void *)(v->config + at) : &zero;
}

uint8_t virtio_config8(const struct virtio_dev *v, uint32_t at)
{
    return *(const volatile uint8_t *)config(v, at, 1);
}

uint16_t virtio_config16(const struct virtio_dev *v, uint32_t at)
{
    return *(const volatile uint16_t *)config(v, at, 2);
}

uint32_t virtio_config32(const struct virtio_dev *v, uint32_t at)
{
    return *(const volatile uint32_t *)config(v, at, 4);
}

uint64_t virtio_config64(const struct virtio_dev *v, uint32_t at)
{
    return virtio_config32(v, at) | (uint64_t)virtio_config32(v, at + 4) << 32;
}

/* ---- starting */

/* The structure a capability describes, at least `min` bytes; NULL: too small, or cannot be mapped.
 */
static volatile uint8_t *map(const struct virtio_dev *v, uint32_t cap, uint32_t min,
                             uint32_t *bytes)
{
    uint32_t offset = arch_pci_read(v->function, cap + 8);

    *bytes = arch_pci_read(v->function, cap + 12);
    if (*bytes < min)
        return NULL;
    return pci_map_bar(v->function, pci_read8(v->function, cap + 4), offset, *bytes);
}

static void find_registers(struct virtio_dev *v)
{
    uint32_t cap = 0, bytes;

    while ((cap = pci_capability(v->function, PCI_CAP_VENDOR, cap))) {
        uint32_t kind = pci_read8(v->function, cap + 3);

        if (kind == CAP_COMMON && !v->common)
            v->common = map(v, cap, COMMON_BYTES, &bytes);
        if (kind == CAP_DEVICE && !v->config)
            v->config = map(v, cap, 1, &v->config_bytes);
        if (kind == CAP_NOTIFY && !v->notify) {
            v->notify = map(v, cap, 2, &v->notify_bytes);
            v->notify_step = arch_pci_read(v->function, cap + 16);
        }
    }
}

void virtio_reset(struct virtio_dev *v)
{
    put8(v, C_STATUS, 0);
    for (unsigned i = 0; i < RESET_POLLS && v->common[C_STATUS]; i++)
        arch_relax();
}

bool virtio_open(struct virtio_dev *v, uint32_t function)
{
    *v = (struct virtio_dev){.function = function};
    pci_enable(function);
    find_registers(v);
    if (!v->common || !v->notify)
        return false;
    if (!v->config)
        v->config_bytes = 0;
    virtio_reset(v);
    add_status(v, S_ACKNOWLEDGE);
    add_status(v, S_DRIVER);
    return true;
}

bool virtio_negotiate(struct virtio_dev *v, uint64_t wanted)
{
    uint64_t offered;

    put32(v, C_DEVICE_FEATURE_SELECT, 0);
    offered = get32(v, C_DEVICE_FEATURE);
    put32(v, C_DEVICE_FEATURE_SELECT, 1);
    offered |= (uint64_t)get32(v, C_DEVICE_FEATURE) << 32;
    v->features = offered & (wanted | VIRTIO_F_VERSION_1);
    if (!(v->features & VIRTIO_F_VERSION_1))
        return false;
    put32(v, C_DRIVER_FEATURE_SELECT, 0);
    put32(v, C_DRIVER_FEATURE, (uint32_t)v->features);
    put32(v, C_DRIVER_FEATURE_SELECT, 1);
    put32(v, C_DRIVER_FEATURE, (uint32_t)(v->features >> 32));
    add_status(v, S_FEATURES_OK);
    return v->common[C_STATUS] & S_FEATURES_OK;
}

void virtio_ready(struct virtio_dev *v)
{
    add_status(v, S_DRIVER_OK);
}

/* ---- queues */

struct virtq_avail {
    uint16_t flags, idx, ring[];
};

struct virtq_used {
    uint16_t flags, idx;
    struct {
        uint32_t id, bytes;
    } ring[];
};

#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY     1

static uint64_t pa_of(const void *p)
{
    return virtq_piece(p, 0, false).pa;
}

static void interrupt(void *data)
{
    job_raise(data);
}

/* 2.6: where the three parts of a queue lie in one piece of memory */
static bool allocate(struct virtq *q, uint16_t size)
{
    uint32_t avail = size * (uint32_t)sizeof(struct virtq_desc);
    uint32_t used = ROUND_UP(avail + 6 + 2u * size, 4);
    uint32_t token = ROUND_UP(used + 6 + 8u * size, 8);
    char *mem = hv_alloc(q->bytes = token + size * (uint32_t)sizeof(void *));

    if (!mem)
        return false;
    q->size = q->nr_free = size;
    q->desc = (void *)mem;
    q->avail = (void *)(mem + avail);
    q->used = (void *)(mem + used);
    q->token = (void *)(mem + token);
    for (uint16_t i = 0; i < size; i++)
        q->desc[i].next = (uint16_t)(i + 1);
    return true;
}

void virtq_close(struct virtq *q)
{
    if (q->desc)
        hv_free(q->desc, q->bytes);
    q->desc = NULL;
}

bool virtq_open(struct virtio_dev *v, struct virtq *q, uint16_t index, uint16_t max_size,
                struct job *job)
{
    uint64_t at;
    uint16_t size;

    *q = (struct virtq){.index = index, .job = job};
    put16(v, C_QUEUE_SELECT, index);
    size = get16(v, C_QUEUE_SIZE);
    at = (uint64_t)get16(v, C_QUEUE_NOTIFY_OFF) * v->notify_step;
    size = MIN(size, max_size);
    if (!size || (size & (size - 1)) || at + 2 > v->notify_bytes || !allocate(q, size))
        return false;
    q->notify = (volatile uint16_t *)(v->notify + at);
    if (!pci_msix_route(v->function, index, interrupt, job))
        return false;
    put16(v, C_QUEUE_SIZE, size);
    put16(v, C_QUEUE_VECTOR, index);
    if (get16(v, C_QUEUE_VECTOR) != index)
        return false;
    put64(v, C_QUEUE_DESC, pa_of(q->desc));
    put64(v, C_QUEUE_AVAIL, pa_of(q->avail));
    put64(v, C_QUEUE_USED, pa_of(q->used));
    put16(v, C_QUEUE_ENABLE, 1);
    return true;
}

/* Take n descriptors from the free list and fill them as a chain: the first one's number. */
static uint16_t chain(struct virtq *q, const struct virtq_desc *list, uint16_t n)
{
    uint16_t first = q->first_free, at = first, last = at;

    for (uint16_t i = 0; i < n; i++) {
        uint16_t next = q->desc[at].next;

        last = at;
        q->desc[at].pa = list[i].pa;
        q->desc[at].bytes = list[i].bytes;
        q->desc[at].flags = list[i].flags | VIRTQ_F_NEXT;
        at = next;
    }
    q->desc[last].flags &= (uint16_t)~VIRTQ_F_NEXT;
    q->first_free = at;
    q->nr_free -= n;
    return first;
}

static uint16_t indirect_one(struct virtq *q, struct virtq_desc *list, uint16_t n)
{
    struct virtq_desc table = virtq_piece(list, n * (uint32_t)sizeof(*list), false);

    for (uint16_t i = 0; i + 1 < n; i++) {
        list[i].flags |= VIRTQ_F_NEXT;
        list[i].next = (uint16_t)(i + 1);
    }
    table.flags = VIRTQ_F_INDIRECT;
    return chain(q, &table, 1);
}

bool virtq_add(struct virtq *q, struct virtq_desc *list, uint16_t n, bool indirect, void *token)
{
    uint16_t first;

    indirect = indirect && n > 1;
    if (q->nr_free < (indirect ? 1 : n))
        return false;
    first = indirect ? indirect_one(q, list, n) : chain(q, list, n);
    q->token[first] = token;
    q->avail->ring[q->avail_idx++ & (q->size - 1)] = first;
    return true;
}

/* 2.6.13.4: the index before we look whether the device wants to be told */
void virtq_kick(struct virtq *q)
{
    if (q->avail_idx == q->shown_idx)
        return;
    q->shown_idx = q->avail_idx;
    __atomic_store_n(&q->avail->idx, q->avail_idx, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(READ_ONCE(q->used->flags) & USED_NO_NOTIFY))
        *q->notify = q->index;
}

static void give_back(struct virtq *q, uint16_t first)
{
    uint16_t last = first, n = 1;

    for (; (q->desc[last].flags & VIRTQ_F_NEXT) && n < q->size; n++)
        last = q->desc[last].next;
    q->desc[last].next = q->first_free;
    q->first_free = first;
    q->nr_free += n;
}

void *virtq_take(struct virtq *q, uint32_t *bytes)
{
    while (__atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) != q->used_idx) {
        uint16_t at = q->used_idx++ & (q->size - 1);
        uint32_t id = READ_ONCE(q->used->ring[at].id);
        void *token = id < q->size ? q->token[id] : NULL;

        if (!token) /* never given to it, or returned already */
            continue;
        *bytes = READ_ONCE(q->used->ring[at].bytes);
        q->token[id] = NULL;
        give_back(q, (uint16_t)id);
        return token;
    }
    return NULL;
}

bool virtq_interrupts(struct virtq *q, bool on)
{
    WRITE_ONCE(q->avail->flags, on ? 0 : AVAIL_NO_INTERRUPT);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return on && READ_ONCE(q->used->idx) != q->used_idx;
}
