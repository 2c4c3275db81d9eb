/* SPDX-License-Identifier: MIT */
/* Table 5: mapping a file, writing where one may not, touching a page for the first time. */
#include "lmb.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_BYTES (4u << 20)
#define PAGE       4096u
#define STRIDE     16384u
#define TOUCHED    (FILE_BYTES / 10)

static const char name[] = "/tmp/lmb.mapped";
static int fd;
static char *mapped;

static char *map(int protection)
{
    char *at = mmap(NULL, FILE_BYTES, protection, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        lmb_die("mmap");
    return at;
}

/* All of the file is in the page cache. */
static void file_begin(const struct row *row)
{
    static const char page[PAGE] = {1};

    (void)row;
    fd = open(name, O_CREAT | O_RDWR, 0600);
    for (unsigned i = 0; i < FILE_BYTES / PAGE; i++)
        if (write(fd, page, PAGE) != PAGE)
            lmb_die(name);
}

static void file_end(const struct row *row)
{
    (void)row;
    close(fd);
    unlink(name);
}

/* Map 4 MiB, write to its first tenth every 16 KiB, unmap. */
static void mmap_batch(const struct row *row, unsigned n)
{
    (void)row;
    while (n--) {
        char *at = map(PROT_READ | PROT_WRITE);

        for (unsigned i = 0; i < TOUCHED; i += STRIDE)
            ((volatile char *)at)[i] = 1;
        munmap(at, FILE_BYTES);
    }
}

/* The access is tried again after each return of the handler, until there were enough. */
static sigjmp_buf out;
static volatile unsigned faults_left;

static void on_fault(int signal)
{
    (void)signal;
    if (--faults_left == 0)
        siglongjmp(out, 1);
}

static void protection_begin(const struct row *row)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};

    file_begin(row);
    mapped = map(PROT_READ);
    sigaction(SIGSEGV, &action, NULL);
}

static void protection_batch(const struct row *row, unsigned n)
{
    (void)row;
    faults_left = n;
    if (sigsetjmp(out, 1) == 0)
        *(volatile char *)mapped = 1;
}

static void protection_end(const struct row *row)
{
    signal(SIGSEGV, SIG_DFL);
    munmap(mapped, FILE_BYTES);
    file_end(row);
}

/* First writes: a read would make Linux map the neighbours, too. */
static void page_begin(const struct row *row)
{
    file_begin(row);
    mapped = map(PROT_READ | PROT_WRITE);
}

static void page_prepare(const struct row *row)
{
    (void)row;
    madvise(mapped, FILE_BYTES, MADV_DONTNEED);
}

static void page_batch(const struct row *row, unsigned n)
{
    (void)row;
    for (unsigned i = 0; i < n; i++)
        ((volatile char *)mapped)[i * PAGE] = 1;
}

static void page_end(const struct row *row)
{
    (void)row;
    munmap(mapped, FILE_BYTES);
    file_end(row);
}

const struct row memory_rows[] = {
    {.op = "mmap", .n = 4, .begin = file_begin, .batch = mmap_batch, .end = file_end},
    {.op = "protection_fault",
     .n = 100,
     .begin = protection_begin,
     .batch = protection_batch,
     .end = protection_end},
    {.op = "page_fault",
     .n = 128,
     .begin = page_begin,
     .prepare = page_prepare,
     .batch = page_batch,
     .end = page_end},
    {.op = NULL},
};
