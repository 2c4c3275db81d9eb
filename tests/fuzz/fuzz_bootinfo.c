/* SPDX-License-Identifier: MIT */
/* Physical memory of the fuzzer's making, read as each boot protocol's information and as ACPI's.
 */
#include "acpi.h"
#include "fake_ram.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info bi;

    if (!fake_ram)
        fake_ram_reset();
    if (size < 1 || size > 0x2000)
        return 0;
    fake_put(0x1000, data + 1, size - 1);
    memset(&bi, 0, sizeof(bi));
    memset(&acpi, 0, sizeof(acpi));
    switch (data[0] & 3) {
    case 0:
        boot_read_mb1(&bi, 0x1000);
        break;
    case 1:
        boot_read_mb2(&bi, 0x1000);
        break;
    case 2:
        boot_read_pvh(&bi, 0x1000);
        break;
    case 3:
        acpi_scan(0x1000);
        break;
    }
    memset(fake_ram + 0x1000, 0, size);
    return 0;
}
