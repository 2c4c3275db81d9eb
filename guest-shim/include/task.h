/* SPDX-License-Identifier: MIT */
/* Tasks: the boot thread, and user processes with an address space of their own. */
#ifndef SHIM_TASK_H
#define SHIM_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include "mm.h"
#include "trap.h"

enum task_state {
    TASK_FREE,
    TASK_READY, /* running or waiting for its turn */
    TASK_BLOCKED,
    TASK_DEAD, /* has an exit value for whoever waits */
};

/* A range of user memory. Pages appear when they are first touched. */
struct area {
    uint64_t start, end;
    uint64_t prot;     /* PROT_USER_* */
    const char *image; /* initial contents (shared until written), or NULL for zeroes */
};

/* Every process has the same ones. */
enum {
    AREA_CODE,
    AREA_DATA,
    AREA_BSS,
    AREA_HEAP,
    AREA_STACK,
    TASK_AREAS,
};

#define TASK_MAX 8

struct task {
    uint64_t ksp; /* saved kernel stack pointer: first, context_switch() knows */
    enum task_state state;
    unsigned id;
    struct aspace as;
    void *kstack; /* top */
    struct area areas[TASK_AREAS];
    uint64_t fs_base;
    bool fpu_used; /* fpu holds its state */
    uint64_t exit_value;
    bool killed; /* ended by an exception: then `fault` says which */
    struct trap_record fault;
    uint64_t switches; /* how often it was switched to */
    uint64_t syscalls, faults, cow_copies;
    uint8_t fpu[512] __attribute__((aligned(16)));
};

extern struct task *current;

/* The boot thread becomes task 0. */
void task_init(void);

/*
 * A process that runs entry point `program` of the user image (user/programs.h) with two
 * arguments. Ready at once. NULL when out of memory or tasks.
 */
struct task *task_spawn(unsigned program, uint64_t arg1, uint64_t arg2);

/* Wait for the end of a process, free it and return its exit value. */
uint64_t task_wait(struct task *task);

/* Free a task that is dead; task_wait() without the waiting. */
void task_reap(struct task *task);

/* End the calling process. */
void task_exit(uint64_t value) __attribute__((noreturn));

/* Give other ready tasks a turn. */
void schedule(void);

/* Ask for a schedule() at the next return to user mode. */
void sched_request(void);
bool sched_requested(void);

/* #NM: give the FPU to the current task. */
void task_take_fpu(void);

/* Page fault at `va` with error code `error`: true if the page is there now. */
bool task_fault(struct task *task, uint64_t va, uint64_t error);

/* Forget what processes left with SYS_SLOT. */
void syscall_clear_slots(void);

/* Copy to or from the current process; false if its memory is not accessible. */
bool copy_from_user(void *dst, uint64_t src, uint64_t len);
bool copy_to_user(uint64_t dst, const void *src, uint64_t len);

/* --- assembly (x86/) ------------------------------------------------------------------------ */

/* Save the callee-saved registers on this stack, store it at *from, continue on stack `to`. */
void context_switch(uint64_t *from, uint64_t to);

/* First return of a new task: leaves the kernel through the struct regs on its stack. */
void task_first_return(void);

#endif
