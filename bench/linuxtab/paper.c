/* SPDX-License-Identifier: MIT */
/*
 * The measurements that introduced Xen: P. Barham et al., "Xen and the Art of Virtualization", SOSP
 * 2003, tables 3 to 5, rows "Linux (UP)" and "Xen", in microseconds on a 2.4 GHz Xeon. On 32-bit
 * x86 segment limits protected Xen and a guest's system call went straight to its kernel; x86-64
 * has no such limits, each system call passes the hypervisor.
 */
#include "linuxtab.h"

static const struct lt_paper rows[] = {
    {"null_call", 0.45, 0.46},
    {"null_io", 0.50, 0.50},
    {"stat", 1.28, 1.22},
    {"open_close", 1.92, 1.88},
    {"select_tcp", 5.70, 5.69},
    {"signal_install", 0.68, 0.69},
    {"signal_handle", 2.49, 1.75},
    {"fork", 110, 198},
    {"exec", 530, 768},
    {"sh", 4000, 4800},
    {"switch_2p_0k", 0.77, 1.97},
    {"switch_2p_16k", 0.91, 2.22},
    {"switch_2p_64k", 1.06, 2.67},
    {"switch_8p_16k", 1.03, 3.07},
    {"switch_8p_64k", 24.3, 28.7},
    {"switch_16p_16k", 3.61, 7.08},
    {"switch_16p_64k", 37.6, 39.4},
    {"mmap", 68.0, 139},
    {"protection_fault", 1.06, 1.40},
    {"page_fault", 1.42, 2.73},
};

const struct lt_paper *lt_paper(size_t i)
{
    return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

void lt_print_paper(const struct lt_report *r, FILE *out)
{
    const struct lt_paper *p;

    fputs("\nBeside the paper that introduced Xen: para-virtualized by bare, its microseconds of\n"
          "2003 (32 bits, where a system call does not pass the hypervisor), our instructions.\n\n",
          out);
    fprintf(out, "%-18s%14s%14s%14s\n", "", "paper's Xen", "Xen 4.17", "hv-stub");
    for (size_t i = 0; (p = lt_paper(i)); i++) {
        const struct lt_row *row = lt_find(r, p->op);

        if (!row)
            continue;
        fprintf(out, "%-18s", p->op);
        lt_print_ratio(out, p->xen / p->linux_up, 14);
        lt_print_ratio(out, lt_ratio(row, LT_INSTRUCTIONS, LT_XEN_PV, LT_BARE), 14);
        lt_print_ratio(out, lt_ratio(row, LT_INSTRUCTIONS, LT_PV, LT_BARE), 14);
        fputc('\n', out);
    }
}
