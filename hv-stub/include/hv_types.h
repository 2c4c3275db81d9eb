/* SPDX-License-Identifier: MIT */
/* Basic types of the hypervisor: address kinds that do not mix, lists, locks, small helpers. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every ABI structure comes from libxen-dev (-D__XEN_TOOLS__ and the interface version are set by
 * the build); errno values too, always returned negative. */
#include <xen/xen.h>
#include <xen/errno.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)                 (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)                     ((a) < (b) ? (a) : (b))
#define MAX(a, b)                     ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, n)                (((x) + (n)-1) / (n) * (n))
#define DIV_UP(x, n)                  (((x) + (n)-1) / (n))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define likely(x)                     __builtin_expect(!!(x), 1)
#define unlikely(x)                   __builtin_expect(!!(x), 0)
#define READ_ONCE(x)                  (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)              (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()                     __asm__ volatile("" ::: "memory")

/* Machine frame number: a real page of RAM. */
typedef struct {
    uint64_t v;
} mfn_t;
/* Guest frame number: the guest's own numbering (pfn of a PV guest, guest-physical page of FV). */
typedef struct {
    uint64_t v;
} gfn_t;
/* Virtual address in the current guest's address space: never dereferenced directly. */
typedef struct {
    uint64_t v;
} gva_t;

#define MFN(x)      ((mfn_t){(x)})
#define GFN(x)      ((gfn_t){(x)})
#define GVA(x)      ((gva_t){(uint64_t)(x)})
#define INVALID_MFN MFN(~0ull)
#define INVALID_GFN GFN(~0ull)

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.v == b.v;
}

/* Intrusive doubly linked list with a head of the same type. */
struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_add_tail(struct list *head, struct list *n)
{
    n->prev = head->prev;
    n->next = head;
    head->prev->next = n;
    head->prev = n;
}

static inline void list_add(struct list *head, struct list *n)
{
    list_add_tail(head->next, n);
}

/* Leaves the node pointing at itself, so that list_empty(node) says "not queued". */
static inline void list_del(struct list *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each(p, head)      for ((p) = (head)->next; (p) != (head); (p) = (p)->next)

/*
 * Ticket spinlock. The hypervisor always runs with interrupts off, so no irq-saving variants exist.
 * A waiter serves TLB-flush requests from other CPUs (arch_spin_poll), because the holder may be
 * waiting for exactly that.
 */
typedef struct {
    uint32_t next, owner;
} spinlock_t;

void spin_wait(spinlock_t *l, uint32_t ticket); /* until it is this ticket's turn */

static inline void spin_lock(spinlock_t *l)
{
    uint32_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);

    if (unlikely(READ_ONCE(l->owner) != ticket))
        spin_wait(l, ticket);
}

static inline void spin_unlock(spinlock_t *l)
{
    __atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
}

bool spin_trylock(spinlock_t *l);
bool spin_is_locked(const spinlock_t *l);

void *memcpy(void *d, const void *s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strstr(const char *h, const char *n);
#if !__STDC_HOSTED__
/* Freestanding forbids the compiler to expand copies in line, unless asked by these names. Ask for
 * small ones: what it makes of others when it optimises for size moves byte by byte. */
#define HV_SMALL(n)      (__builtin_constant_p(n) && (n) <= 64)
#define memcpy(d, s, n)  (HV_SMALL(n) ? __builtin_memcpy(d, s, n) : (memcpy)(d, s, n))
#define memmove(d, s, n) (HV_SMALL(n) ? __builtin_memmove(d, s, n) : (memmove)(d, s, n))
#define memset(d, c, n)  (HV_SMALL(n) ? __builtin_memset(d, c, n) : (memset)(d, c, n))
#define memcmp(a, b, n)  (HV_SMALL(n) ? __builtin_memcmp(a, b, n) : (memcmp)(a, b, n))
#endif
/* Copy at most n-1 characters and always terminate. */
void strcpy_n(char *d, const char *s, size_t n);
/* Decimal, or hexadecimal after 0x. *end (may be NULL) is the first character not used. */
uint64_t str_to_u64(const char *s, const char **end);

#endif
