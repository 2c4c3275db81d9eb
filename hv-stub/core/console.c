/* SPDX-License-Identifier: MIT */
/*
 * One serial line for everybody. What domains write is gathered per line, so that lines of domains
 * on several CPUs and the hypervisor's own do not cut each other. An unfinished line goes out when
 * its domain waits (it is a prompt) or after a moment.
 */
#include "console.h"

#define LINE_BYTES  256
#define INPUT_BYTES 256 /* power of two */
#define PANIC_BYTES 120
#define STALE_NS    20000000ull
#define FOCUS_KEY   0x1d /* Ctrl-] gives the keyboard to the next domain */
#define NOBODY      HV_MAX_DOMAINS

struct channel {
    char line[LINE_BYTES];
    uint32_t len;
    bool flush_armed;
    struct timer flush;
    char input[INPUT_BYTES];
    uint32_t in_head, in_tail; /* free-running */
    char panic[PANIC_BYTES];   /* the last line with that word; its end */
};

static spinlock_t lock; /* innermost: taken with any other lock held */
static struct channel channels[HV_MAX_DOMAINS];
static uint32_t midline = NOBODY; /* whose unfinished line the cursor is in */
static uint32_t unfinished;       /* channels with text in `line` */
static uint32_t focus = 1;
static char last_char;

/* ---- output */

/* A terminal wants "\r\n"; guests send one or the other. */
static void put_newline(void)
{
    if (last_char == '\r')
        arch_uart_write(0, "\n", 1);
    else
        arch_uart_write(0, "\r\n", 2);
    last_char = '\n';
}

static void put_text(const char *s, size_t n)
{
    while (n) {
        size_t run = 0;

        while (run < n && s[run] != '\n')
            run++;
        if (run) {
            arch_uart_write(0, s, run);
            last_char = s[run - 1];
        }
        if (run < n) {
            put_newline();
            run++;
        }
        s += run;
        n -= run;
    }
}

static void finish_line(void)
{
    if (midline != NOBODY)
        put_newline();
    midline = NOBODY;
}

void console_write(const char *s, size_t n)
{
    spin_lock(&lock);
    finish_line();
    put_text(s, n);
    spin_unlock(&lock);
}

void console_puts(const char *s)
{
    console_write(s, strlen(s));
}

static bool want_prefix(void)
{
    return hv_opt.prefix || nr_domains > 2; /* id 0 is no domain */
}

/* "Kernel panic - not syncing: why", "panic: why"; not "panic+0x118" in a back trace. */
static bool says_panic(const char *s)
{
    return s[0] == 'p' && !memcmp(s, "panic", 5) && (s[5] == ' ' || s[5] == ':');
}

/* Kernels say why they give up: who looks at the end of the domain wants to know. lock held */
static void note_panic(struct channel *c)
{
    uint32_t i = 0, n = c->len;

    while (i + 6 <= n && !says_panic(c->line + i))
        i++;
    if (likely(i + 6 > n))
        return;
    while (n && (c->line[n - 1] == '\n' || c->line[n - 1] == '\r'))
        n--;
    i = n < PANIC_BYTES ? 0 : n - (PANIC_BYTES - 1);
    memcpy(c->panic, c->line + i, n - i);
    c->panic[n - i] = 0;
}

const char *console_panic(const struct domain *d)
{
    const char *line = channels[d->id].panic;

    return *line ? line : NULL;
}

void console_forget(struct domain *d)
{
    channels[d->id].panic[0] = 0;
}

/* lock held */
static void emit_line(struct domain *d)
{
    struct channel *c = &channels[d->id];
    char prefix[16];

    if (!c->len)
        return;
    if (midline != d->id) {
        finish_line();
        if (want_prefix())
            put_text(prefix, (size_t)hv_snprintf(prefix, sizeof(prefix), "(d%u) ", d->id));
    }
    note_panic(c);
    put_text(c->line, c->len);
    midline = c->line[c->len - 1] == '\n' ? NOBODY : d->id;
    c->len = 0;
    unfinished--;
}

