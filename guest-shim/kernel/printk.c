/* SPDX-License-Identifier: MIT */
/* Formatted output. A line is written with one console operation. */
#include "kernel.h"
#include "pv_ops.h"

struct out {
    char *buf;
    size_t size, len;
};

static void put(struct out *out, char c)
{
    if (out->len + 1 < out->size)
        out->buf[out->len] = c;
    out->len++;
}

static void put_string(struct out *out, const char *s, int width)
{
    int pad = width - (int)strlen(s);

    while (*s)
        put(out, *s++);
    while (pad-- > 0)
        put(out, ' ');
}

static void put_number(struct out *out, uint64_t value, unsigned base, int width, char fill,
                       bool negative)
{
    char digits[24];
    int n = 0;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while (value /= base);
    if (negative && fill == ' ')
        digits[n++] = '-', negative = false;
    if (negative)
        put(out, '-');
    for (int pad = width - n; pad > 0; pad--)
        put(out, fill);
    while (n)
        put(out, digits[--n]);
}

struct spec {
    char fill;
    int width;
    int longs;
};

static const char *parse_spec(const char *fmt, struct spec *spec)
{
    *spec = (struct spec){.fill = ' '};
    if (*fmt == '0')
        spec->fill = '0', fmt++;
    if (*fmt == '-')
        fmt++;
    while (*fmt >= '0' && *fmt <= '9')
        spec->width = spec->width * 10 + *fmt++ - '0';
    for (; *fmt == 'l' || *fmt == 'z'; fmt++)
        spec->longs++;
    return fmt;
}

int vformat(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out out = {buf, size, 0};
    struct spec spec;
    int64_t value;

    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(&out, *fmt);
            continue;
        }
        fmt = parse_spec(fmt + 1, &spec);
        switch (*fmt) {
        case 's':
            put_string(&out, va_arg(args, const char *), spec.width);
            break;
        case 'c':
            put(&out, va_arg(args, int));
            break;
        case 'd':
            value = spec.longs ? va_arg(args, int64_t) : va_arg(args, int);
            put_number(&out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, spec.width,
                       spec.fill, value < 0);
            break;
        case 'u':
        case 'x':
            value = spec.longs ? va_arg(args, uint64_t) : va_arg(args, unsigned);
            put_number(&out, value, *fmt == 'u' ? 10 : 16, spec.width, spec.fill, false);
            break;
        case 'p':
            put_number(&out, va_arg(args, uint64_t), 16, 16, '0', false);
            break;
        default:
            put(&out, *fmt);
        }
    }
    if (size)
        buf[out.len < size ? out.len : size - 1] = 0;
    return out.len;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vformat(buf, size, fmt, args);
    va_end(args);
    return len;
}

static void vprintk(const char *fmt, va_list args)
{
    char line[512];
    size_t len = vformat(line, sizeof(line), fmt, args);

    pv_ops.console.write(line, len < sizeof(line) ? len : sizeof(line) - 1);
}

void printk(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    va_list args;

    pv_ops.irq.disable();
    printk("panic: ");
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
    printk("\n");
    pv_ops.cpu.shutdown(SHUTDOWN_CRASHED);
}
