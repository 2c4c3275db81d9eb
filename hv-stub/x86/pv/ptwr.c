/* SPDX-License-Identifier: MIT */
/*
 * "Writable page tables": a guest that asked for it (VMASST_TYPE_writable_pagetables) may store
 * into its L1 tables as if they were writable. The store faults, because they are not; it is
 * decoded, carried out on a copy of the entry, and the result goes the way of every other update.
 *
 * The fault says which address is written, so the memory operand itself need not be computed, only
 * skipped to find what follows it.
 */
#include "insn.h"
#include "mm.h"
#include "pv.h"

#define EFLAGS_PF  (1ul << 2)
#define EFLAGS_AF  (1ul << 4)
#define EFLAGS_ZF  (1ul << 6)
#define EFLAGS_SF  (1ul << 7)
#define EFLAGS_OF  (1ul << 11)
#define EFLAGS_ALU (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

struct write {
    struct insn i;
    unsigned size;     /* bytes written: 1, 2, 4 or 8 */
    unsigned reg;      /* register operand, or opcode extension */
    uint64_t imm;      /* sign-extended immediate */
    uint64_t old, new; /* the operand before and after */
    uint64_t regs_out; /* new value of the register operand (xchg, xadd), rax (cmpxchg) */
    bool writes_reg, writes_rax;
    uint64_t flags, flags_mask; /* arithmetic flags that change */
};

static uint64_t mask_of(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

static bool skip(struct insn *i, unsigned n)
{
    if ((unsigned)i->avail - i->len < n)
        return false;
    i->len = (uint8_t)(i->len + n);
    return true;
}

/* SIB byte and displacement of a memory operand. */
static bool skip_operand(struct insn *i)
{
    unsigned mod = i->modrm >> 6, rm = i->modrm & 7;
    uint8_t sib;

    if (mod == 3)
        return false;
    if (rm == 4) {
        if (!insn_byte(i, &sib))
            return false;
        if (mod == 0 && (sib & 7) == 5)
            return skip(i, 4);
    } else if (mod == 0 && rm == 5) {
        return skip(i, 4);
    }
    return mod == 0 || skip(i, mod == 1 ? 1 : 4);
}

static bool immediate(struct write *w, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned n = 0; n < bytes; n++) {
        uint8_t b;

        if (!insn_byte(&w->i, &b))
            return false;
        v |= (uint64_t)b << (8 * n);
    }
    w->imm = (uint64_t)((int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes));
    return true;
}

/* Byte forms have an even opcode among those we take; a byte register without REX may be ah..bh. */
static bool operand_size(struct write *w)
{
    bool byte = w->i.opcode == 0x80 || w->i.opcode == 0x88 || w->i.opcode == 0xc6;

    w->size = byte ? 1 : w->i.rex & 8 ? 8 : w->i.opsize ? 2 : 4;
    w->reg = (w->i.modrm >> 3 & 7) | (w->i.rex & 4 ? 8 : 0);
    return !byte || w->i.opcode != 0x88 || w->i.rex || w->reg < 4;
}

static bool read_immediate(struct write *w)
{
    switch (w->i.opcode) {
    case 0x80:
    case 0x83:
    case 0xc6:
    case 0x0fba:
        return immediate(w, 1);
    case 0x81:
    case 0xc7:
        return immediate(w, MIN(w->size, 4u));
    default:
        return true;
    }
}

static void alu_flags(struct write *w)
{
    uint64_t r = w->new &mask_of(w->size);

    w->flags_mask = EFLAGS_ALU;
    if (!r)
        w->flags |= EFLAGS_ZF;
    if (r >> (w->size * 8 - 1))
        w->flags |= EFLAGS_SF;
    if (!__builtin_parity((unsigned)(r & 0xff)))
        w->flags |= EFLAGS_PF;
}

static bool alu(struct write *w, unsigned op, uint64_t src)
{
    switch (op) {
    case 1:
        w->new = w->old | src;
        break;
    case 4:
        w->new = w->old &src;
        break;
    case 6:
        w->new = w->old ^ src;
        break;
    default:
        return false;
    }
    alu_flags(w);
    return true;
}

/* op: 5 set, 6 reset, 7 complement */
static bool bit_op(struct write *w, unsigned op, uint64_t bit)
{
    uint64_t m = 1ull << (bit & (w->size * 8 - 1));

    if (op < 5 || w->size == 1)
        return false;
    w->flags_mask = EFLAGS_CF;
    w->flags = w->old & m ? EFLAGS_CF : 0;
    w->new = op == 5 ? w->old | m : op == 6 ? w->old & ~m : w->old ^ m;
    return true;
}

