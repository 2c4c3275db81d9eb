/* SPDX-License-Identifier: MIT */
#ifndef GUEST_PVH_H
#define GUEST_PVH_H

#include <pvkit/hypercall.h>
#include <xen/hvm/hvm_vcpu.h>

/* main.c */
void print(const char *s);
void print_number(long v);
/* Print "name: result". */
void result(const char *name, long v);
/* Send an INIT message to vcpu 1 and wait until it can be initialised again. */
void reset_vcpu1(void);

/* cases.c: contexts that are refused, or not. */
void set_valid64(struct vcpu_hvm_context *c);
void set_valid32(struct vcpu_hvm_context *c);
void try_contexts(void);

/* start.S */
extern char tables[], ap64_start[], ap32_start[];

#endif
