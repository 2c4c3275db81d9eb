/* SPDX-License-Identifier: MIT */
/* Source: ACPI specification 1.0b, chapter 5 (tables) and 16 (AML). */
#include <stddef.h>

#include "acpi.h"
#include "ioapic.h"
#include "lapic.h"
#include "power.h"

/* Offsets of the tables in the block. The FACS has to be 64-byte aligned. */
#define AT_RSDP 0
#define AT_RSDT 64
#define AT_FACS 128
#define AT_FADT 192
#define AT_DSDT 460
#define AT_MADT 704

#define SCI_IRQ 9

#define FADT_WBINVD          (1u << 0)
#define FADT_C1              (1u << 2) /* HLT works */
#define FADT_NO_POWER_BUTTON (1u << 4) /* not a fixed one, at least */
#define FADT_NO_SLEEP_BUTTON (1u << 5)

/* MADT: structures, and what their flags say */
#define MADT_LAPIC       0
#define MADT_IOAPIC      1
#define MADT_OVERRIDE    2
#define MADT_PICS        1 /* there are 8259s, too */
#define INPUT_HIGH_LEVEL 0xd

#define FADT_REDUCED (1u << 20) /* none of ACPI's hardware */
#define BOOT_NO_VGA  (1u << 2)
#define BOOT_NO_RTC  (1u << 5)

#define LATENCY_NO_C2 101
#define LATENCY_NO_C3 1001

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
} __attribute__((packed));

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct rsdt {
    struct header header;
    uint32_t fadt, madt;
} __attribute__((packed));

struct facs {
    char signature[4];
    uint32_t length;
    uint8_t rest[56];
} __attribute__((packed));

struct fadt {
    struct header header;
    uint32_t facs, dsdt;
    uint8_t model, reserved1;
    uint16_t sci;
    uint32_t smi_command; /* 0: the machine is always in ACPI mode */
    uint8_t acpi_enable, acpi_disable, s4bios, reserved2;
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer;
    uint32_t gpe0, gpe1;
    uint8_t pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
    uint8_t gpe0_len, gpe1_len, gpe1_base, reserved3;
    uint16_t c2_latency, c3_latency, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot; /* from revision 3 on */
    uint8_t reserved4;
    uint32_t flags;
} __attribute__((packed));

_Static_assert(sizeof(struct fadt) == 116, "FADT of ACPI 1.0");

/* ACPI 5.0: what there is instead of the registers above. */
struct fadt5 {
    struct fadt old;
    uint8_t rest[268 - 116];
} __attribute__((packed));
_Static_assert(AT_FADT + sizeof(struct fadt5) <= AT_DSDT, "tables do not overlap");

/*
 * Name (\_S5, Package (4) {0, 0, 0, 0}): sleep type 0 is power-off. Then the PCI bus, which kernels
 * with ACPI do not look for otherwise, and the inputs of its slots:
 *
 *     Device (\_SB.PCI0) {
 *         Name (_HID, EisaId ("PNP0A03"))
 *         Name (_CRS, ResourceTemplate () {
 *             WordBusNumber (0, 0), IO (0xcf8, 8), WordIO (0, 0xcf7), WordIO (0xd00, 0xffff),
 *             DWordMemory (0xf0000000, 0xfbffffff)
 *         })
 *         Name (_PRT, Package (3) { routed as piix_default_irq() says
 *             Package (4) {0x2ffff, 0, 0, 10}, Package (4) {0x3ffff, 0, 0, 11},
 *             Package (4) {0x4ffff, 0, 0, 11}
 *         })
 *     }
 */
#define WORD(v)  (uint8_t)(v), (v) >> 8
#define DWORD(v) WORD((v)&0xffff), WORD((v) >> 16)
/* Word address space descriptor: type, flags, first, last; the length follows from these. */
#define SPACE(type, flags, first, last)                                           \
    0x88, WORD(13), type, 0x0c, flags, WORD(0), WORD(first), WORD(last), WORD(0), \
        WORD((last) - (first) + 1)
/* The same for memory, first and last page. */
#define MEMORY(first, last)                                                    \
    0x87, WORD(23), 0, 0x0c, 1, DWORD(0), DWORD(first), DWORD(last), DWORD(0), \
        DWORD((last) - (first) + 1)
#define PORTS(first, length) 0x47, 1, WORD(first), WORD(first), 1, length
#define ROUTE(slot, irq)     0x12, 11, 4, 0x0c, 0xff, 0xff, slot, 0, 0, 0, 0x0a, irq

/* clang-format off */
static const uint8_t aml[] = {
    0x08, '\\', '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0,
    0x5b, 0x82, 0x4f, 0x09, '.', '_', 'S', 'B', '_', 'P', 'C', 'I', '0',
    0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a, 0x03,
    0x08, '_', 'C', 'R', 'S', 0x11, 0x48, 0x05, 0x0a, 0x54,
    SPACE(2, 0, 0, 0), PORTS(0xcf8, 8), SPACE(1, 3, 0, 0xcf7), SPACE(1, 3, 0xd00, 0xffff),
    MEMORY(0xf0000000u, 0xfbffffffu), 0x79, 0,
    0x08, '_', 'P', 'R', 'T', 0x12, 0x26, 3, ROUTE(2, 10), ROUTE(3, 11),
    ROUTE(4, 11)};
/* clang-format on */

_Static_assert(AT_DSDT + sizeof(struct header) + sizeof(aml) <= AT_MADT, "the DSDT fits");

static void copy(void *to, const void *from, size_t n)
{
    const uint8_t *f = from;
    uint8_t *t = to;

    while (n--)
        *t++ = *f++;
}

/* The value that makes all bytes add up to 0. */
static uint8_t checksum(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum += *p++;
    return -sum;
}

