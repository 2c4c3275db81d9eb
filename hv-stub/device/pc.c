/* SPDX-License-Identifier: MIT */
#include "pc.h"

/* A device's interrupt goes to both kinds of controllers; the kernel masks it at one of them. */
static void set_irq(void *opaque, unsigned int n, bool level)
{
    struct pc *pc = opaque;
    uint32_t bit = 1u << n;

    pc->device_irqs = level ? pc->device_irqs | bit : pc->device_irqs & ~bit;
    level |= pc->host_irqs >> n & 1;
    ioapic_set_irq(&pc->ioapic, n == PC_IRQ_TIMER ? IOAPIC_TIMER : n, level);
    pic_set_irq(&pc->pic, n, level);
}

void pc_host_irq(struct pc *pc, unsigned int n, bool level)
{
    uint32_t bit = 1u << n;

    pc->host_irqs = level ? pc->host_irqs | bit : pc->host_irqs & ~bit;
    if (n < 16)
        set_irq(pc, n, pc->device_irqs >> n & 1);
    else
        ioapic_set_irq(&pc->ioapic, n, level);
}

static struct irq_line pc_irq(struct pc *pc, unsigned int n)
{
    return (struct irq_line){.set = set_irq, .opaque = pc, .n = n};
}

bool pc_init(struct pc *pc, const struct pc_host *host, int64_t unix_time, uint64_t memory)
{
    struct irq_line intr = {.set = host->intr, .opaque = host->opaque};
    struct irq_line ide_irq[IDE_CHANNELS];
    struct irq_line pic = {.set = set_irq, .opaque = pc};
    bool ok;

    *pc = (struct pc){.clock = {.now = host->now, .opaque = host->opaque}};
    dev_ioapic_init(&pc->ioapic, host->apic_send, host->opaque);
    for (unsigned int c = 0; c < IDE_CHANNELS; c++)
        ide_irq[c] = pc_irq(pc, IDE_IRQ(c));
    /* The most used ports first: the bus searches in this order. */
    ok = dev_uart_init(&pc->com1, &pc->bus, &pc->timers, &pc->clock, PC_COM1,
                       pc_irq(pc, PC_IRQ_COM1), host->console_tx, host->opaque) &&
         dev_pic_init(&pc->pic, &pc->bus, intr) &&
         dev_pit_init(&pc->pit, &pc->bus, &pc->timers, &pc->clock, pc_irq(pc, PC_IRQ_TIMER)) &&
         dev_power_init(&pc->power, &pc->bus, &pc->clock, host->power_off, host->reset,
                        host->opaque) &&
         dev_rtc_init(&pc->rtc, &pc->bus, &pc->timers, &pc->clock, pc_irq(pc, PC_IRQ_RTC),
                      unix_time, memory) &&
         dev_kbc_init(&pc->kbc, &pc->bus, pc_irq(pc, PC_IRQ_KEYBOARD), host->reset, host->opaque) &&
         dev_piix_init(&pc->piix, &pc->bus, pic) &&
         dev_ide_init(&pc->ide, &pc->bus, &pc->piix.pci, ide_irq, host->memory);
    dev_bus_write(&pc->bus, PIC_ELCR2, 1, PIIX_ELCR2);
    return ok;
}

bool pc_add_nic(struct pc *pc, const uint8_t mac[6])
{
    unsigned int i = pc->nr_nics, slot = PC_NIC_SLOT(i);
    struct irq_line inta = {.set = piix_inta, .opaque = &pc->piix, .n = slot};

    if (i == PC_NICS)
        return false;
    pc->nr_nics++;
    return dev_ne2000_init(&pc->nic[i], &pc->piix.pci, slot, (uint16_t)(0xc100 + 0x20 * i),
                           (uint8_t)piix_default_irq(slot), inta, mac);
}

bool pc_add_platform(struct pc *pc, void (*unplug)(void *opaque, unsigned int what), void *opaque)
{
    uint8_t irq = (uint8_t)piix_default_irq(PLATFORM_SLOT);

    return dev_platform_init(&pc->platform, &pc->bus, &pc->piix.pci, irq, unplug, opaque);
}

void pc_unplug_disks(struct pc *pc, bool but_first)
{
    for (unsigned int i = but_first; i < 2 * IDE_CHANNELS; i++)
        pc->ide.channel[i / 2].drive[i % 2].present = false;
}

void pc_unplug_nics(struct pc *pc)
{
    for (unsigned int i = 0; i < pc->nr_nics; i++)
        pci_remove(&pc->piix.pci, &pc->nic[i].function);
}
