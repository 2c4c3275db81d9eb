/* SPDX-License-Identifier: MIT */
/* What a PV kernel finds at start of day: struct start_info, <xen/xen.h>. */
#ifndef PVKIT_START_H
#define PVKIT_START_H

#include <pvkit/types.h>
#include <xen/event_channel.h>

/* A validated view of start_info. Pointers lead into memory the domain builder set up. */
struct pvk_start {
    unsigned long nr_pages;      /* pages of the domain: pfns 0 ... nr_pages - 1 */
    uint64_t shared_info_maddr;  /* machine address; the kernel maps it */
    bool privileged;             /* may use the control operations */
    bool initial_domain;         /* dom0: no store or console page, uses console_io */
    const char *cmdline;         /* NUL-terminated, empty if none */
    bool has_module;             /* a ramdisk was loaded */
    bool module_is_pfn;          /* module_start is a pfn and not mapped, else linear address */
    unsigned long module_start;  /* page-aligned where an address */
    unsigned long module_len;    /* bytes */
    xen_pfn_t *mfn_list;         /* P2M: machine frame of each pfn, nr_pages entries */
    unsigned long pt_base;       /* linear address of the L4 table in use */
    unsigned long nr_pt_frames;  /* initial page table pages */
    unsigned long first_p2m_pfn; /* pages that hold mfn_list, if it is outside the initial */
    unsigned long nr_p2m_frames; /* mapping (XEN_ELFNOTE_INIT_P2M); else 0 */
    pvk_mfn_t store_mfn;         /* xenstore ring; PVK_INVALID_FRAME for the initial domain */
    evtchn_port_t store_port;
    pvk_mfn_t console_mfn; /* console ring; PVK_INVALID_FRAME for the initial domain */
    evtchn_port_t console_port;
};

/*
 * Check `info`, as the hypervisor passed it in rsi, and fill `out`. Returns 0, or -XEN_EINVAL with
 * one line on what is wrong in *why (static text; `why` may be NULL) and `out` unspecified. The
 * checks are those that turn a builder's or porter's mistake into a sentence instead of a crash:
 * magic, sizes, alignment, a terminated command line, a P2M that covers the domain.
 */
int pvk_start_parse(const struct start_info *info, struct pvk_start *out, const char **why);

/*
 * After SHUTDOWN_suspend the hypervisor refills only the first part of start_info (see the
 * comments in <xen/xen.h>). Checks that part and updates it in `out`, leaving the rest alone.
 */
int pvk_start_resume(const struct start_info *info, struct pvk_start *out, const char **why);

#endif
