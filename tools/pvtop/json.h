/* SPDX-License-Identifier: MIT */
#ifndef PVTOP_JSON_H
#define PVTOP_JSON_H

#include <jansson.h>

#include "snapshot.h"

/* A new object with the fields that docs/tools.md describes. */
json_t *snapshot_json(const struct snapshot *s);

#endif
