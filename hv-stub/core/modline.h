/* SPDX-License-Identifier: MIT */
/* Options of the hypervisor and the lines that say what each boot module is. */
#ifndef CORE_MODLINE_H
#define CORE_MODLINE_H

#include "hv.h"

enum module_kind { MODULE_BAD, MODULE_KERNEL, MODULE_RAMDISK, MODULE_BARE };

/*
 * Read one module line: `kernel [mode=pv|fv] [mem=MiB] [vcpus=N] [name=STR] [weight=N] [disk=..]
 * [net[=..]] [xen=1] [reboot=ACTION] [crash=ACTION] [observer] -- <guest command line>` or
 * `ramdisk`. A first word that is neither is taken for the loader's file name and dropped; if the
 * next is neither as well the module is MODULE_BARE: Xen's own convention, all that is left is the
 * guest's command line. For a kernel (and a bare module) *cfg gets the defaults, what the line
 * sets, and cmdline, which points into `line`. MODULE_BAD: err says what is wrong.
 */
enum module_kind module_parse(const char *line, struct domain_config *cfg, char *err, size_t n);

/* `strict stats prefix debug control blk-restart=MS net-restart=MS` in any order. False, with err
 * filled, for a word we do not know. What follows a word `--` is not an option: *rest points at it
 * ("" if there is none). */
bool options_parse(const char *line, struct hv_options *opt, const char **rest, char *err,
                   size_t n);

#endif
