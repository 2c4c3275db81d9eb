/* SPDX-License-Identifier: MIT */
/*
 * Lengths of intercepted instructions. Processors without next-RIP saving leave it to us: the
 * opcode is known from the exit, so only prefixes have to be looked for.
 */
#include "svm_internal.h"

static uint64_t code_linear(const struct vmcb *c)
{
    return svm_64bit(c) ? c->rip : (uint32_t)(c->cs.base + c->rip);
}

unsigned int svm_fetch(struct svm_vcpu *sv, uint8_t bytes[INSN_MAX])
{
    const struct vmcb *c = sv->vmcb;
    struct gmem_fault fault;

    return INSN_MAX - gmem_copy(sv, code_linear(c), bytes, INSN_MAX, GMEM_FETCH, &fault);
}

static bool is_prefix(const struct vmcb *c, uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return svm_64bit(c) && (byte & 0xf0) == 0x40;
    }
}

static unsigned int nr_prefixes(const struct vmcb *c, const uint8_t *bytes, unsigned int nr)
{
    unsigned int i = 0;

    while (i < nr && is_prefix(c, bytes[i]))
        i++;
    return i;
}

static void advance(struct svm_vcpu *sv, unsigned int nr)
{
    uint64_t rip = sv->vmcb->rip + nr;

    svm_skip_to(sv, svm_64bit(sv->vmcb) ? rip : (uint32_t)rip);
}

/* Remember where this page of code is, for svm_insn_is(). */
static void hint_set(struct svm_vcpu *sv)
{
    uint64_t linear = code_linear(sv->vmcb);
    const uint8_t *p = gmem_linear(sv, linear, GMEM_FETCH, sv->vmcb->cpl == 3);
    bool aligned = linear % PAGE_SIZE == sv->vmcb->rip % PAGE_SIZE;

    sv->hint.bytes = p ? p - linear % PAGE_SIZE : NULL;
    sv->hint.page = p && aligned ? sv->vmcb->rip >> PAGE_SHIFT : ~0ull;
    sv->hint.cr3 = sv->vmcb->cr3;
}

static void skip_slowly(struct svm_vcpu *sv, const uint8_t *opcode, unsigned int nr)
{
    uint8_t bytes[INSN_MAX];
    unsigned int got = svm_fetch(sv, bytes), prefixes = nr_prefixes(sv->vmcb, bytes, got);

    /* Should the guest have changed its code meanwhile, the opcode we know has the last word. */
    if (prefixes + nr > got || memcmp(bytes + prefixes, opcode, nr))
        prefixes = 0;
    hint_set(sv);
    advance(sv, prefixes + nr);
}

void svm_skip(struct svm_vcpu *sv, const uint8_t *opcode, unsigned int nr)
{
    if (svm_features & SVM_FEATURE_NRIPS)
        svm_skip_to(sv, sv->vmcb->next_rip);
    else
        skip_slowly(sv, opcode, nr);
}

/* The last segment override among the prefixes, DS's own if there is none. */
static uint8_t segment_prefix(struct svm_vcpu *sv)
{
    uint8_t bytes[INSN_MAX], prefix = 0x3e;
    unsigned int nr = nr_prefixes(sv->vmcb, bytes, svm_fetch(sv, bytes));

    for (unsigned int i = 0; i < nr; i++)
        if (bytes[i] < 0x40 || bytes[i] == 0x64 || bytes[i] == 0x65)
            prefix = bytes[i];
    return prefix;
}

uint64_t svm_address_mask(struct svm_vcpu *sv)
{
    const struct vmcb *c = sv->vmcb;
    uint8_t bytes[INSN_MAX];
    unsigned int nr = nr_prefixes(c, bytes, svm_fetch(sv, bytes));
    bool other = false;

    for (unsigned int i = 0; i < nr; i++)
        other |= bytes[i] == 0x67;
    if (svm_64bit(c))
        return other ? 0xffffffff : ~0ull;
    return !(c->cs.attrib & SEG_ATTR_DB) == other ? 0xffffffff : 0xffff;
}

uint64_t svm_outs_base(struct svm_vcpu *sv, uint64_t *limit)
{
    const struct vmcb *c = sv->vmcb;
    const struct vmcb_seg *seg = &c->ds;
    uint8_t prefix = segment_prefix(sv);
    uint64_t base;

    switch (prefix) {
    case 0x64: /* FS and GS are in the processor (and sv) until VMSAVE; their limits are, too */
        __asm__ volatile("rdfsbase %0" : "=r"(base));
        return base;
    case 0x65:
        return sv->guest_gs;
    case 0x26:
        seg = &c->es;
        break;
    case 0x2e:
        seg = &c->cs;
        break;
    case 0x36:
        seg = &c->ss;
        break;
    }
    if (svm_64bit(c))
        return 0;
    *limit = seg->limit;
    return seg->base;
}
