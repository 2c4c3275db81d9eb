/* SPDX-License-Identifier: MIT */
/* String port accesses: directions, sizes, overrides, limits, and page faults in the middle. */
#include "fv.h"

#define EXC_GP 13
#define EXC_PF 14
#define POST   0x80
#define RTC    0x70

static uint8_t buffer[64];
static uint32_t page_directory[1024] __attribute__((aligned(4096)));
static uint32_t page_table[1024] __attribute__((aligned(4096)));

#define TEST_PAGE 0x200000u /* the page table maps from here */

static void ins(const char *name, uint32_t size)
{
    void *di = buffer;
    uint32_t n = 3, end;

    for (size_t i = 0; i < sizeof(buffer); i++)
        buffer[i] = 0x11;
    if (size == 1)
        __asm__ volatile("rep insb" : "+D"(di), "+c"(n) : "d"(0x1234) : "memory");
    else if (size == 2)
        __asm__ volatile("rep insw" : "+D"(di), "+c"(n) : "d"(0x1234) : "memory");
    else
        __asm__ volatile("rep insl" : "+D"(di), "+c"(n) : "d"(0x1234) : "memory");
    end = (uint32_t)di - (uint32_t)buffer;
    check(name,
          end == 3 * size && n == 0 && buffer[3 * size - 1] == 0xff && buffer[3 * size] == 0x11,
          end);
}

/* CMOS memory reads back what OUTS wrote there. */
static uint8_t cmos(uint8_t reg)
{
    outb(RTC, reg);
    return inb(RTC + 1);
}

static void test_outs(void)
{
    static const uint8_t bytes[] = {0x5a, 0x6b, 0x7c};
    const uint8_t *si = bytes;
    uint32_t n = 2;

    outb(RTC, 0x40);
    __asm__ volatile("outsb" : "+S"(si) : "d"(RTC + 1) : "memory");
    check("outsb", si == bytes + 1 && cmos(0x40) == 0x5a, cmos(0x40));
    si = bytes + 2;
    outb(RTC, 0x41);
    __asm__ volatile("std; rep outsb; cld" : "+S"(si), "+c"(n) : "d"(RTC + 1) : "memory");
    check("outsb_down", si == bytes && n == 0 && cmos(0x41) == 0x6b, cmos(0x41));
    si = bytes + 2;
    outb(RTC, 0x42);
    __asm__ volatile("outsb %%cs:(%%esi), %%dx" : "+S"(si) : "d"(RTC + 1) : "memory");
    check("outsb_cs", cmos(0x42) == 0x7c, cmos(0x42));
}

/* A 16-bit address size wraps and leaves the upper half of the index alone. */
static void test_address_size(void)
{
    uint32_t si = 0xabcd8000, n = 0x50001;
    volatile uint8_t *low = (volatile uint8_t *)0x8000;
    uint8_t saved = *low;

    *low = 0x3d;
    outb(RTC, 0x43);
    __asm__ volatile(".byte 0x67; rep outsb" : "+S"(si), "+c"(n) : "d"(RTC + 1) : "memory");
    check("outsb_addr16", si == 0xabcd8001 && n == 0x50000 && cmos(0x43) == 0x3d, si);
    *low = saved;
}

