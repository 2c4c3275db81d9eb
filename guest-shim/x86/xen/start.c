/* SPDX-License-Identifier: MIT */
/* PV start of day in C: shared_info, per-vcpu data, memory, then the shared kernel. */
#include "xen_shim.h"
#include "variant.h"

struct pvk_start xen_boot;
struct pvk_p2m xen_p2m;
struct shared_info *xen_shared;
struct xen_cpu xen_cpus[XEN_MAX_CPUS];

/* A page of the image that is remapped to the shared_info frame. */
static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

static struct pvk_evtchn_port event_ports[256];
static struct pvk_evtchn_vcpu event_vcpus[XEN_MAX_CPUS];
struct pvk_evtchn xen_events;

/* Before the console works there is one way to say why. */
static void __attribute__((noreturn)) die_early(const char *why)
{
    hypercall_console_write(why, strlen(why));
    hypercall_console_write("\n", 1);
    for (;;)
        hypercall_sched_shutdown(SHUTDOWN_crash);
}

static void map_shared_info(void)
{
    if (hypercall_update_va_mapping((uint64_t)shared_page,
                                    xen_boot.shared_info_maddr | PROT_KERNEL_RW, UVMF_INVLPG))
        die_early("shim: cannot map shared_info");
    xen_shared = (struct shared_info *)shared_page;
}

static void init_cpus(void)
{
    for (unsigned i = 0; i < XEN_MAX_CPUS; i++) {
        xen_cpus[i].info = &xen_shared->vcpu_info[i];
        xen_cpus[i].id = i;
    }
    if (hypercall_set_segment_base(SEGBASE_GS_KERNEL, (uint64_t)&xen_cpus[0]))
        die_early("shim: cannot set the GS base");
    pvk_evtchn_init(&xen_events, xen_shared, event_ports, ARRAY_LEN(event_ports), event_vcpus,
                    XEN_MAX_CPUS, false);
}

void xen_start(const struct start_info *info)
{
    const char *why = "";

    if (pvk_start_parse(info, &xen_boot, &why))
        die_early(why);
    cmdline_set(xen_boot.cmdline);
    map_shared_info();
    init_cpus();
    xen_map_memory();
    kernel_main();
}

void variant_describe(char *buf, unsigned size)
{
    long version = hypercall_version();
    xen_extraversion_t extra = "";

    hypercall_version_extra(&extra);
    format(buf, size, "%lu.%lu%s, %s, %lu MiB RAM", (unsigned long)version >> 16,
           (unsigned long)version & 0xffff, extra,
           xen_boot.initial_domain ? "initial domain" : "ordinary domain",
           xen_boot.nr_pages >> (20 - PAGE_SHIFT));
}
