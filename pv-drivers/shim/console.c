/* SPDX-License-Identifier: MIT */
/* The shim's console on the console ring: for a domain that has no other. */
#include "console.h"
#include "pv_ops.h"
#include "xen_drivers.h"

static struct pv_con con;

void xen_con_start(void *page, void (*notify)(void *data))
{
    pv_con_init(&con, page, notify, NULL);
}

static void put(const char *text, size_t len)
{
    size_t n;

    for (; len; text += n, len -= n) {
        n = pv_con_write(&con, text, len);
        if (!n)
            pv_ops.cpu.yield();
    }
}

/* A terminal wants a carriage return before each newline. */
void xen_con_write(const char *text, size_t len)
{
    size_t run;

    while (len) {
        for (run = 0; run < len && text[run] != '\n'; run++)
            ;
        put(text, run);
        text += run, len -= run;
        if (len) {
            put("\r\n", 2);
            text++, len--;
        }
    }
}

size_t xen_con_read(char *text, size_t len)
{
    return pv_con_read(&con, text, len);
}
