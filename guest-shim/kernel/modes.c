/* SPDX-License-Identifier: MIT */
/* The echo console and the counter. */
#include "modes.h"
#include "irq.h"
#include "mm.h"
#include "timer.h"

#define LINE_MAX  200
#define POLL_GAP  (200 * NS_PER_MS)
#define COUNT_GAP (100 * NS_PER_MS)

static void console_interrupt(void)
{
}

/* Wait for one character. Input is also polled now and then: not every console interrupts. */
static char read_char(void)
{
    char c;

    while (!pv_ops.console.read(&c, 1))
        timer_doze(POLL_GAP);
    return c;
}

void mode_echo(void)
{
    char line[LINE_MAX + 1], c;
    size_t len = 0;

    irq_attach(IRQ_CONSOLE, console_interrupt);
    printk("echo: type lines, `quit` ends\n> ");
    for (;;) {
        c = read_char();
        if (c != '\r' && c != '\n') {
            if (len < LINE_MAX)
                line[len++] = c;
            pv_ops.console.write(&c, 1);
            continue;
        }
        line[len] = 0;
        if (!strcmp(line, "quit"))
            break;
        printk("\necho: %s\n> ", line);
        len = 0;
    }
    printk("\necho: bye\n");
}

/* Every word of the block depends on where it is. */
static void fill(uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        words[i] = (uint64_t)&words[i] * 0x9e3779b97f4a7c15;
}

static bool holds(const uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (words[i] != (uint64_t)&words[i] * 0x9e3779b97f4a7c15)
            return false;
    return true;
}

void mode_count(void)
{
    uint64_t limit = cmdline_number("count", ~0UL), *block = NULL;
    size_t words = (PAGE_SIZE << PAGE_MAX_ORDER) / sizeof(*block);
    pfn_t pfn = PFN_NONE;

    if (cmdline_word("check")) {
        pfn = page_alloc_order(PAGE_MAX_ORDER);
        if (!pfn_valid(pfn))
            return;
        block = pfn_to_virt(pfn);
        fill(block, words);
    }
    for (uint64_t n = 1; n <= limit; n++) {
        timer_sleep(COUNT_GAP);
        if (block && !holds(block, words)) {
            printk("count: the memory has changed\n");
            return;
        }
        printk("count %lu at %lu ms\n", n, pv_ops.time.now() / NS_PER_MS);
    }
}
