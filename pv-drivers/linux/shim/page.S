/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The hypercall page of pv_shim.ko, which the hypervisor fills. Until then every call fails. Each
 * slot is a function of its own, for objtool, which follows all calls.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>

#define SLOT_SIZE 32
#define SLOTS     128
#define ENOSYS    38

    .altmacro
    .macro slot number
    .balign SLOT_SIZE, 0xcc
    .type   pvk_slot_\number, @function
pvk_slot_\number:
    ANNOTATE_NOENDBR
    mov     $-ENOSYS, %rax
    RET
    .size   pvk_slot_\number, . - pvk_slot_\number
    .endm

    .text
    .balign SLOT_SIZE * SLOTS
    .globl  hypercall_page
hypercall_page:
    .set    .Lnumber, 0
    .rept   SLOTS
    slot    %.Lnumber
    .set    .Lnumber, .Lnumber + 1
    .endr
    .balign SLOT_SIZE * SLOTS, 0xcc

/* What pvk_hypercall_use() sets for a page without stubs; nobody reads it here. */
    .data
    .balign 4
    .globl  pvk_hypercall_insn
pvk_hypercall_insn:
    .long   0
