/* SPDX-License-Identifier: MIT */
/* The user image: its programs and the system calls they use. Shared by kernel and user mode. */
#ifndef SHIM_PROGRAMS_H
#define SHIM_PROGRAMS_H

#define USER_IMAGE_BASE 0x400000UL
#define USER_HEAP_BASE  0x10000000UL
#define USER_HEAP_SIZE  0x400000UL
#define USER_STACK_TOP  0x7ffffff000UL
#define USER_STACK_SIZE 0x10000UL

enum program {
    PROG_EXIT,    /* exit with arg1 + arg2 */
    PROG_COUNT,   /* mix of work and system calls: checks its own memory, returns a checksum */
    PROG_SPIN,    /* spin until another process has made progress: needs preemption */
    PROG_FAULT,   /* raise exception arg1 */
    PROG_FPU,     /* keep a pattern in SSE registers over arg2 yields */
    PROG_PORT,    /* read I/O port arg1 */
    PROG_COW,     /* write to shared pages */
    PROG_POKE,    /* write 1 to address arg1 */
    PROG_PEEK,    /* read address arg1 */
    PROG_BENCH,   /* operation arg1, arg2 times: returns the ticks */
    PROG_FS,      /* FS base: two processes with different values */
    PROG_STACK,   /* recurse off the stack into the guard page */
    PROG_PROTECT, /* change the protection of a page: arg1 says how it goes on */
    PROG_BADCALL, /* system calls with bad numbers and pointers */
};

enum user_bench {
    UBENCH_SYSCALL,
    UBENCH_FAULT,
    UBENCH_DIVZERO,
    UBENCH_DEMAND,
};

enum {
    SYS_GETPID,  /* -> id of the process */
    SYS_EXIT,    /* value */
    SYS_YIELD,   /* */
    SYS_WRITE,   /* address, length -> bytes, or -1 */
    SYS_SLOT,    /* index, value -> previous: a few words all processes share */
    SYS_FSBASE,  /* base */
    SYS_PROTECT, /* address, 0 read-only / 1 writable */
    SYS_UNMAP,   /* address, length: forget the pages there, they come back zeroed */
    SYS_TIME,    /* -> nanoseconds */
    SYS_COUNT,
};

#define SYS_SLOTS 8

/* UBENCH_FAULT reads here; nothing is mapped. */
#define UBENCH_FAULT_ADDRESS 0x600000000UL

#endif
