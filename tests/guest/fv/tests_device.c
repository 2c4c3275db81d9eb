/* SPDX-License-Identifier: MIT */
/*
 * Registers of PCI bus, disk and network card as they are found and as they answer, printed: the
 * lines must be the same in plain QEMU and in the container.
 */
#include "fv.h"

static void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}

static uint32_t inl(uint16_t port)
{
    uint32_t v;

    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static uint16_t inw(uint16_t port)
{
    uint16_t v;

    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static void show(const char *name, uint32_t v)
{
    print("DEVICE ");
    print(name);
    print(" ");
    print_hex(v);
    print("\n");
}

/* ---- PCI */

static void pci_select(uint32_t devfn, uint32_t offset)
{
    outl(0xcf8, 0x80000000u | devfn << 8 | offset);
}

static uint32_t pci_read(uint32_t devfn, uint32_t offset)
{
    pci_select(devfn, offset);
    return inl(0xcfc);
}

static void pci_write(uint32_t devfn, uint32_t offset, uint32_t v)
{
    pci_select(devfn, offset);
    outl(0xcfc, v);
}

static uint32_t find_nic(void)
{
    for (uint32_t slot = 2; slot < 32; slot++)
        if (pci_read(slot << 3, 0) == 0x802910ec)
            return slot << 3;
    return 0;
}

static void device_pci(void)
{
    show("address", (outl(0xcf8, 0x80000000), inl(0xcf8)));
    show("host", pci_read(0, 0));
    show("isa", pci_read(8, 0));
    show("ide", pci_read(9, 0));
    show("host_class", pci_read(0, 8) >> 16);
    show("isa_class", pci_read(8, 8) >> 16);
    show("ide_class", pci_read(9, 8) >> 8);
    pci_select(8, 0xc);
    show("isa_header", inb(0xcfe));
    pci_select(9, 0);
    show("word", inw(0xcfe));
    show("nobody", pci_read(31 << 3, 0));
    pci_write(9, 4, 1);
    pci_write(9, 0x20, 0xffffffff);
    show("ide_bar_size", pci_read(9, 0x20));
    pci_write(9, 0x20, 0xc201);
    show("ide_bar", pci_read(9, 0x20));
    show("ide_timing_on", pci_read(9, 0x40) & 0x80008000);
}

/* ---- ATA */

static uint8_t ata_wait(void)
{
    uint8_t s;

    while ((s = inb(0x3f6)) & 0x80)
        ;
    return s;
}

/* Without bit 4 of the status, which has had no meaning since ATA-4. */
static void ata_registers(const char *name)
{
    uint8_t s = ata_wait() & 0xef;

    show(name, (uint32_t)s << 24 | (uint32_t)inb(0x1f1) << 16 | inb(0x1f2) << 8 | inb(0x1f3));
    show(name, (uint32_t)inb(0x1f4) << 24 | (uint32_t)inb(0x1f5) << 16 | inb(0x1f6) << 8 |
                   (inb(0x1f7) & 0xef));
}

static void ata_command(uint8_t device, uint32_t lba, uint8_t count, uint8_t command)
{
    outb(0x1f6, device | (lba >> 24 & 15));
    outb(0x1f2, count);
    outb(0x1f3, (uint8_t)lba);
    outb(0x1f4, (uint8_t)(lba >> 8));
    outb(0x1f5, (uint8_t)(lba >> 16));
    outb(0x1f7, command);
    inb(0x3f6);
    ata_wait();
}

static void device_ata(void)
{
    uint32_t sum = 0;

    outb(0x1f6, 0xa0);
    outb(0x3f6, 0x06);
    outb(0x3f6, 0x02);
    ata_registers("after_reset");
    outb(0x1f6, 0xb0);
    show("no_slave", inb(0x1f7));
    outb(0x1f6, 0xa0);
    outb(0x176, 0xa0);
    show("no_channel", inb(0x177));
    ata_command(0xe0, 0, 0, 0xec);
    show("identify", inb(0x3f6));
    for (unsigned int i = 0; i < 256; i++) {
        uint16_t w = inw(0x1f0);

        if (i == 49 || i == 60 || i == 61 || i == 100)
            show("identify_word", i << 16 | (i == 49 ? w & 0x300 : w));
    }
    ata_registers("identified");
    ata_command(0xe0, 5, 2, 0x30);
    show("write", inb(0x3f6));
    for (unsigned int i = 0; i < 512; i++) {
        if (i == 256)
            show("write_block", ata_wait());
        __asm__ volatile("outw %0, %1" ::"a"((uint16_t)(i * 7)), "Nd"((uint16_t)0x1f0));
    }
    show("written", ata_wait());
    ata_command(0xe0, 5, 2, 0x20);
    show("read", inb(0x3f6));
    for (unsigned int i = 0; i < 512; i++) {
        if (i == 256)
            show("read_block", ata_wait());
        sum = sum * 31 + inw(0x1f0);
    }
    show("sum", sum);
    show("read_over", ata_wait());
    ata_command(0xe0, 0, 3, 0xc6);
    ata_registers("multiple_of_3");
    ata_command(0xe0, 0, 8, 0xc6);
    ata_registers("multiple_of_8");
    ata_command(0xe0, 0, 0, 0xff);
    ata_registers("unknown");
    ata_command(0xe0, 0, 0, 0xe7);
    show("flushed", ata_wait());
    ata_command(0xe0, 0, 0, 0xe5);
    show("power", inb(0x1f2));
    ata_command(0xe0, 0xfffffff, 1, 0x20);
    show("beyond", ata_wait() & 0x89);
}

/* ---- NE2000 */

static void device_nic(void)
{
    uint32_t devfn = find_nic();
    uint16_t base = 0xc300;

    show("nic_found", devfn != 0);
    pci_write(devfn, 0x10, base);
    pci_write(devfn, 4, 1);
    show("nic_pin", pci_read(devfn, 0x3c) >> 8 & 0xff);
    outb(base, 0x21);
    inb(base + 0x1f);
    show("nic_reset", inb(base + 7) & 0x80);
    show("nic_id", inb(base + 0xa) << 8 | inb(base + 0xb));
    outb(base + 0xe, 0x49);
    outb(base + 0xa, 32);
    outb(base + 0xb, 0);
    outb(base + 8, 0);
    outb(base + 9, 0);
    outb(base, 0x0a);
    for (unsigned int i = 0; i < 16; i++)
        if (i < 6 || i > 13) /* between them QEMU shows bytes of the address again */
            show("prom", inb(base + 0x10));
        else
            inb(base + 0x10);
    show("remote_done", inb(base + 7) & 0x40);
    outb(base, 0x61);
    outb(base + 1, 0x12);
    outb(base + 7, 0x4c);
    show("page1", inb(base + 1) << 8 | inb(base + 7));
    outb(base, 0x21);
}

void tests_device(void)
{
    device_pci();
    device_ata();
    device_nic();
}
