/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into Xen's xenstored, so that it runs on a machine without Xen: domains always exist,
 * a domain's ring is the file ring.<id> in $FAKE_XEN, an event arrives as a port number in the
 * FIFO `events` there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

static int events = -1;

static int fake_open(const char *name, int flags)
{
    char path[256];
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");

    snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_XEN"), name);
    return real(path, flags);
}

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    va_list ap;
    int mode;

    if (strstr(path, "xsd_port"))
        return fake_open("port", O_RDONLY);
    if (strstr(path, "xsd_kva") || strstr(path, "xenbus"))
        return fake_open("ring.0", O_RDWR);
    va_start(ap, flags);
    mode = va_arg(ap, int);
    va_end(ap);
    return real(path, flags, mode);
}

xc_interface *xc_interface_open(xentoollog_logger *l, xentoollog_logger *d, unsigned f)
{
    return (xc_interface *)&events;
}

int xc_interface_close(xc_interface *x)
{
    return 0;
}

int xc_domain_getinfo(xc_interface *x, uint32_t first, unsigned max, xc_dominfo_t *info)
{
    memset(info, 0, sizeof(*info));
    info->domid = first > 9 ? first + 1 : first;
    return 1;
}

xenevtchn_handle *xenevtchn_open(xentoollog_logger *l, unsigned flags)
{
    events = fake_open("events", O_RDWR | O_NONBLOCK);
    return (xenevtchn_handle *)&events;
}

xenevtchn_handle *xenevtchn_fdopen(xentoollog_logger *l, int fd, unsigned flags)
{
    return NULL;
}

int xenevtchn_fd(xenevtchn_handle *x)
{
    return events;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x, uint32_t id,
                                                     evtchn_port_t port)
{
    return (xenevtchn_port_or_error_t)(id + 100);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *x, unsigned virq)
{
    return 99;
}

int xenevtchn_notify(xenevtchn_handle *x, evtchn_port_t port)
{
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
    uint32_t port;

    return read(events, &port, sizeof(port)) == sizeof(port) ? (xenevtchn_port_or_error_t)port : -1;
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
    return 0;
}

int xenevtchn_unmask(xenevtchn_handle *x, evtchn_port_t port)
{
    return 0;
}

xengnttab_handle *xengnttab_open(xentoollog_logger *l, unsigned flags)
{
    return (xengnttab_handle *)&events;
}

int xengnttab_close(xengnttab_handle *x)
{
    return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *x, uint32_t n)
{
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x, uint32_t id, uint32_t ref, int prot)
{
    char name[16];
    int fd;
    void *p;

    snprintf(name, sizeof(name), "ring.%u", id);
    fd = fake_open(name, O_RDWR);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return p == MAP_FAILED ? NULL : p;
}

int xengnttab_unmap(xengnttab_handle *x, void *p, uint32_t n)
{
    return munmap(p, n * 4096ul);
}
