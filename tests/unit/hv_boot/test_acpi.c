/* SPDX-License-Identifier: MIT */
#include "acpi.h"
#include "fake_ram.h"
#include "unit.h"

#define RSDP 0xf0010
#define RSDT 0x10000
#define MADT 0x11000
#define FADT 0x12000

static void fix_sum(uint64_t pa, uint32_t n, uint32_t at)
{
    uint8_t sum = 0;

    fake_ram[pa + at] = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += fake_ram[pa + i];
    fake_ram[pa + at] = (uint8_t)-sum;
}

static void put_table(uint64_t pa, const char *sig, const void *body, uint32_t n)
{
    uint32_t length = 36 + n;

    memset(fake_ram + pa, 0, 36);
    fake_put(pa, sig, 4);
    fake_put(pa + 4, &length, 4);
    fake_put(pa + 36, body, n);
    fix_sum(pa, length, 9);
}

static const uint8_t madt_body[] = {
    0, 0,  0xe0, 0xfe, 1, 0, 0,    0,                             /* local APIC address, flags */
    0, 8,  0,    0,    1, 0, 0,    0,                             /* CPU, APIC id 0, enabled */
    0, 8,  1,    1,    0, 0, 0,    0,                             /* disabled */
    0, 8,  2,    5,    1, 0, 0,    0,                             /* APIC id 5 */
    1, 12, 0,    0,    0, 0, 0xc0, 0xfe, 0,  0, 0, 0,             /* I/O APIC at 0xfec00000 */
    2, 10, 0,    9,    9, 0, 0,    0,    13, 0,                   /* IRQ 9: level */
    9, 16, 0,    0,    0, 1, 0,    0,    1,  0, 0, 0, 7, 0, 0, 0, /* x2APIC id 256 */
};

static int setup(void **state)
{
    const uint32_t rsdt[2] = {MADT, FADT};
    uint32_t address = RSDT, port = 0x604;
    uint8_t fadt_body[96] = {0};

    fake_ram_reset();
    memset(&acpi, 0, sizeof(acpi));
    fake_put(RSDP, "RSD PTR ", 8);
    fake_put(RSDP + 16, &address, 4);
    fix_sum(RSDP, 20, 8);
    put_table(RSDT, "RSDT", rsdt, sizeof(rsdt));
    put_table(MADT, "APIC", madt_body, sizeof(madt_body));
    memcpy(fadt_body + 64 - 36, &port, 4);
    put_table(FADT, "FACP", fadt_body, sizeof(fadt_body));
    return 0;
}

static void test_typical(void **state)
{
    acpi_scan(0); /* found by the search of the BIOS area */
    assert_int_equal(acpi.nr_cpus, 3);
    assert_int_equal(acpi.apic_id[1], 5);
    assert_int_equal(acpi.apic_id[2], 256);
    assert_int_equal(acpi.ioapic_pa, 0xfec00000);
    assert_int_equal(acpi.isa[4].gsi, 4);
    assert_int_equal(acpi.isa[9].flags, 13);
    assert_int_equal(acpi.pm1a_cnt, 0x604);
}

static void test_bad_checksum(void **state)
{
    fake_ram[MADT + 20]++;
    acpi_scan(RSDP);
    assert_int_equal(acpi.nr_cpus, 0);
    assert_int_equal(acpi.pm1a_cnt, 0x604);
}

static void test_entry_of_no_length(void **state)
{
    fake_ram[MADT + 36 + 8 + 1] = 0;
    fix_sum(MADT, 36 + sizeof(madt_body), 9);
    acpi_scan(RSDP);
    assert_int_equal(acpi.nr_cpus, 0);
}

static void test_more_cpus_than_we_take(void **state)
{
    static uint8_t body[8 + 100 * 8];

    for (int i = 0; i < 100; i++)
        memcpy(body + 8 + 8 * i, (const uint8_t[]){0, 8, 0, (uint8_t)i, 1, 0, 0, 0}, 8);
    put_table(MADT, "APIC", body, sizeof(body));
    acpi_scan(RSDP);
    assert_int_equal(acpi.nr_cpus, HV_MAX_CPUS);
}

static void test_nothing_there(void **state)
{
    fake_ram_reset();
    acpi_scan(0);
    acpi_scan(0xfffffff0);
    assert_int_equal(acpi.nr_cpus, 0);
    assert_int_equal(acpi.isa[15].gsi, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_typical, setup),
        cmocka_unit_test_setup(test_bad_checksum, setup),
        cmocka_unit_test_setup(test_entry_of_no_length, setup),
        cmocka_unit_test_setup(test_more_cpus_than_we_take, setup),
        cmocka_unit_test_setup(test_nothing_there, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