static struct header header(const char *signature, uint32_t length)
{
    struct header h = {.length = length,
                       .revision = 1,
                       .oem = "PVKIT",
                       .oem_table = "HVSTUB",
                       .oem_revision = 1,
                       .creator = "PVKI",
                       .creator_revision = 1};

    copy(h.signature, signature, 4);
    return h;
}

static void put_table(uint8_t *at, const void *table, size_t n)
{
    copy(at, table, n);
    at[offsetof(struct header, checksum)] = checksum(at, n);
}

static void put_fadt(uint8_t *buf, uint32_t base)
{
    struct fadt fadt = {.header = header("FACP", sizeof(fadt)),
                        .facs = base + AT_FACS,
                        .dsdt = base + AT_DSDT,
                        .sci = SCI_IRQ,
                        .pm1a_event = POWER_PM1_EVENT,
                        .pm1a_control = POWER_PM1_CONTROL,
                        .pm_timer = POWER_PM_TIMER,
                        .pm1_event_len = 4,
                        .pm1_control_len = 2,
                        .pm_timer_len = 4,
                        .c2_latency = LATENCY_NO_C2,
                        .c3_latency = LATENCY_NO_C3,
                        .century = 0x32,
                        .flags =
                            FADT_WBINVD | FADT_C1 | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON};

    put_table(buf + AT_FADT, &fadt, sizeof(fadt));
}

static void put_fadt_reduced(uint8_t *buf, uint32_t base)
{
    struct fadt5 fadt = {.old = {.header = header("FACP", sizeof(fadt)),
                                 .dsdt = base + AT_DSDT,
                                 .boot = BOOT_NO_VGA | BOOT_NO_RTC,
                                 .flags = FADT_WBINVD | FADT_C1 | FADT_NO_POWER_BUTTON |
                                          FADT_NO_SLEEP_BUTTON | FADT_REDUCED}};

    fadt.old.header.revision = 5;
    put_table(buf + AT_FADT, &fadt, sizeof(fadt));
}

static void put_dsdt(uint8_t *buf, bool pc)
{
    struct {
        struct header header;
        uint8_t aml[sizeof(aml)];
    } __attribute__((packed)) dsdt;
    uint32_t n = sizeof(struct header) + (pc ? sizeof(aml) : 0);

    dsdt.header = header("DSDT", n);
    copy(dsdt.aml, aml, sizeof(aml));
    put_table(buf + AT_DSDT, &dsdt, n);
}

/* One structure of the MADT: its type, and the bytes behind type and length. */
static uint8_t *madt_entry(uint8_t *at, uint8_t type, const uint8_t *body, uint8_t n)
{
    at[0] = type;
    at[1] = n + 2;
    copy(at + 2, body, n);
    return at + n + 2;
}

/* Inputs of the I/O APIC that are not as on the ISA bus: the timer's is another, and those the PCI
 * router and ACPI use are level triggered. */
static uint8_t *madt_inputs(uint8_t *at)
{
    static const uint8_t ioapic[] = {0, 0, DWORD(IOAPIC_BASE), DWORD(0)};
    static const uint8_t timer[] = {0, 0, DWORD(IOAPIC_TIMER), WORD(0)};
    static const uint8_t level[] = {SCI_IRQ, 10, 11};

    at = madt_entry(at, MADT_IOAPIC, ioapic, sizeof(ioapic));
    at = madt_entry(at, MADT_OVERRIDE, timer, sizeof(timer));
    for (unsigned int i = 0; i < sizeof(level); i++) {
        uint8_t body[] = {0, level[i], DWORD(level[i]), WORD(INPUT_HIGH_LEVEL)};

        at = madt_entry(at, MADT_OVERRIDE, body, sizeof(body));
    }
    return at;
}

static void put_madt(uint8_t *buf, unsigned int cpus, bool pc)
{
    uint8_t head[] = {DWORD(LAPIC_BASE), DWORD((uint32_t)pc * MADT_PICS)};
    uint8_t *table = buf + AT_MADT, *at = table + sizeof(struct header);
    struct header h;

    copy(at, head, sizeof(head));
    at += sizeof(head);
    for (unsigned int i = 0; i < cpus; i++) {
        uint8_t body[] = {(uint8_t)i, (uint8_t)(i * LAPIC_ID_STEP), DWORD(1)};

        at = madt_entry(at, MADT_LAPIC, body, sizeof(body));
    }
    if (pc)
        at = madt_inputs(at);
    h = header("APIC", (uint32_t)(at - table));
    copy(table, &h, sizeof(h));
    table[offsetof(struct header, checksum)] = checksum(table, h.length);
}

void acpi_build(uint8_t buf[ACPI_BYTES], uint32_t base, unsigned int cpus, bool pc)
{
    struct rsdp rsdp = {.signature = "RSD PTR ", .oem = "PVKIT", .rsdt = base + AT_RSDT};
    struct rsdt rsdt = {
        .header = header("RSDT", sizeof(rsdt)), .fadt = base + AT_FADT, .madt = base + AT_MADT};
    struct facs facs = {.signature = "FACS", .length = sizeof(facs)};

    for (size_t i = 0; i < ACPI_BYTES; i++)
        buf[i] = 0;
    rsdp.checksum = checksum((const uint8_t *)&rsdp, sizeof(rsdp));
    copy(buf + AT_RSDP, &rsdp, sizeof(rsdp));
    put_table(buf + AT_RSDT, &rsdt, sizeof(rsdt));
    copy(buf + AT_FACS, &facs, sizeof(facs));
    if (pc)
        put_fadt(buf, base);
    else
        put_fadt_reduced(buf, base);
    put_dsdt(buf, pc);
    put_madt(buf, cpus, pc);
}