static bool cmpxchg(struct write *w, uint64_t rax, uint64_t src)
{
    bool same = ((rax ^ w->old) & mask_of(w->size)) == 0;

    w->new = same ? src : w->old;
    w->flags_mask = EFLAGS_ZF;
    w->flags = same ? EFLAGS_ZF : 0;
    w->writes_rax = !same;
    w->regs_out = w->old;
    return true;
}

static bool exchange(struct write *w, uint64_t new)
{
    w->new = new;
    w->writes_reg = true;
    w->regs_out = w->old;
    return true;
}

static bool execute(struct write *w, struct cpu_user_regs *r)
{
    uint64_t src = *insn_reg(r, w->reg);

    switch (w->i.opcode) {
    case 0x88:
    case 0x89:
        w->new = src;
        return true;
    case 0xc6:
    case 0xc7:
        w->new = w->imm;
        return (w->reg & 7) == 0;
    case 0x09:
    case 0x21:
    case 0x31:
        return alu(w, (unsigned)w->i.opcode >> 3, src);
    case 0x80:
    case 0x81:
    case 0x83:
        return alu(w, w->reg & 7, w->imm);
    case 0x87:
        return exchange(w, src);
    case 0x0fc1:
        exchange(w, w->old + src);
        alu_flags(w);
        return true;
    case 0x0fb1:
        return cmpxchg(w, r->rax, src);
    case 0x0fab:
        return bit_op(w, 5, src);
    case 0x0fb3:
        return bit_op(w, 6, src);
    case 0x0fbb:
        return bit_op(w, 7, src);
    case 0x0fba:
        return bit_op(w, w->reg & 7, w->imm);
    default:
        return false;
    }
}

static bool decode(struct vcpu *v, struct write *w)
{
    if (!insn_decode(v, &w->i) || w->i.rep || !w->i.is64)
        return false;
    if (!insn_byte(&w->i, &w->i.modrm)) /* insn_decode() reads it for other opcodes only */
        return false;
    return operand_size(w) && skip_operand(&w->i) && read_immediate(w);
}

static void set_reg(uint64_t *reg, uint64_t val, unsigned size)
{
    *reg = size == 4 ? (uint32_t)val : (*reg & ~mask_of(size)) | (val & mask_of(size));
}

static void retire(struct write *w, struct cpu_user_regs *r)
{
    if (w->writes_reg)
        set_reg(insn_reg(r, w->reg), w->regs_out, w->size);
    if (w->writes_rax)
        set_reg(&r->rax, w->regs_out, w->size);
    r->rflags = (r->rflags & ~w->flags_mask) | w->flags;
    r->rip += w->i.len;
}

/* The operand lies in one entry; put it there, checked. The processor may set accessed and dirty
 * bits meanwhile (-XEN_EAGAIN): the guest's exchange must not lose them. */
static long write_entry(struct vcpu *v, struct write *w, struct frame *table, uint64_t va)
{
    uint64_t *slot = (uint64_t *)((char *)mfn_to_virt(frame_mfn(table)) + (va & 0xff8));
    unsigned shift = (unsigned)(va & 7) * 8;
    uint64_t old = READ_ONCE(*slot), field;

    if ((va & 7) + w->size > 8)
        return -XEN_EINVAL;
    field = mask_of(w->size) << shift;
    w->old = old >> shift & mask_of(w->size);
    if (!execute(w, v->regs))
        return -XEN_EINVAL;
    return pt_exchange_l1(v->domain, slot, old, (old & ~field) | ((w->new << shift) & field));
}

bool pv_ptwr_fault(struct vcpu *v, uint64_t va, struct cpu_user_regs *r)
{
    struct domain *d = v->domain;
    uint64_t *map, e = 0;
    struct frame *table;
    struct write w = {0};
    long rc = -XEN_EINVAL;

    if (!(d->vm_assist & (1ul << VMASST_TYPE_writable_pagetables)) || !decode(v, &w))
        return false;
    spin_lock(&d->lock);
    map = guest_va_ok(va) ? pt_find_l1(v->arch.pv.root_kernel, va) : NULL;
    if (map && frame_type(frame_of(virt_to_mfn(map))) == FT_L1)
        e = READ_ONCE(map[pt_index(va, 1)]);
    if ((e & (PTE_P | PTE_RW)) == PTE_P && mfn_valid(pte_mfn(e))) {
        table = frame_of(pte_mfn(e));
        if (pt_is_table_of(table, d) && frame_type(table) == FT_L1)
            rc = write_entry(v, &w, table, va);
    }
    spin_unlock(&d->lock);
    if (!rc)
        retire(&w, r);
    return !rc || rc == -XEN_EAGAIN; /* as if nothing had happened: it faults and tries again */
}
