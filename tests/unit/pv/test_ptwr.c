/* SPDX-License-Identifier: MIT */
/* Emulated stores into page tables. What an instruction does is asked of the processor this runs
 * on. */
#include <stdlib.h>
#include <sys/mman.h>

#include "ptwr.h"
#include "pv.h"
#include "pvunit.h"

#define WORDS    64
#define BASE     0x100000 /* where the guest of the random test believes its operands are */
#define ROUNDS   20000
#define FLAGS    0x8d5u /* CF PF AF ZF SF OF */
#define AF       0x10u
#define NATIVE_1 0x202u

struct regs {
    uint64_t rax, rcx, rdx, rbx, rsi, rdi, flags;
};

/* Run code with these registers. */
void native(struct regs *r, const void *code);
__asm__(".globl native\n"
        "native:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
        "mov %rdi, %r12; mov %rsi, %r13\n"
        "push 48(%r12); popf\n"
        "mov (%r12), %rax; mov 8(%r12), %rcx; mov 16(%r12), %rdx\n"
        "mov 24(%r12), %rbx; mov 32(%r12), %rsi; mov 40(%r12), %rdi\n"
        "call *%r13\n"
        "pushf; pop 48(%r12)\n"
        "mov %rax, (%r12); mov %rcx, 8(%r12); mov %rdx, 16(%r12); mov %rbx, 24(%r12)\n"
        "pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");

static uint64_t seed = 1;

static uint64_t rnd(uint64_t n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % n;
}

static uint64_t rnd64(void)
{
    return rnd(1ull << 31) << 33 ^ rnd(1ull << 31) << 11 ^ rnd(1ull << 31);
}

enum { LOCK = 1, BYTE = 2, NO_WORD = 4, BIT = 8 };

/* Opcodes, their extension (-1: a register operand), immediate bytes (4: as large as the operand up
 * to 4), and what else they are. */
static const struct {
    uint8_t opcode[2], imm;
    int8_t ext;
    unsigned is;
} forms[] = {
    {{0x00}, 0, -1, LOCK | BYTE},
    {{0x01}, 0, -1, LOCK},
    {{0x08}, 0, -1, LOCK | BYTE},
    {{0x09}, 0, -1, LOCK},
    {{0x20}, 0, -1, LOCK | BYTE},
    {{0x21}, 0, -1, LOCK},
    {{0x28}, 0, -1, LOCK | BYTE},
    {{0x29}, 0, -1, LOCK},
    {{0x30}, 0, -1, LOCK | BYTE},
    {{0x31}, 0, -1, LOCK},
    {{0x80}, 1, 0, LOCK | BYTE},
    {{0x80}, 1, 1, LOCK | BYTE},
    {{0x80}, 1, 4, LOCK | BYTE},
    {{0x81}, 4, 4, LOCK},
    {{0x81}, 4, 1, LOCK},
    {{0x81}, 4, 6, LOCK},
    {{0x83}, 1, 0, LOCK},
    {{0x83}, 1, 4, LOCK},
    {{0x83}, 1, 5, LOCK},
    {{0x86}, 0, -1, LOCK | BYTE},
    {{0x87}, 0, -1, LOCK},
    {{0x88}, 0, -1, BYTE},
    {{0x89}, 0, -1, 0},
    {{0xc6}, 1, 0, BYTE},
    {{0xc7}, 4, 0, 0},
    {{0x0f, 0xab}, 0, -1, LOCK | BIT},
    {{0x0f, 0xb3}, 0, -1, LOCK | BIT},
    {{0x0f, 0xbb}, 0, -1, LOCK | BIT},
    {{0x0f, 0xba}, 1, 5, LOCK | BIT},
    {{0x0f, 0xba}, 1, 6, LOCK | BIT},
    {{0x0f, 0xba}, 1, 7, LOCK | BIT},
    {{0x0f, 0xb0}, 0, -1, LOCK | BYTE},
    {{0x0f, 0xb1}, 0, -1, LOCK},
    {{0x0f, 0xc0}, 0, -1, LOCK | BYTE},
    {{0x0f, 0xc1}, 0, -1, LOCK},
    {{0x0f, 0xc3}, 0, -1, NO_WORD},
};

struct built {
    uint8_t code[20];
    unsigned len, form;
};

