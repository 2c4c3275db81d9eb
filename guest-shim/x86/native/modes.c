/* SPDX-License-Identifier: MIT */
#include "variant.h"

void variant_mode(void)
{
}
