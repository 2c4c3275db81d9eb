/* SPDX-License-Identifier: MIT */
/* The asking guest: groups of questions to the hypervisor, each of which prints "name: answer". */
#ifndef CONFORM_H
#define CONFORM_H

#include <pvkit/hypercall.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HV_SPACE      0xffff830000000000ul
#define NONCANONICAL  0x0000800000000000ul
#define UNMAPPED      0x0000700000001000ul
#define RETURNED      (-1) /* no trap */

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, RFLAGS = 16, CS, SS, DS, ES, FS, GS, NR_REGS };

/* Callbacks have numbers behind those of the traps. */
enum {
    VEC_EVENT = 256,
    VEC_FAILSAFE,
    VEC_SYSCALL,
    VEC_SYSCALL32,
    VEC_SYSENTER,
};

/* The last trap, as its handler found it. */
struct seen {
    int vector;
    uint64_t error, rip, cs, rflags, rsp, ss, rcx, r11;
    uint64_t rax, live_rflags, handler_sp, cr2, selectors[4];
    uint8_t masked; /* the upcall mask when the handler began */
};
extern struct seen seen;
extern uint64_t seen_rdx;

/* start.S */
struct user {
    uint64_t (*fn)(void *);
    void *arg;
    uint64_t cs, rflags, flags;
};
extern uint64_t boot_regs[NR_REGS];
extern char trap_stubs[], callback_stubs[], kernel_stack_top[], user_stack_top[], trap_stack_top[];
extern char user_return[], image_end[];
/* fn(arg), until it returns or something traps; `seen` says which. Its result. */
uint64_t attempt(uint64_t (*fn)(void *), void *arg);
uint64_t enter_user(void *user);

/* main.c */
extern const start_info_t *start;
extern struct shared_info *shared, shared_at_start;
extern char scratch[16][4096];
uint64_t try(uint64_t (*fn)(void *), void *arg);      /* attempt() in the kernel */
uint64_t try_user(uint64_t (*fn)(void *), void *arg); /* the same in user mode */
uint64_t try_user_as(uint64_t (*fn)(void *), void *arg, uint64_t cs, uint64_t rflags);
void set_trap(unsigned vector, unsigned dpl, bool mask);
uint64_t mfn_of(const void *va); /* of a page of the image */
uint64_t *table_of(const void *va, int level);
void *frame_va(uint64_t entry); /* where a frame of ours is mapped */

/* print.c */
void console_init(void);
void print(const char *s);
void print_hex(uint64_t v);
void print_number(long v);
void name(const char *s);           /* "s: " */
void number(const char *s, long v); /* "s: v" and a new line */
void hex(const char *s, uint64_t v);
void outcome(uint64_t code); /* what `seen` saw, addresses relative to code */
void power_off(void);

/* The groups. */
void ask_boot(void);
void ask_cpuid(void);
void ask_msrs(void);
void ask_instructions(void);
void ask_traps(void);
void ask_debug(void);
void ask_segments(void);
void ask_calls(void);
void ask_events(void);
void ask_tables(void);
void ask_vcpus(void);

#endif
