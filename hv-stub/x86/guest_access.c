/* SPDX-License-Identifier: MIT */
/* Memory of the current guest through its own page tables. The addresses are checked against the
 * hypervisor's slots first; whatever is wrong with the mapping shows as a fault that is caught. */
#include "hv.h"
#include "entry.h"
#include "fixup.h"
#include "guest_word.h"
#include "pv.h"
#include "svm.h"

extern const struct fixup _fixups[], _fixups_end[]; /* hv.lds */

uint64_t fixup_find(uint64_t rip)
{
    for (const struct fixup *f = _fixups; f < _fixups_end; f++)
        if ((uint64_t)&f->insn + (uint64_t)f->insn == rip)
            return (uint64_t)&f->target + (uint64_t)f->target;
    return 0;
}

/* Bytes not copied. Words first: under an instruction count and on real processors alike that is
 * what small copies cost least with. */
static size_t copy(void *dst, const void *src, size_t n)
{
    size_t words = n >> 3;

    __asm__ volatile("1: rep movsq\n\t"
                     "mov %[n], %%rcx\n\t"
                     "and $7, %%ecx\n"
                     "2: rep movsb\n\t"
                     "jmp 4f\n"
                     "3: and $7, %[n]\n\t" /* words left, and the odd bytes */
                     "lea (%[n], %%rcx, 8), %%rcx\n"
                     "4:\n\t" FIXUP("1b", "3b") FIXUP("2b", "4b")
                     : "+D"(dst), "+S"(src), "+c"(words), [n] "+r"(n)::"memory", "cc");
    return words;
}

size_t arch_guest_read(void *dst, gva_t src, size_t n)
{
    struct vcpu *v = current_vcpu();

    if (unlikely(n == 0))
        return 0;
    if (unlikely(v->domain->kind != DOMAIN_PV))
        return svm_guest_read(v, dst, src, n);
    return likely(guest_range_ok(src.v, n)) ? copy(dst, (const void *)src.v, n) : n;
}

size_t arch_guest_write(gva_t dst, const void *src, size_t n)
{
    struct vcpu *v = current_vcpu();

    if (unlikely(n == 0))
        return 0;
    if (unlikely(v->domain->kind != DOMAIN_PV))
        return svm_guest_write(v, dst, src, n);
    return likely(guest_range_ok(dst.v, n)) ? copy((void *)dst.v, src, n) : n;
}
