/* SPDX-License-Identifier: MIT */
/*
 * The shim kernel's basics: types, output, strings, and the way it ends.
 *
 * The kernel exists twice, as a native and as a PV image. Everything in kernel/ is compiled once
 * and linked into both; whatever differs goes through `pv_ops` (pv_ops.h) or through the few
 * functions of variant.h.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define PAGE_UP(x)   (((uint64_t)(x) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_DOWN(x) ((uint64_t)(x)&PAGE_MASK)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_SEC   1000000000UL
#define NS_PER_MS    1000000UL

/* Formatted output to the console: %s %c %d %u %x %p %%, with l or ll, width and zero padding. */
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same into a buffer; always terminates it, returns the length the full text would have. */
int vformat(char *buf, size_t size, const char *fmt, va_list args);
int format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Print the reason and end as a crash. For states that only a bug of ours can cause. */
void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Panic unless `cond` holds. */
#define CHECK(cond)                                                      \
    do {                                                                 \
        if (!(cond))                                                     \
            panic("%s:%d: check failed: %s", __FILE__, __LINE__, #cond); \
    } while (0)

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/*
 * Command line of the image: words separated by blanks, `name` or `name=value`.
 * cmdline_value() returns a pointer to the value of the first such word (it ends at a blank or at
 * the end of the string), or NULL.
 */
void cmdline_set(const char *line);
const char *cmdline_get(void);
bool cmdline_word(const char *name);
const char *cmdline_value(const char *name);
uint64_t cmdline_number(const char *name, uint64_t otherwise);

/* Does the comma-separated list `list` (ends at blank or end) contain `name`? */
bool list_contains(const char *list, const char *name);

/* Entered by the boot code of the variant once a stack, .bss, and the command line are ready. */
void kernel_main(void) __attribute__((noreturn));

#endif
