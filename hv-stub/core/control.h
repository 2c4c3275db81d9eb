/* SPDX-License-Identifier: MIT */
/* The control channel: what control.c and control_dev.c share. */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "hv.h"

#define CONTROL_WORDS 3

struct request {
    char *word[CONTROL_WORDS]; /* "" where there is none; words of the line in place, unescaped */
    uint32_t nr;
    struct domain *d; /* of commands that begin with a domain's number */
};

/* NULL: done, "again" of control.c: call it again, else what is wrong. */
typedef const char *(*command_fn)(struct request *r);

struct command {
    const char *name;
    bool domain;   /* the first word is a domain's number */
    uint8_t words; /* at least */
    command_fn fn;
};

/* ---- control.c: one more line of the answer */
void control_say(const char *text);

/* ---- control_dev.c: devices that come and go; those of domains with reap_lock held */
const char *control_disk_add(struct request *r);
const char *control_disk_function(struct request *r);
const char *control_disk_remove(struct request *r);
const char *control_block_attach(struct request *r);
const char *control_net_attach(struct request *r);
const char *control_detach(struct request *r);

#endif
