/* SPDX-License-Identifier: MIT */
/* The echo console and the counter. */
#include "modes.h"
#include "irq.h"
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

void mode_count(void)
{
    uint64_t limit = cmdline_number("count", ~0UL);

    for (uint64_t n = 1; n <= limit; n++) {
        timer_sleep(COUNT_GAP);
        printk("count %lu at %lu ms\n", n, pv_ops.time.now() / NS_PER_MS);
    }
}
