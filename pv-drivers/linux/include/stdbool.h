/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What the core includes, as the kernel has it. */
#include <linux/types.h>
