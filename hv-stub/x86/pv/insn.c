/* SPDX-License-Identifier: MIT */
/* Reading and decoding a trapped instruction. Only its first bytes up to ModRM matter: the
 * instructions we emulate have register operands. */
#include "guest_word.h"
#include "insn.h"
#include "paging.h"
#include "pv.h"

#define DESC_L       (1ull << 53)
#define DESC_BASE(d) (((d) >> 16 & 0xffffff) | ((d) >> 56 << 24))

/* A flat code segment, 64-bit or 32-bit? */
static bool code_segment(const struct vcpu *v, uint16_t cs, bool *is64)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    unsigned index = cs >> 3;
    uint64_t d;

    *is64 = cs == FLAT_RING3_CS64;
    if (*is64 || cs == FLAT_RING3_CS32)
        return true;
    if (cs & 4) {
        if (index >= pv->ldt_ents || !(pv->ldt_mapped >> (index / 512) & 1))
            return false;
        index += 16 * 512;
    } else if (index >= pv->gdt_ents) {
        return false;
    }
    /* Another vcpu may be taking the LDT page away. */
    if (!guest_get(pv_gdt_va(v) + index * 8, &d))
        return false;
    *is64 = d & DESC_L;
    return *is64 || DESC_BASE(d) == 0;
}

bool insn_is64_slow(const struct vcpu *v, uint16_t cs)
{
    bool is64;

    return code_segment(v, cs, &is64) && is64;
}

/* The instruction may end just where a page does, and nothing be behind it. */
static unsigned fetch(uint8_t *buf, uint64_t rip)
{
    unsigned n = MIN((unsigned)INSN_MAX, (unsigned)(PAGE_SIZE - (rip & (PAGE_SIZE - 1))));

    if (arch_guest_read(buf, GVA(rip), n))
        return 0;
    if (n < INSN_MAX && !arch_guest_read(buf + n, GVA(rip + n), INSN_MAX - n))
        n = INSN_MAX;
    return n;
}

bool insn_byte(struct insn *i, uint8_t *b)
{
    if (i->len >= i->avail)
        return false;
    *b = i->byte[i->len++];
    return true;
}

static bool is_prefix(struct insn *i, uint8_t b)
{
    switch (b) {
    case 0x66:
        i->opsize = true;
        return true;
    case 0x67:
        i->adsize = true;
        return true;
    case 0xf2:
    case 0xf3:
        i->rep = true;
        return true;
    case 0xf0:
        i->lock = true;
        return true;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
        i->segment = b;
        return true;
    default:
        return false;
    }
}

static bool has_modrm(uint16_t opcode)
{
    return opcode == 0x0f01 || (opcode >= 0x0f20 && opcode <= 0x0f23);
}

bool insn_decode(struct vcpu *v, struct insn *i)
{
    uint64_t rip = v->regs->rip;
    uint8_t b;

    memset(i, 0, sizeof(*i));
    if (!code_segment(v, v->regs->cs, &i->is64))
        return false;
    i->avail = (uint8_t)fetch(i->byte, i->is64 ? rip : (uint32_t)rip);
    do {
        if (!insn_byte(i, &b))
            return false;
    } while (is_prefix(i, b));
    if (i->is64 && (b & 0xf0) == 0x40) {
        i->rex = b;
        if (!insn_byte(i, &b))
            return false;
    }
    i->opcode = b;
    if (b == 0x0f) {
        if (!insn_byte(i, &b))
            return false;
        i->opcode = 0x0f00 | b;
    }
    return !has_modrm(i->opcode) || insn_byte(i, &i->modrm);
}
