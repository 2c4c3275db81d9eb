/* SPDX-License-Identifier: MIT */
/* Attacks that a root user makes from inside Linux. Each says on stdout what came of it. */
#ifndef ROOT_ROOT_H
#define ROOT_ROOT_H

#include <stdbool.h>
#include <stdint.h>

/* main.c: a fixed sequence of numbers. */
uint64_t root_random(uint64_t *seed);

/* survive.c: call fn(arg); false if the processor, or Linux by a signal, stopped it. */
bool survive(void (*fn)(uint64_t), uint64_t arg);

/* cpu.c: privileged instructions, every software interrupt, far jumps through every selector,
 * strange system calls, LDTs. */
void attack_cpu(uint64_t seed);
void attack_ldt(uint64_t seed);
/* machine.c: every I/O port, /dev/mem, model-specific registers. */
void attack_ports(uint64_t seed);
void attack_mem(uint64_t seed);
void attack_msr(uint64_t seed);
/* kernel.c: modules with flipped bits; a kernel started by kexec, which ends this one. */
void attack_modules(uint64_t seed);
void attack_kexec(uint64_t seed);
/* hypercall.c: hypercalls with any arguments through /dev/xen/privcmd: those after which Linux
 * usually goes on, or all. */
void attack_hypercalls(uint64_t seed);
void attack_any_hypercalls(uint64_t seed);

#endif
