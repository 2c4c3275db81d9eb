/* SPDX-License-Identifier: MIT */
/* Domain configuration files of Xen's toolstack, xl.cfg(5). */
#ifndef HVRUN_XL_CFG_H
#define HVRUN_XL_CFG_H

#include "config.h"

/*
 * Fill what the options left open in @d, of @cfg, from the file @d->config: name, type, kernel,
 * ramdisk, cmdline or root and extra, memory, vcpus, cpu_weight, on_reboot, on_crash, disk, vif. A
 * disk or vif option replaces the file's list. type="pvh" and "hvm" are fv with Xen in sight. Other
 * settings have no meaning here and are passed over. Returns 0, or -1 after complaining.
 */
int xl_cfg_read(struct run_config *cfg, struct domain_config *d);

#endif
