/* SPDX-License-Identifier: MIT */
/* Values of options that are lists: `word,key=value,...`. A doubled comma stands for a comma. */
#ifndef HVRUN_SPEC_H
#define HVRUN_SPEC_H

#include "config.h"

/*
 * The next word of the list at *@at, NULL behind the last. The list is written to: the word is
 * terminated and its doubled commas become single ones. *@at moves on.
 */
char *spec_word(char **at);

/* The value if @word is `KEY=value`, else NULL. */
const char *spec_value(const char *word, const char *key);

/*
 * A decimal number from @min to @max that is all of @text. Returns 0, or -1 after complaining that
 * @option wants one.
 */
int spec_number(const char *option, const char *text, unsigned long min, unsigned long max,
                unsigned int *out);

/*
 * Add the disk that @spec describes to @d, of @cfg: `FILE` or `ram:MiB[:NAME]`, then `ro`, `rw`,
 * `dev=`, `format=`, `iops=`. Looks at no file. Returns 0, or -1 after complaining.
 */
int disk_spec(struct run_config *cfg, struct domain_config *d, const char *spec);

/* Check that @disk of @d has a name a guest can use, or give it the next free one. 0 or -1. */
int disk_name(struct run_config *cfg, struct domain_config *d, struct disk_config *disk);

/*
 * Add the network card that @spec describes to @d, of @cfg: `user` or `switch`, then `mac=`,
 * `rate=`, `hostfwd=`; or `none`. Returns 0, or -1 after complaining.
 */
int net_spec(struct run_config *cfg, struct domain_config *d, const char *spec);

/* Check that @mac, of @option, is an address that one card can have. 0, or -1 after complaining. */
int net_mac_check(const char *option, const char *mac);

/* What follows an end, in xl.cfg's words; those that only differ in what is kept of the old domain
 * mean the same here. 0, or -1 after complaining. */
int spec_action(const char *option, const char *text, enum end_action *out);

#endif