static void put(struct built *b, uint64_t v, unsigned bytes)
{
    memcpy(b->code + b->len, &v, bytes);
    b->len += bytes;
}

/* (%rbx), with a displacement, or with index %rsi; displacements stay within the words around. */
static void put_operand(struct built *b, unsigned reg)
{
    unsigned mod = (unsigned)rnd(3);
    bool sib = rnd(2);

    put(b, mod << 6 | reg << 3 | (sib ? 4 : 3), 1);
    if (sib)
        put(b, rnd(3) << 6 | 6 << 3 | 3, 1);
    if (mod)
        put(b, rnd(64) - 32, mod == 1 ? 1 : 4);
}

static struct built build(void)
{
    struct built b = {.form = (unsigned)rnd(ARRAY_SIZE(forms))};
    unsigned i = b.form, size = (unsigned)rnd((forms[i].is & NO_WORD) ? 2 : 3),
             reg = (unsigned)rnd(3);
    bool word = size == 2 && !(forms[i].is & BYTE);

    if ((forms[i].is & LOCK) && rnd(2))
        put(&b, 0xf0, 1);
    if (word)
        put(&b, 0x66, 1);
    if (size == 1)
        put(&b, 0x48, 1);
    put(&b, forms[i].opcode[0], 1);
    if (forms[i].opcode[0] == 0x0f)
        put(&b, forms[i].opcode[1], 1);
    if ((forms[i].is & BYTE) && size != 1 && rnd(2))
        reg += 4; /* ah, ch, dh */
    put_operand(&b, forms[i].ext < 0 ? reg : (unsigned)forms[i].ext);
    put(&b, rnd64(), forms[i].imm == 4 && word ? 2 : forms[i].imm);
    return b;
}

static struct regs random_regs(void)
{
    struct regs r = {rnd64(), rnd64(), rnd64(), 0, rnd(8), 0, NATIVE_1 | (rnd64() & FLAGS)};

    r.rcx = (uint64_t)((int64_t)r.rcx >> rnd(60)); /* bit numbers, too */
    return r;
}

static bool bit_number_is_near(const struct regs *r)
{
    return r->rax + 400 < 800 && r->rcx + 400 < 800 && r->rdx + 400 < 800;
}

static void emulate(const struct built *b, struct regs *r, uint64_t *words)
{
    struct cpu_user_regs *g = dom->vcpu[0]->regs;
    struct ptwr w = {0};
    uint8_t *p;

    memcpy(fake_arg, b->code, b->len);
    *g = (struct cpu_user_regs){.rax = r->rax, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi};
    g->rbx = BASE;
    g->rip = (uint64_t)fake_arg;
    g->cs = FLAT_RING3_CS64;
    g->rflags = r->flags;
    assert_true(ptwr_decode(dom->vcpu[0], &w));
    assert_int_equal(w.i.len, b->len);
    assert_in_range(w.address, BASE - WORDS * 4, BASE + WORDS * 4 - 8);
    p = (uint8_t *)&words[WORDS / 2] + (int64_t)(w.address - BASE);
    memcpy(&w.old, p, w.size);
    assert_true(ptwr_execute(&w, g));
    memcpy(p, &w.new, w.size);
    ptwr_retire(&w, g);
    assert_int_equal(g->rip, (uint64_t)fake_arg + b->len);
    *r = (struct regs){g->rax, g->rcx, g->rdx, r->rbx, g->rsi, r->rdi, g->rflags};
}

static void test_does_what_the_processor_does(void **state)
{
    uint8_t *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t theirs[WORDS], ours[WORDS];

    assert_true(page != MAP_FAILED);
    for (unsigned n = 0; n < ROUNDS; n++) {
        struct built b = build();
        struct regs a = random_regs(), e;
        uint64_t undefined = (forms[b.form].is & BIT) ? FLAGS & ~1u : AF;

        for (unsigned i = 0; i < WORDS; i++)
            theirs[i] = ours[i] = rnd(4) ? rnd64() : a.rax; /* equal for cmpxchg, at times */
        if ((forms[b.form].is & BIT) && forms[b.form].ext < 0 && !bit_number_is_near(&a)) {
            a.rax = rnd(800) - 400;
            a.rcx = rnd(800) - 400;
            a.rdx = rnd(800) - 400;
        }
        a.rbx = (uint64_t)&theirs[WORDS / 2];
        e = a;
        memcpy(page, b.code, b.len);
        page[b.len] = 0xc3;
        native(&a, page);
        emulate(&b, &e, ours);
        assert_memory_equal(theirs, ours, sizeof(ours));
        assert_int_equal(a.rax, e.rax);
        assert_int_equal(a.rcx, e.rcx);
        assert_int_equal(a.rdx, e.rdx);
        assert_int_equal(a.flags & FLAGS & ~undefined, e.flags & FLAGS & ~undefined);
    }
    munmap(page, PAGE_SIZE);
}

