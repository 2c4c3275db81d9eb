/* SPDX-License-Identifier: MIT */
/* Instructions of ours that may fault because of what a guest did, and where to go on then. */
#ifndef X86_FIXUP_H
#define X86_FIXUP_H

#include <stdint.h>

/* An entry of the table, which the linker collects. Both are distances from the fields themselves.
 */
struct fixup {
    int32_t insn, target;
};

/* In inline assembly: if the instruction at the label insn faults, go on at target. */
#define FIXUP(insn, target)                  \
    ".pushsection .fixup_table, \"a\"\n\t"   \
    ".long " insn " - ., " target " - .\n\t" \
    ".popsection\n\t"

/* guest_access.c: where to go on when rip faulted; 0: it is none of those. */
uint64_t fixup_find(uint64_t rip);

#endif
