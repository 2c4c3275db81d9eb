/* SPDX-License-Identifier: MIT */
/*
 * The instructions kernels change page-table entries with: mov, xchg, cmpxchg, xadd, the bit
 * operations, and/or/xor/add/sub; byte to quadword, locked or not (AMD64 APM vol. 3).
 */
#include "ptwr.h"
#include "pv.h"

#define EFLAGS_PF  (1ul << 2)
#define EFLAGS_AF  (1ul << 4)
#define EFLAGS_ZF  (1ul << 6)
#define EFLAGS_SF  (1ul << 7)
#define EFLAGS_OF  (1ul << 11)
#define EFLAGS_ALU (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

enum alu { ALU_ADD, ALU_OR, ALU_AND = 4, ALU_SUB, ALU_XOR, ALU_CMP };
enum bit { BIT_SET = 5, BIT_RESET, BIT_COMPLEMENT };

static uint64_t mask_of(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

static uint64_t sign_extend(uint64_t v, unsigned bytes)
{
    unsigned unused = 64 - 8 * bytes;

    return (uint64_t)((int64_t)(v << unused) >> unused);
}

/* ---- registers. Without REX, byte registers 4..7 are ah, ch, dh, bh. */

static bool is_high_byte(const struct ptwr *w)
{
    return w->size == 1 && !w->i.rex && w->reg >= 4;
}

static uint64_t read_reg(const struct ptwr *w, struct cpu_user_regs *r)
{
    return is_high_byte(w) ? *insn_reg(r, w->reg - 4) >> 8 : *insn_reg(r, w->reg);
}

static void write_part(uint64_t *reg, uint64_t val, unsigned size)
{
    *reg = size == 4 ? (uint32_t)val : (*reg & ~mask_of(size)) | (val & mask_of(size));
}

static void write_reg(const struct ptwr *w, struct cpu_user_regs *r, uint64_t val)
{
    if (is_high_byte(w)) {
        uint64_t *reg = insn_reg(r, w->reg - 4);

        *reg = (*reg & ~0xff00ull) | (val & 0xff) << 8;
    } else {
        write_part(insn_reg(r, w->reg), val, w->size);
    }
}

/* ---- decoding */

static bool constant(struct ptwr *w, unsigned bytes, uint64_t *val)
{
    uint64_t v = 0;

    for (unsigned n = 0; n < bytes; n++) {
        uint8_t b;

        if (!insn_byte(&w->i, &b))
            return false;
        v |= (uint64_t)b << (8 * n);
    }
    *val = bytes ? sign_extend(v, bytes) : 0;
    return true;
}

/* SIB byte: base (unless there is none) and scaled index. */
static bool sib(struct ptwr *w, struct cpu_user_regs *r, bool *no_base)
{
    unsigned index, rex = w->i.rex;
    uint8_t b;

    if (!insn_byte(&w->i, &b))
        return false;
    index = (b >> 3 & 7) | (rex & 2 ? 8 : 0);
    *no_base = (b & 7) == 5 && (w->i.modrm >> 6) == 0;
    w->address = *no_base ? 0 : *insn_reg(r, (b & 7) | (rex & 1 ? 8 : 0));
    if (index != 4)
        w->address += *insn_reg(r, index) << (b >> 6);
    return true;
}

/* The memory operand; *rip_relative when the length of the instruction is still to be added. */
static bool operand(struct ptwr *w, struct cpu_user_regs *r, bool *rip_relative)
{
    unsigned mod = w->i.modrm >> 6, rm = w->i.modrm & 7;
    bool no_base = false;
    uint64_t disp;

    *rip_relative = mod == 0 && rm == 5;
    if (mod == 3)
        return false;
    if (rm == 4) {
        if (!sib(w, r, &no_base))
            return false;
    } else {
        w->address = *rip_relative ? r->rip : *insn_reg(r, rm | (w->i.rex & 1 ? 8 : 0));
    }
    if (!constant(w, mod == 1 ? 1 : mod == 2 || *rip_relative || no_base ? 4 : 0, &disp))
        return false;
    w->address += disp;
    return true;
}

static unsigned immediate_bytes(const struct ptwr *w)
{
    switch (w->i.opcode) {
    case 0x80:
    case 0x83:
    case 0xc6:
    case 0x0fba:
        return 1;
    case 0x81:
    case 0xc7:
        return MIN(w->size, 4u);
    default:
        return 0;
    }
}

/* "op r/m, r" of add, or, and, sub, xor */
static bool is_alu(uint16_t opcode)
{
    return opcode < 0x38 && (opcode & 7) < 2;
}

/* Even opcodes of those with two forms are the byte forms. */
static bool is_byte_form(uint16_t opcode)
{
    if (opcode & 1)
        return false;
    return is_alu(opcode) || opcode == 0x80 || opcode == 0x86 || opcode == 0x88 || opcode == 0xc6 ||
           opcode == 0x0fb0 || opcode == 0x0fc0;
}

/* A bit number in a register counts from the operand on, whatever its size. */
static void locate_bit(struct ptwr *w, struct cpu_user_regs *r)
{
    uint16_t op = w->i.opcode;
    int64_t bit = (int64_t)sign_extend(read_reg(w, r), w->size);

    if (op == 0x0fab || op == 0x0fb3 || op == 0x0fbb)
        w->address += (uint64_t)(bit >> (w->size == 8 ? 6 : w->size == 4 ? 5 : 4)) * w->size;
}

bool ptwr_decode(struct vcpu *v, struct ptwr *w)
{
    struct cpu_user_regs *r = v->regs;
    bool rip_relative;

    if (!insn_decode(v, &w->i) || w->i.rep || !w->i.is64 || w->i.adsize)
        return false;
    if (w->i.segment == 0x64 || w->i.segment == 0x65)
        return false;
    if (!insn_byte(&w->i, &w->i.modrm)) /* insn_decode() reads it for other opcodes only */
        return false;
    w->size = is_byte_form(w->i.opcode) ? 1 : w->i.rex & 8 ? 8 : w->i.opsize ? 2 : 4;
    w->reg = (w->i.modrm >> 3 & 7) | (w->i.rex & 4 ? 8 : 0);
    if (!operand(w, r, &rip_relative) || !constant(w, immediate_bytes(w), &w->imm))
        return false;
    if (rip_relative)
        w->address += w->i.len;
    locate_bit(w, r);
    return true;
}

/* ---- execution */

static void result_flags(struct ptwr *w, uint64_t result)
{
    uint64_t r = result & mask_of(w->size);

    w->flags_mask = EFLAGS_ALU;
    if (!r)
        w->flags |= EFLAGS_ZF;
    if (r >> (w->size * 8 - 1))
        w->flags |= EFLAGS_SF;
    if (!__builtin_parity((unsigned)(r & 0xff)))
        w->flags |= EFLAGS_PF;
}

/* carries: bit n set where bit n of the operation carried (or borrowed) */
static void carry_flags(struct ptwr *w, uint64_t carries)
{
    unsigned top = w->size * 8 - 1;

    if (carries >> top & 1)
        w->flags |= EFLAGS_CF;
    if ((carries >> top ^ carries >> (top - 1)) & 1)
        w->flags |= EFLAGS_OF;
    if (carries >> 3 & 1)
        w->flags |= EFLAGS_AF;
}

static uint64_t add(struct ptwr *w, uint64_t a, uint64_t b)
{
    uint64_t sum = a + b;

    result_flags(w, sum);
    carry_flags(w, (a & b) | ((a | b) & ~sum));
    return sum;
}

static uint64_t subtract(struct ptwr *w, uint64_t a, uint64_t b)
{
    uint64_t difference = a - b;

    result_flags(w, difference);
    carry_flags(w, (~a & b) | ((~a | b) & difference));
    return difference;
}

static bool alu(struct ptwr *w, unsigned op, uint64_t src)
{
    switch (op) {
    case ALU_ADD:
        w->new = add(w, w->old, src);
        return true;
    case ALU_SUB:
        w->new = subtract(w, w->old, src);
        return true;
    case ALU_OR:
        w->new = w->old | src;
        break;
    case ALU_AND:
        w->new = w->old &src;
        break;
    case ALU_XOR:
        w->new = w->old ^ src;
        break;
    default:
        return false;
    }
    result_flags(w, w->new);
    return true;
}

static bool bit_op(struct ptwr *w, unsigned op, uint64_t bit)
{
    uint64_t m = 1ull << (bit & (w->size * 8 - 1));

    w->flags_mask = EFLAGS_CF;
    w->flags = w->old & m ? EFLAGS_CF : 0;
    w->new = op == BIT_SET ? w->old | m : op == BIT_RESET ? w->old & ~m : w->old ^ m;
    return op >= BIT_SET;
}

static bool compare_exchange(struct ptwr *w, uint64_t rax, uint64_t src)
{
    bool same = ((rax ^ w->old) & mask_of(w->size)) == 0;

    (void)subtract(w, rax, w->old);
    w->new = same ? src : w->old;
    w->writes_rax = !same;
    w->reg_out = w->old;
    return true;
}

static bool exchange(struct ptwr *w, uint64_t new)
{
    w->new = new;
    w->writes_reg = true;
    w->reg_out = w->old;
    return true;
}

bool ptwr_execute(struct ptwr *w, struct cpu_user_regs *r)
{
    uint64_t src = read_reg(w, r);

    w->flags = 0;
    if (is_alu(w->i.opcode))
        return alu(w, w->i.opcode >> 3, src);
    switch (w->i.opcode) {
    case 0x80:
    case 0x81:
    case 0x83:
        return alu(w, w->reg & 7, w->imm);
    case 0x86:
    case 0x87:
        return exchange(w, src);
    case 0x88:
    case 0x89:
    case 0x0fc3: /* movnti */
        w->new = src;
        return true;
    case 0xc6:
    case 0xc7:
        w->new = w->imm;
        return (w->reg & 7) == 0;
    case 0x0fab:
        return bit_op(w, BIT_SET, src);
    case 0x0fb3:
        return bit_op(w, BIT_RESET, src);
    case 0x0fbb:
        return bit_op(w, BIT_COMPLEMENT, src);
    case 0x0fba:
        return bit_op(w, w->reg & 7, w->imm);
    case 0x0fb0:
    case 0x0fb1:
        return compare_exchange(w, r->rax, src);
    case 0x0fc0:
    case 0x0fc1:
        return exchange(w, add(w, w->old, src));
    default:
        return false;
    }
}

void ptwr_retire(const struct ptwr *w, struct cpu_user_regs *r)
{
    if (w->writes_reg)
        write_reg(w, r, w->reg_out);
    if (w->writes_rax)
        write_part(&r->rax, w->reg_out, w->size);
    r->rflags = (r->rflags & ~w->flags_mask) | w->flags;
    r->rip += w->i.len;
}
