/* SPDX-License-Identifier: MIT */
/*
 * A guest for the full-virtualization container that does what a 64-bit kernel rarely does: 32-bit
 * code, string port accesses with faults in the middle, prefixed and forbidden instructions, single
 * steps over intercepted ones, memory that is not there. The same file boots in plain QEMU, which
 * says what the right answers are. Command line: "triple" ends in a triple fault, "halt" in a halt
 * without interrupts, "reset" in a reset; otherwise by power-off. "nostep" leaves out
 * the single steps, which Bochs 2.7 delivers to the hypervisor instead of the guest.
 */
#include "fv.h"

#define COM1 0x3f8

volatile uint32_t trap_vector, trap_error, trap_cr2, trap_count;
volatile uint32_t trap_resume;
void (*volatile trap_fix)(struct trap_frame *f);
volatile uint32_t irq_count[16];
bool in_container;

static unsigned int passed, failed;
static uint64_t idt[48];
extern const uint8_t stubs[];

void trap(struct trap_frame *f);
void main(uint32_t magic, const uint32_t *info);

void print(const char *s)
{
    for (; *s; s++) {
        while (!(inb(COM1 + 5) & 0x20))
            ;
        outb(COM1, *s);
    }
}

void print_hex(uint32_t v)
{
    char text[9];

    for (int i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[v >> (28 - 4 * i) & 15];
    text[8] = 0;
    print(text);
}

static void print_number(unsigned int v)
{
    char digit[2] = {(char)('0' + v % 10), 0};

    if (v >= 10)
        print_number(v / 10);
    print(digit);
}

void check(const char *name, bool ok, uint32_t seen)
{
    print("TEST ");
    print(name);
    if (ok) {
        passed++;
        print(" ok\n");
        return;
    }
    failed++;
    print(" FAIL saw ");
    print_hex(seen);
    print("\n");
}

static void fatal(const struct trap_frame *f)
{
    print("unexpected exception ");
    print_hex(f->vector);
    print(" at ");
    print_hex(f->eip);
    print("\n");
    outw(0x604, 0x2000);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void trap(struct trap_frame *f)
{
    if (f->vector >= 32) {
        irq_count[f->vector - 32]++;
        if (f->vector >= 40)
            outb(0xa0, 0x20);
        outb(0x20, 0x20);
        return;
    }
    trap_vector = f->vector;
    trap_error = f->error;
    trap_count++;
    __asm__ volatile("mov %%cr2, %0" : "=r"(trap_cr2));
    if (trap_fix)
        trap_fix(f);
    else if (trap_resume)
        f->eip = trap_resume;
    else
        fatal(f);
}

static void init_idt(void)
{
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) pointer = {sizeof(idt) - 1, (uint32_t)idt};

    for (uint32_t i = 0; i < 48; i++) {
        uint32_t handler = (uint32_t)stubs + 16 * i;

        idt[i] =
            (handler & 0xffff) | 0x08 << 16 | (uint64_t)(0x8e00 | (handler & 0xffff0000)) << 32;
    }
    __asm__ volatile("lidt %0" ::"m"(pointer));
}

static bool contains(const char *line, const char *word)
{
    for (; *line; line++) {
        size_t i = 0;

        while (word[i] && line[i] == word[i])
            i++;
        if (!word[i])
            return true;
    }
    return false;
}

static void find_container(void)
{
    uint32_t a = 0x40000100, b, c, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    in_container = b == 0x696b7670;
}

static void finish(const char *line)
{
    if (contains(line, "triple")) {
        struct {
            uint16_t limit;
            uint32_t base;
        } __attribute__((packed)) none = {0, 0};

        __asm__ volatile("lidt %0; int3" ::"m"(none));
    }
    if (contains(line, "halt"))
        __asm__ volatile("cli; hlt");
    if (contains(line, "reset"))
        outb(0x64, 0xfe);
    outw(0x604, 0x2000);
}

void main(uint32_t magic, const uint32_t *info)
{
    const char *line = info[0] & 4 ? (const char *)info[4] : "";

    init_idt();
    print("pvkit fv guest: command line \"");
    print(line);
    print("\"\n");
    find_container();
    check("multiboot_magic", magic == 0x2badb002, magic);
    check("multiboot_memory", (info[0] & 0x41) == 0x41 && info[2] >= 1024, info[2]);
    tests_cpu(!contains(line, "nostep"));
    tests_io();
    tests_memory();
    tests_irq();
    if (contains(line, "devices"))
        tests_device();
    print("SELFTEST: ");
    print_number(passed);
    print(" passed, ");
    print_number(failed);
    print(" failed, 0 skipped\n");
    finish(line);
    for (;;)
        __asm__ volatile("cli; hlt");
}