/* ---- through the fault handler. The L1 (page 3) is mapped read-only at its own place. */

static void code(const void *bytes, unsigned n, uint64_t rbx)
{
    struct cpu_user_regs *g = dom->vcpu[0]->regs;

    memset(g, 0, sizeof(*g));
    memcpy(fake_arg, bytes, n);
    g->rip = (uint64_t)fake_arg;
    g->cs = FLAT_RING3_CS64;
    g->rbx = rbx;
    dom->vm_assist |= 1u << VMASST_TYPE_writable_pagetables;
}

static bool fault(uint64_t va)
{
    return pv_ptwr_fault(dom->vcpu[0], va, dom->vcpu[0]->regs);
}

static uint64_t slot_va(unsigned slot)
{
    return va_of(3) + 8ull * slot;
}

static const uint8_t xchg_rax[] = {0x48, 0x87, 0x03};             /* xchg %rax, (%rbx) */
static const uint8_t andb_fd[] = {0xf0, 0x80, 0x23, 0xfd};        /* lock andb $~2, (%rbx) */
static const uint8_t mov_rax[] = {0x48, 0x89, 0x03};              /* mov %rax, (%rbx) */
static const uint8_t mov_eax[] = {0x89, 0x03};                    /* mov %eax, (%rbx) */
static const uint8_t btr_1[] = {0xf0, 0x48, 0x0f, 0xba, 0x33, 1}; /* lock btrq $1, (%rbx) */

static void test_take_an_entry_out(void **state)
{
    uint64_t before = *word(3, DATA);

    code(xchg_rax, sizeof(xchg_rax), slot_va(DATA));
    assert_true(fault(slot_va(DATA)));
    assert_int_equal(dom->vcpu[0]->regs->rax, before);
    assert_int_equal(*word(3, DATA), 0);
    assert_int_equal(type_count(DATA), 0);
}

static void test_protect_in_place(void **state)
{
    *word(3, DATA) |= PTE_D;
    code(andb_fd, sizeof(andb_fd), slot_va(DATA));
    assert_true(fault(slot_va(DATA)));
    assert_int_equal(*word(3, DATA) & (PTE_RW | PTE_D), PTE_D);
    assert_int_equal(type_count(DATA), 0);
    code(btr_1, sizeof(btr_1), slot_va(DATA + 1));
    assert_true(fault(slot_va(DATA + 1)));
    assert_int_equal(dom->vcpu[0]->regs->rflags & EFLAGS_CF, EFLAGS_CF);
    assert_int_equal(type_count(DATA + 1), 0);
}

/* The short form of each store, which has a way of its own, and the same one with a prefix that
 * changes nothing: all pairs of registers. */
static void test_short_and_long_way(void **state)
{
    uint8_t insn[] = {0x3e, 0x48, 0x87, 0};
    struct cpu_user_regs *g = dom->vcpu[0]->regs;

    for (unsigned n = 0; n < 2 * 8 * 256; n++) {
        struct cpu_user_regs after[2];
        uint64_t entry_after[2], before = *word(3, DATA);
        bool done[2];

        insn[1] = (uint8_t)(0x48 | (n >> 8 & 7));
        insn[2] = n >> 11 ? 0x89 : 0x87;
        insn[3] = (uint8_t)n;
        for (unsigned i = 0; i < 2; i++) {
            code(insn + i, sizeof(insn) - i, slot_va(DATA));
            memset(fake_arg + sizeof(insn) - i, 0, 8);
            for (unsigned r = 0; r < 16; r++)
                *insn_reg(g, r) =
                    r == ((n & 7u) | (n >> 8 & 1u) << 3) ? slot_va(DATA) : entry(60 + r % 2, RO);
            done[i] = fault(slot_va(DATA));
            after[i] = *g;
            entry_after[i] = *word(3, DATA);
            assert_int_equal(g_mmu_one(word_ma(3, DATA), before), 0);
        }
        assert_int_equal(done[0], done[1]);
        assert_int_equal(entry_after[0], entry_after[1]);
        if (done[0])
            after[0].rip--;
        assert_memory_equal(&after[0], &after[1], sizeof(after[0]));
    }
}

