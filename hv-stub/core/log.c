/* SPDX-License-Identifier: MIT */
/* The hypervisor's own lines, and its end when it finds a bug of its own. */
#include "hv.h"

#define LINE_BYTES 320

/* Set by the first CPU that panics: from then on lines bypass the console and its lock, which that
 * CPU may hold. */
static uint32_t panicking;

static void emit(const char *s)
{
    if (!READ_ONCE(panicking)) {
        console_puts(s);
        return;
    }
    for (; *s; s++) {
        if (*s == '\n')
            arch_uart_putc(0, '\r');
        arch_uart_putc(0, *s);
    }
}

static void vlog(const char *prefix, const char *fmt, va_list ap)
{
    char line[LINE_BYTES];
    int at = hv_snprintf(line, sizeof(line), "%s", prefix);
    int len = at + hv_vsnprintf(line + at, sizeof(line) - 1 - (size_t)at, fmt, ap);

    len = MIN(len, (int)sizeof(line) - 2); /* too long: cut */
    line[len] = '\n';
    line[len + 1] = '\0';
    emit(line);
}

void hv_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vlog("(hv) ", fmt, ap);
    va_end(ap);
}

void hv_panic(const char *fmt, ...)
{
    va_list ap;

    if (!__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST)) {
        va_start(ap, fmt);
        vlog("\n(hv) PANIC: ", fmt, ap);
        va_end(ap);
        arch_backtrace();
    }
    arch_machine_end(0x12); /* a second panic only ends the machine */
}