/* Take what belongs to the line that is open, and send it off when it is complete. Bytes taken. */
static size_t add_text(struct domain *d, const char *s, size_t n)
{
    struct channel *c = &channels[d->id];
    char *to = c->line + c->len;
    size_t used = 0;
    char ch = 0;

    n = MIN(n, LINE_BYTES - c->len);
    while (used < n && ch != '\n') {
        ch = s[used];
        to[used++] = ch;
    }
    unfinished += !c->len;
    c->len += (uint32_t)used;
    if (ch == '\n' || c->len == LINE_BYTES)
        emit_line(d);
    return used;
}

static void flush_stale(struct timer *t)
{
    struct domain *d = t->data;

    spin_lock(&lock);
    channels[d->id].flush_armed = false;
    emit_line(d);
    spin_unlock(&lock);
}

void console_guest_write(struct domain *d, const char *s, size_t n)
{
    struct channel *c = &channels[d->id];
    bool arm;

    spin_lock(&lock);
    while (n) {
        size_t used = add_text(d, s, n);

        s += used;
        n -= used;
    }
    arm = c->len && !c->flush_armed;
    if (arm)
        c->flush_armed = true;
    spin_unlock(&lock);
    if (!arm)
        return;
    if (!c->flush.fn)
        timer_init(&c->flush, this_cpu(), flush_stale, d);
    timer_set(&c->flush, hv_now() + STALE_NS);
}

void console_flush(struct domain *d)
{
    spin_lock(&lock);
    emit_line(d);
    spin_unlock(&lock);
}

static bool domain_waits(const struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (!READ_ONCE(d->vcpu[i]->pause))
            return false;
    return true;
}

void console_idle(void)
{
    if (!READ_ONCE(unfinished))
        return;
    for (uint32_t i = 1; i < nr_domains; i++)
        if (domains[i] && READ_ONCE(channels[i].len) && domain_waits(domains[i]))
            console_flush(domains[i]);
}

/* ---- input */

bool console_has_input(const struct domain *d)
{
    const struct channel *c = &channels[d->id];

    return READ_ONCE(c->in_head) != READ_ONCE(c->in_tail);
}

int console_guest_read(struct domain *d)
{
    struct channel *c = &channels[d->id];
    int ch = -1;

    if (!console_has_input(d))
        return -1;
    spin_lock(&lock);
    if (c->in_head != c->in_tail)
        ch = (unsigned char)c->input[c->in_tail++ % INPUT_BYTES];
    spin_unlock(&lock);
    return ch;
}

static struct domain *focused(void)
{
    for (uint32_t i = 0; i < nr_domains; i++) {
        struct domain *d = domains[(focus + i) % nr_domains];

        if (d && domain_alive(d)) {
            focus = d->id;
            return d;
        }
    }
    return NULL;
}

/* Whoever listens: the PV ring, an emulated UART, or a kernel that reads by console_io. */
static void announce(struct domain *d)
{
    if (console_ring_feed(d))
        return;
    if (d->kind == DOMAIN_FV)
        vcpu_kick(d->vcpu[0]);
    virq_raise(d->vcpu[0], VIRQ_CONSOLE);
}

static void type(struct domain *d, char ch)
{
    struct channel *c = &channels[d->id];

    spin_lock(&lock);
    if (c->in_head - c->in_tail < INPUT_BYTES) /* else typed ahead too far: lost */
        c->input[c->in_head++ % INPUT_BYTES] = ch;
    spin_unlock(&lock);
}

void console_input_poll(void)
{
    struct domain *d = focused();
    int ch;

    while ((ch = arch_uart_getc(0)) >= 0) {
        if (ch == FOCUS_KEY) {
            focus++;
            d = focused();
            if (d)
                hv_log("console input goes to d%u (%s)", d->id, d->name);
        } else if (d) {
            type(d, (char)ch);
        }
    }
    if (d && console_has_input(d))
        announce(d);
}

void console_init(void)
{
    memset(channels, 0, sizeof(channels));
    last_char = '\n';
    midline = NOBODY;
    unfinished = 0;
    focus = 1;
}
