/* SPDX-License-Identifier: MIT */
/* The image files behind the domains' disks. */
#ifndef HVRUN_DISKS_H
#define HVRUN_DISKS_H

#include "config.h"

/*
 * Open, check and lock every image that a domain's disk names and enter it into @cfg->image, each
 * file once. The locks last until config_free() or the end of this process. Returns 0, or -1 after
 * complaining: no such file, no permission, not a multiple of 512 bytes, in use.
 */
int disks_prepare(struct run_config *cfg);

#endif
