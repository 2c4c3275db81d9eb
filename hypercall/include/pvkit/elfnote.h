/* SPDX-License-Identifier: MIT */
/*
 * Xen ELF notes (<xen/elfnote.h>): how a kernel tells its loader what it is. The same macros work
 * in .S files and at file scope in .c files. A para-virtual kernel needs one line,
 *
 *     PVK_ELFNOTES_PV("my kernel", _start, 0xffffffff80000000, 0)
 *
 * a kernel to be started by the PVH protocol one more,
 *
 *     PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_PHYS32_ENTRY, pvh_start_paddr)
 *
 * and the linker script must put .note.Xen into a PT_NOTE segment (and not discard it).
 */
#ifndef PVKIT_ELFNOTE_H
#define PVKIT_ELFNOTE_H

#include <pvkit/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

/* The notes as assembler statements; local labels 8 and 9 delimit the descriptor. */
/* clang-format off */
#define PVK_NOTE_ASM(type, data)                                           \
    .pushsection .note.Xen, "a", @note; .balign 4; .long 4, 9f - 8f, type; \
    .asciz "Xen"; 8: data; 9: .balign 4; .popsection;
/* clang-format on */

#ifdef __ASSEMBLY__
#define PVK_NOTE(type, ...) PVK_NOTE_ASM(type, __VA_ARGS__)
#else
#define PVK_NOTE_QUOTE_(...) #__VA_ARGS__
#define PVK_NOTE_QUOTE(...)  PVK_NOTE_QUOTE_(__VA_ARGS__)
#define PVK_NOTE(type, ...)  __asm__(PVK_NOTE_QUOTE(PVK_NOTE_ASM(type, __VA_ARGS__)))
#endif

/* `type` XEN_ELFNOTE_* with a string. */
#define PVK_ELFNOTE_STRING(type, string) PVK_NOTE(type, .asciz string)

/* `type` XEN_ELFNOTE_* with a 64-bit number: a constant, a symbol, or an expression of both. */
#define PVK_ELFNOTE_NUMBER(type, number) PVK_NOTE(type, .quad number)

/* The same as 32 bits, for the notes the ABI describes as bitmaps. */
#define PVK_ELFNOTE_BITS(type, number) PVK_NOTE(type, .long number)

/*
 * Everything a 64-bit PV kernel must say, to Xen as initial or ordinary domain and to hv-stub:
 *   name          shown by tools (string)
 *   entry         symbol where vcpu 0 starts, in 64-bit mode, rsi = start_info
 *   virt_base     linear address at which pseudo-physical address 0 is mapped (constant, no suffix)
 *   paddr_offset  what to subtract from the ELF file's p_paddr: 0 if p_paddr is physical,
 *                 virt_base if the linker put linear addresses there
 * The kernel's hypercall page is the symbol hypercall_page, which the library provides.
 */
#define PVK_ELFNOTES_PV(name, entry, virt_base, paddr_offset)        \
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_GUEST_OS, name);                  \
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");          \
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_LOADER, "generic");               \
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_ENTRY, entry);                    \
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page);  \
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_VIRT_BASE, virt_base);            \
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_PADDR_OFFSET, paddr_offset);      \
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_FEATURES, "pae_pgdir_above_4gb"); \
    PVK_ELFNOTE_BITS(XEN_ELFNOTE_SUPPORTED_FEATURES,                 \
                     (1 << XENFEAT_pae_pgdir_above_4gb) | (1 << XENFEAT_dom0))

#endif