static void set_test_segment(uint32_t base, uint32_t limit)
{
    gdt[3] = (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | 0x930000000000ull |
             (uint64_t)(limit >> 16 & 15) << 48 | 0x0040000000000000ull |
             (uint64_t)(base >> 24) << 56;
}

/* ES with a limit of 3: the fourth byte fits, the fifth does not. (Plain QEMU checks no limits.) */
static void test_segment_limit(void)
{
    uint32_t di = 2, n = 5;

    set_test_segment((uint32_t)buffer, 3);
    buffer[2] = buffer[3] = buffer[4] = 0;
    TRY("movl $0x18, %%eax; mov %%eax, %%es; rep insb",
        : "+D"(di), "+c"(n)
        : "d"(0x1234)
        : "eax", "memory");
    __asm__ volatile("mov %0, %%es" ::"r"(0x10));
    if (in_container) {
        check("insb_limit_gp", trap_vector == EXC_GP, trap_vector);
        check("insb_limit_progress", di == 4 && n == 3, di);
        check("insb_limit_bytes", buffer[3] == 0xff && buffer[4] == 0, buffer[4]);
    }
    di = 0;
    set_test_segment((uint32_t)buffer, 1000);
    TRY("movl $0x18, %%eax; mov %%eax, %%es; insb", : "+D"(di) : "d"(0x1234) : "eax", "memory");
    __asm__ volatile("mov %0, %%es" ::"r"(0x10));
    check("insb_base", trap_vector == NO_TRAP && buffer[0] == 0xff, trap_vector);
}

static void map_second_page(struct trap_frame *f)
{
    page_table[1] |= 3;
    __asm__ volatile("invlpg (%0)" ::"r"(TEST_PAGE + 0x1000) : "memory");
}

static void paging_on(void)
{
    uint32_t cr;

    for (uint32_t i = 0; i < 1024; i++) {
        page_directory[i] = i << 22 | 0x83; /* 4 MiB pages */
        page_table[i] = (TEST_PAGE & ~0x3fffffu) + (i << 12) + 3;
    }
    __asm__ volatile("mov %%cr4, %0; or $0x10, %0; mov %0, %%cr4" : "=&r"(cr));
    __asm__ volatile("mov %0, %%cr3" ::"r"(page_directory));
    __asm__ volatile("mov %%cr0, %0; or $0x80010000, %0; mov %0, %%cr0; jmp 1f; 1:"
                     : "=&r"(cr)::"memory");
}

static void paging_off(void)
{
    uint32_t cr;

    __asm__ volatile("mov %%cr0, %0; and $0x7fffffff, %0; mov %0, %%cr0; jmp 1f; 1:"
                     : "=&r"(cr)::"memory");
}

/* INS runs into a page that is not present; the handler maps it and the instruction goes on. */
static void test_page_fault(void)
{
    uint8_t *window = (uint8_t *)0x40000000u, *page = window + 0x1000;
    uint8_t *di = page - 2;
    uint32_t n = 5;

    paging_on();
    for (uint32_t i = 0; i < 1024; i++)
        page_table[i] = TEST_PAGE + (i << 12) + 3;
    page_table[1] &= ~3u;
    page_directory[0x100] = (uint32_t)page_table | 3;
    __asm__ volatile("mov %0, %%cr3" ::"r"(page_directory) : "memory");
    page_directory[0x101] = 0;
    trap_count = 0;
    trap_fix = map_second_page;
    page_table[0] &= ~0x60u;
    __asm__ volatile("rep insb" : "+D"(di), "+c"(n) : "d"(0x1234) : "memory");
    trap_fix = NULL;
    check("insb_fault_once", trap_count == 1 && trap_vector == EXC_PF, trap_count);
    check("insb_fault_cr2", trap_cr2 == (uint32_t)page, trap_cr2);
    check("insb_fault_error", trap_error == 2, trap_error);
    check("insb_fault_done", n == 0 && page[2] == 0xff && page[-2] == 0xff, n);
    check("insb_sets_dirty", (page_table[0] & 0x60) == 0x60 && (page_table[1] & 0x60) == 0x60,
          page_table[0]);
    page_table[2] &= ~2u; /* read-only, and CR0.WP is set */
    __asm__ volatile("mov %0, %%cr3" ::"r"(page_directory) : "memory");
    di = window + 0x2000;
    TRY("insb", : "+D"(di) : "d"(0x1234) : "memory");
    check("insb_readonly", trap_vector == EXC_PF && trap_error == 3, trap_error);
    paging_off();
}

void tests_io(void)
{
    ins("insb", 1);
    ins("insw", 2);
    ins("insl", 4);
    test_outs();
    test_address_size();
    test_segment_limit();
    test_page_fault();
}
