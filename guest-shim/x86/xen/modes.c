/* SPDX-License-Identifier: MIT */
#include "peer.h"
#include "variant.h"

void variant_mode(void)
{
    uint64_t domain = cmdline_number("answer", 0);

    if (domain)
        peer_answer(domain);
}
