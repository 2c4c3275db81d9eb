/* SPDX-License-Identifier: MIT */
/* Disks and network cards of a domain that come and go while it runs, in xl's words. */
#ifndef HVCTL_DEVICES_H
#define HVCTL_DEVICES_H

#include "domains.h"

/* What a command has to go by. */
struct device_call {
    const struct domain *d;
    const char *path; /* of the control channel */
    char **arg;       /* behind the domain, NULL at the end */
    double deadline;  /* hvctl_now() */
};

enum hvctl_status block_attach(const struct device_call *c);
enum hvctl_status block_detach(const struct device_call *c);
enum hvctl_status block_list(const struct device_call *c);
enum hvctl_status network_attach(const struct device_call *c);
enum hvctl_status network_detach(const struct device_call *c);
enum hvctl_status network_list(const struct device_call *c);

/* ---- for disks and cards */

/* Take the device away that the domain has as @which, "vbd/51728"; it is asked to
 * close it first, unless @force. Returns when it is gone, or
 * after complaining; HVCTL_NO_ANSWER, without that, if the domain does not let go of it. */
enum hvctl_status device_detach(const struct device_call *c, const char *which, bool force);
/* A node of the back-end of @which, to @value of @n bytes; "" if there is none. */
void device_node(const struct domain *d, const char *which, const char *node, char *value,
                 size_t n);
/* … of the front-end. */
void device_front_node(const struct domain *d, const char *which, const char *node, char *value,
                       size_t n);
/* Call @fn for each device of the domain of @kind, "vbd" or "vif", with its number as text, until
 * it says true. */
enum hvctl_status device_each(const struct domain *d, const char *kind,
                              bool (*fn)(const struct domain *d, const char *number, void *ctx),
                              void *ctx);

#define DEVICE_BYTES 32
/* The device of @kind that is called @name, by its number or by its back-end's @node as @compare
 * (strcmp or the like) sees it, to @which: "vbd/51728"; "" if there is none. */
enum hvctl_status device_find(const struct domain *d, const char *kind, const char *node,
                              int (*compare)(const char *, const char *), const char *name,
                              char which[DEVICE_BYTES]);

#endif
