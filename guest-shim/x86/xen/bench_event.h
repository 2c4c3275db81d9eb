/* SPDX-License-Identifier: MIT */
#ifndef SHIM_BENCH_EVENT_H
#define SHIM_BENCH_EVENT_H

#include "bench.h"

extern const struct bench_op bench_event_ops[];

#endif
