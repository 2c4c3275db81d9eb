/* SPDX-License-Identifier: MIT */
/* World.h for sources that see the guest's headers instead of the hypervisor's. */
#ifndef STORE_WORLD_H
#define STORE_WORLD_H

#include <stdbool.h>

struct xenstore_domain_interface;

void world_start(unsigned n);
bool world_end(void);
struct xenstore_domain_interface *world_ring(unsigned id);
void world_kick(unsigned id);
int hv_xenstore_write(const char *path, const char *value);
int hv_xenstore_rm(const char *path);
int hv_xenstore_set_perms(const char *path, unsigned short owner, char others,
                          unsigned short reader, char right);

#endif
