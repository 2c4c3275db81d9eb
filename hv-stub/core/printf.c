/* SPDX-License-Identifier: MIT */
/* The printf subset of hv.h. */
#include "hv.h"

struct out {
    char *buf;
    size_t size, used; /* used counts what did not fit, too */
};

struct spec {
    bool left, zero, alt; /* alt: 0x in front, and then no zero padding */
    int width, precision; /* precision -1: none */
    int longs;
};

static void put(struct out *o, char c)
{
    if (o->used + 1 < o->size)
        o->buf[o->used] = c;
    o->used++;
}

static void put_padded(struct out *o, const char *s, int len, const struct spec *sp)
{
    int pad = sp->width - len;
    bool zero = sp->zero && !sp->left;

    if (zero && len > 0 && *s == '-') { /* the sign goes before the zeros */
        put(o, *s++);
        len--;
    }
    for (; !sp->left && pad > 0; pad--)
        put(o, zero ? '0' : ' ');
    for (int i = 0; i < len; i++)
        put(o, s[i]);
    for (; pad > 0; pad--)
        put(o, ' ');
}

static void put_number(struct out *o, uint64_t v, unsigned base, bool negative,
                       const struct spec *sp)
{
    char digits[24];
    int at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    if (negative)
        digits[--at] = '-';
    if (sp->alt && base == 16) {
        digits[--at] = 'x';
        digits[--at] = '0';
    }
    put_padded(o, digits + at, (int)sizeof(digits) - at, sp);
}

static void put_string(struct out *o, const char *s, struct spec sp)
{
    int len = 0;

    if (!s)
        s = "(null)";
    while ((sp.precision < 0 || len < sp.precision) && s[len])
        len++;
    sp.zero = false;
    put_padded(o, s, len, &sp);
}

static const char *parse_number(const char *f, int *v)
{
    *v = 0;
    for (; *f >= '0' && *f <= '9'; f++)
        if (*v < 1000)
            *v = *v * 10 + (*f - '0');
    return f;
}

/* va_list as an array type decays when passed: a struct lets the callee advance the caller's. */
struct args {
    va_list ap;
};

static const char *parse_spec(const char *f, struct spec *sp, struct args *a)
{
    *sp = (struct spec){.precision = -1};
    for (; *f == '-' || *f == '0' || *f == '#'; f++) {
        if (*f == '-')
            sp->left = true;
        else if (*f == '0')
            sp->zero = true;
        else
            sp->alt = true;
    }
    sp->zero &= !sp->alt;
    f = parse_number(f, &sp->width);
    if (f[0] == '.' && f[1] == '*') {
        sp->precision = va_arg(a->ap, int);
        f += 2;
    } else if (*f == '.') {
        f = parse_number(f + 1, &sp->precision);
    }
    for (; *f == 'l' || *f == 'z'; f++)
        sp->longs++;
    return f;
}

static void convert(struct out *o, char c, struct spec *sp, struct args *a)
{
    int64_t sv;

    switch (c) {
    case 'd':
    case 'i':
        sv = sp->longs ? va_arg(a->ap, int64_t) : va_arg(a->ap, int);
        put_number(o, sv < 0 ? -(uint64_t)sv : (uint64_t)sv, 10, sv < 0, sp);
        break;
    case 'u':
    case 'x':
        put_number(o, sp->longs ? va_arg(a->ap, uint64_t) : va_arg(a->ap, unsigned),
                   c == 'x' ? 16 : 10, false, sp);
        break;
    case 'p':
        put_number(o, (uint64_t)va_arg(a->ap, void *), 16, false, sp);
        break;
    case 's':
        put_string(o, va_arg(a->ap, const char *), *sp);
        break;
    case 'c':
        put(o, (char)va_arg(a->ap, int));
        break;
    default:
        put(o, c);
    }
}

int hv_vsnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
    struct out o = {buf, n, 0};
    struct args a;
    struct spec sp;

    va_copy(a.ap, ap);
    while (*fmt) {
        if (*fmt != '%') {
            put(&o, *fmt++);
            continue;
        }
        fmt = parse_spec(fmt + 1, &sp, &a);
        if (*fmt)
            convert(&o, *fmt++, &sp, &a);
    }
    va_end(a.ap);
    if (n > 0)
        buf[MIN(o.used, n - 1)] = '\0';
    return (int)o.used;
}

int hv_snprintf(char *buf, size_t n, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = hv_vsnprintf(buf, n, fmt, ap);
    va_end(ap);
    return len;
}
