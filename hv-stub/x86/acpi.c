/* SPDX-License-Identifier: MIT */
/* ACPI tables: MADT for CPUs and the I/O APIC, FADT for the power port. Firmware is trusted to mean
 * well but every table is bounded and checksummed. */
#include "acpi.h"
#include "boot/boot.h"

#define TABLE_MAX (1u << 20)

struct acpi_facts acpi;

struct rsdp {
    char sig[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; /* from here on: revision 2 */
    uint64_t xsdt;
} __attribute__((packed));

#define RSDP_V1_BYTES 20

struct table {
    char sig[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[26];
} __attribute__((packed));

static bool sum_is_zero(const void *p, uint32_t n)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (n--)
        sum += *b++;
    return sum == 0;
}

static const struct table *table_at(uint64_t pa)
{
    const struct table *t = boot_phys(pa, sizeof(*t));

    if (!t || t->length < sizeof(*t) || t->length > TABLE_MAX || !boot_phys(pa, t->length))
        return NULL;
    return sum_is_zero(t, t->length) ? t : NULL;
}

static const struct rsdp *rsdp_at(uint64_t pa)
{
    const struct rsdp *r = boot_phys(pa, sizeof(*r));

    return r && !memcmp(r->sig, "RSD PTR ", 8) && sum_is_zero(r, RSDP_V1_BYTES) ? r : NULL;
}

/* Root pointer on a 16-byte boundary in [start, end)? */
static const struct rsdp *rsdp_search(uint64_t start, uint64_t end)
{
    for (uint64_t pa = start; pa < end; pa += 16) {
        const struct rsdp *r = rsdp_at(pa);

        if (r)
            return r;
    }
    return NULL;
}

static const struct rsdp *rsdp_find(void)
{
    const uint16_t *ebda_segment = boot_phys(0x40e, sizeof(*ebda_segment));
    uint64_t ebda = (uint64_t)*ebda_segment << 4;
    const struct rsdp *r = NULL;

    if (ebda >= 0x80000 && ebda < 0xa0000)
        r = rsdp_search(ebda, ebda + 1024);
    return r ? r : rsdp_search(0xe0000, 0x100000);
}

/* ---- MADT (5.2.12) */
enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };
#define MADT_CPU_ENABLED 1u

struct madt_entry {
    uint8_t type, length;
    union {
        struct {
            uint8_t uid, apic_id;
            uint32_t flags;
        } __attribute__((packed)) lapic;
        struct {
            uint8_t id, reserved;
            uint32_t pa, gsi_base;
        } __attribute__((packed)) ioapic;
        struct {
            uint8_t bus, irq;
            uint32_t gsi;
            uint16_t flags;
        } __attribute__((packed)) iso;
        struct {
            uint16_t reserved;
            uint32_t apic_id, flags, uid;
        } __attribute__((packed)) x2apic;
    };
} __attribute__((packed));

static void madt_cpu(uint32_t apic_id, uint32_t flags)
{
    if ((flags & MADT_CPU_ENABLED) && acpi.nr_cpus < HV_MAX_CPUS)
        acpi.apic_id[acpi.nr_cpus++] = apic_id;
}

static void madt_entry(const struct madt_entry *e)
{
    if (e->type == MADT_LAPIC && e->length >= 8) {
        madt_cpu(e->lapic.apic_id, e->lapic.flags);
    } else if (e->type == MADT_X2APIC && e->length >= 16) {
        madt_cpu(e->x2apic.apic_id, e->x2apic.flags);
    } else if (e->type == MADT_IOAPIC && e->length >= 12) {
        if (e->ioapic.gsi_base == 0)
            acpi.ioapic_pa = e->ioapic.pa;
    } else if (e->type == MADT_OVERRIDE && e->length >= 10 && e->iso.irq < 16) {
        acpi.isa[e->iso.irq].gsi = e->iso.gsi;
        acpi.isa[e->iso.irq].flags = e->iso.flags;
    }
}

static void madt(const struct table *t)
{
    uint32_t at = sizeof(*t) + 8; /* local APIC address, flags */

    while (at + 2 <= t->length) {
        const struct madt_entry *e = (const void *)((const char *)t + at);

        if (e->length < 2 || at + e->length > t->length)
            return;
        madt_entry(e);
        at += e->length;
    }
}

/* ---- FADT (5.2.9) */
static void fadt(const struct table *t)
{
    uint32_t port;

    if (t->length < 68)
        return;
    memcpy(&port, (const char *)t + 64, sizeof(port)); /* PM1a_CNT_BLK */
    if (port < 0x10000)
        acpi.pm1a_cnt = (uint16_t)port;
}

static void each_table(const struct table *root, uint32_t entry_size)
{
    for (uint32_t at = sizeof(*root); at + entry_size <= root->length; at += entry_size) {
        const struct table *t;
        uint64_t pa = 0;

        memcpy(&pa, (const char *)root + at, entry_size);
        t = table_at(pa);
        if (t && !memcmp(t->sig, "APIC", 4))
            madt(t);
        else if (t && !memcmp(t->sig, "FACP", 4))
            fadt(t);
    }
}

void acpi_scan(uint64_t rsdp_pa)
{
    const struct rsdp *r = rsdp_pa ? rsdp_at(rsdp_pa) : rsdp_find();
    const struct table *root;

    for (unsigned i = 0; i < ARRAY_SIZE(acpi.isa); i++)
        acpi.isa[i].gsi = i;
    if (!r)
        return;
    if (r->revision >= 2 && (root = table_at(r->xsdt)))
        each_table(root, 8);
    else if ((root = table_at(r->rsdt)))
        each_table(root, 4);
}
