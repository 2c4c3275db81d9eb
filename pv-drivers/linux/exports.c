// SPDX-License-Identifier: MIT OR GPL-2.0
/* What the drivers' modules need of core/, which knows nothing of modules. */
#include <linux/export.h>

#include "shared.h"

EXPORT_SYMBOL_GPL(front_init);
EXPORT_SYMBOL_GPL(front_add_ring);
EXPORT_SYMBOL_GPL(front_break);
EXPORT_SYMBOL_GPL(pv_state);
EXPORT_SYMBOL_GPL(pv_free);
EXPORT_SYMBOL_GPL(pool_open);
EXPORT_SYMBOL_GPL(pool_close);
EXPORT_SYMBOL_GPL(pool_grow);
EXPORT_SYMBOL_GPL(store_number);
EXPORT_SYMBOL_GPL(store_read_fields);
EXPORT_SYMBOL_GPL(store_write_options);
