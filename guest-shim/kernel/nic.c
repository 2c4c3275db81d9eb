/* SPDX-License-Identifier: MIT */
#include "nic.h"
#include "kernel.h"

struct nic *nic_open(void)
{
    const char *wanted = cmdline_value("nic");
    unsigned unit = cmdline_number("nicunit", 0);
    struct nic *nic;

    for (const struct nic_driver *driver = nic_drivers; driver->name; driver++) {
        if (wanted && !list_contains(wanted, driver->name))
            continue;
        nic = driver->open(unit);
        if (nic)
            return nic;
    }
    printk("nic: no unit %u\n", unit);
    return NULL;
}