static void test_halves(void **state)
{
    code(mov_eax, sizeof(mov_eax), slot_va(DATA));
    assert_true(fault(slot_va(DATA)));
    assert_int_equal(*word(3, DATA) & 0xffffffff, 0);
    code(mov_eax, sizeof(mov_eax), slot_va(DATA) + 4);
    assert_true(fault(slot_va(DATA) + 4));
    assert_int_equal(*word(3, DATA), 0);
}

static void test_stores_are_checked(void **state)
{
    uint64_t before = *word(3, DATA), rip;

    code(mov_rax, sizeof(mov_rax), slot_va(DATA));
    rip = dom->vcpu[0]->regs->rip;
    dom->vcpu[0]->regs->rax = entry(3, KERNEL);
    assert_false(fault(slot_va(DATA)));
    dom->vcpu[0]->regs->rax = d_mfn(other, 5).v << PAGE_SHIFT | RO;
    assert_false(fault(slot_va(DATA)));
    assert_int_equal(*word(3, DATA), before);
    assert_int_equal(dom->vcpu[0]->regs->rip, rip);
    dom->vcpu[0]->regs->rax = entry(3, RO);
    assert_true(fault(slot_va(DATA)));
    assert_int_equal(*word(3, DATA), entry(3, RO | PTE_US | PTE_KERNEL));
}

static void test_only_aligned_and_where_it_faulted(void **state)
{
    code(mov_rax, sizeof(mov_rax), slot_va(DATA) + 4);
    assert_false(fault(slot_va(DATA) + 4));
    code(mov_rax, sizeof(mov_rax), slot_va(0) - 4); /* the fault is in its second half */
    assert_false(fault(slot_va(0)));
    code(mov_rax, sizeof(mov_rax), slot_va(DATA));
    assert_false(fault(slot_va(DATA + 1)));
}

static void test_only_l1_tables_in_use(void **state)
{
    code(mov_rax, sizeof(mov_rax), va_of(2)); /* an L2 */
    assert_false(fault(va_of(2)));
    prepare_table(DATA); /* read-only, but no table */
    code(mov_rax, sizeof(mov_rax), va_of(DATA));
    assert_false(fault(va_of(DATA)));
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, d_mfn(dom, DATA).v), 0);
    code(mov_rax, sizeof(mov_rax), va_of(DATA));
    assert_true(fault(va_of(DATA)));
    assert_int_equal(g_ext(MMUEXT_UNPIN_TABLE, d_mfn(dom, DATA).v), 0);
    code(mov_rax, sizeof(mov_rax), va_of(DATA)); /* one no longer */
    assert_false(fault(va_of(DATA)));
}

static void test_only_for_those_who_asked(void **state)
{
    code(mov_rax, sizeof(mov_rax), slot_va(DATA));
    dom->vm_assist = 0;
    assert_false(fault(slot_va(DATA)));
}

static void test_unreadable_instructions(void **state)
{
    code(mov_rax, 0, slot_va(DATA));
    dom->vcpu[0]->regs->rip = (uint64_t)fake_arg + FAKE_ARG_BYTES - 1; /* cut off */
    fake_arg[FAKE_ARG_BYTES - 1] = 0x48;
    assert_false(fault(slot_va(DATA)));
    dom->vcpu[0]->regs->rip = 0x1000;
    assert_false(fault(slot_va(DATA)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PV_TEST(test_does_what_the_processor_does),
        PV_TEST(test_take_an_entry_out),
        PV_TEST(test_protect_in_place),
        PV_TEST(test_short_and_long_way),
        PV_TEST(test_halves),
        PV_TEST(test_stores_are_checked),
        PV_TEST(test_only_aligned_and_where_it_faulted),
        PV_TEST(test_only_l1_tables_in_use),
        PV_TEST(test_only_for_those_who_asked),
        PV_TEST(test_unreadable_instructions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
