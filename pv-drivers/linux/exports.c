// SPDX-License-Identifier: MIT OR GPL-2.0
/* What the drivers' modules need of core/, which knows nothing of modules. */
#include <linux/export.h>

#include "shared.h"

EXPORT_SYMBOL_GPL(front_init);
EXPORT_SYMBOL_GPL(front_become);
EXPORT_SYMBOL_GPL(front_break);
EXPORT_SYMBOL_GPL(store_number);
EXPORT_SYMBOL_GPL(store_limit);
EXPORT_SYMBOL_GPL(store_put);
EXPORT_SYMBOL_GPL(store_option);
EXPORT_SYMBOL_GPL(key_add);
EXPORT_SYMBOL_GPL(key_queue);
EXPORT_SYMBOL_GPL(ring_mem_open);
EXPORT_SYMBOL_GPL(ring_mem_close);
EXPORT_SYMBOL_GPL(ring_mem_publish);
