/* SPDX-License-Identifier: MIT */
#include "kbc.h"

#define STATUS_OUTPUT  0x01 /* a byte waits at 0x60 */
#define STATUS_SYSTEM  0x04 /* self-test passed */
#define STATUS_COMMAND 0x08 /* the last write went to 0x64 */
#define STATUS_UNLOCK  0x10 /* the keyboard is not locked */
#define STATUS_AUX     0x20 /* the byte is from the mouse port */
#define STATUS_TIMEOUT 0x40 /* the device did not answer */

#define MODE_IRQ     0x01
#define MODE_SYSTEM  0x04
#define MODE_DEFAULT (MODE_IRQ | MODE_SYSTEM | 0x20 | 0x40) /* mouse off, translation on */

#define OUT_RESET 0x01 /* active low */
#define OUT_A20   0x02

#define KBD_RESEND 0xfe

enum kbc_command {
    CMD_READ_MODE = 0x20,
    CMD_WRITE_MODE = 0x60,
    CMD_DISABLE_AUX = 0xa7,
    CMD_ENABLE_AUX = 0xa8,
    CMD_TEST_AUX = 0xa9,
    CMD_SELF_TEST = 0xaa,
    CMD_TEST_KBD = 0xab,
    CMD_DISABLE_KBD = 0xad,
    CMD_ENABLE_KBD = 0xae,
    CMD_READ_INPUT = 0xc0,
    CMD_READ_OUTPUT = 0xd0,
    CMD_WRITE_OUTPUT = 0xd1,
    CMD_WRITE_KBD_BUFFER = 0xd2,
    CMD_WRITE_AUX_BUFFER = 0xd3,
    CMD_WRITE_AUX = 0xd4,
    CMD_PULSE = 0xf0, /* and above: pulse the output lines whose bits are 0 */
};

#define INTERFACE_OK        0x00
#define INTERFACE_CLOCK_LOW 0x01
#define SELF_TEST_OK        0x55

#define MODE_KBD_OFF 0x10
#define MODE_AUX_OFF 0x20

static void kbc_put(struct kbc *kbc, uint8_t byte, uint8_t flags)
{
    kbc->data = byte;
    kbc->status &= ~(STATUS_AUX | STATUS_TIMEOUT);
    kbc->status |= STATUS_OUTPUT | flags;
    irq_set(&kbc->irq, false);
    irq_set(&kbc->irq, (kbc->mode & MODE_IRQ) && !(flags & STATUS_AUX));
}

static void kbc_write_outport(struct kbc *kbc, uint8_t value)
{
    kbc->outport = value | OUT_RESET;
    if (!(value & OUT_RESET))
        kbc->reset(kbc->reset_opaque);
}

static void kbc_command(struct kbc *kbc, uint8_t cmd)
{
    kbc->command = 0;
    switch (cmd) {
    case CMD_READ_MODE:
        kbc_put(kbc, kbc->mode, 0);
        break;
    case CMD_DISABLE_AUX:
        kbc->mode |= MODE_AUX_OFF;
        break;
    case CMD_ENABLE_AUX:
        kbc->mode &= ~MODE_AUX_OFF;
        break;
    case CMD_TEST_AUX:
        kbc_put(kbc, INTERFACE_CLOCK_LOW, 0);
        break;
    case CMD_SELF_TEST:
        kbc->status |= STATUS_SYSTEM;
        kbc_put(kbc, SELF_TEST_OK, 0);
        break;
    case CMD_TEST_KBD:
        kbc_put(kbc, INTERFACE_OK, 0);
        break;
    case CMD_DISABLE_KBD:
        kbc->mode |= MODE_KBD_OFF;
        break;
    case CMD_ENABLE_KBD:
        kbc->mode &= ~MODE_KBD_OFF;
        break;
    case CMD_READ_INPUT:
        kbc_put(kbc, 0x80, 0);
        break;
    case CMD_READ_OUTPUT:
        kbc_put(kbc, kbc->outport, 0);
        break;
    case CMD_WRITE_MODE:
    case CMD_WRITE_OUTPUT:
    case CMD_WRITE_KBD_BUFFER:
    case CMD_WRITE_AUX_BUFFER:
    case CMD_WRITE_AUX:
        kbc->command = cmd;
        break;
    default:
        if (cmd >= CMD_PULSE && !(cmd & OUT_RESET))
            kbc->reset(kbc->reset_opaque);
        break;
    }
}

/* A byte at 0x60: the argument of a command, or for the keyboard, where nobody answers. */
static void kbc_data(struct kbc *kbc, uint8_t value)
{
    uint8_t cmd = kbc->command;

    kbc->command = 0;
    switch (cmd) {
    case CMD_WRITE_MODE:
        kbc->mode = value;
        irq_set(&kbc->irq, (kbc->mode & MODE_IRQ) && (kbc->status & STATUS_OUTPUT));
        break;
    case CMD_WRITE_OUTPUT:
        kbc_write_outport(kbc, value);
        break;
    case CMD_WRITE_KBD_BUFFER:
        kbc_put(kbc, value, 0);
        break;
    case CMD_WRITE_AUX_BUFFER:
    case CMD_WRITE_AUX:
        kbc_put(kbc, KBD_RESEND, STATUS_AUX | STATUS_TIMEOUT);
        break;
    default:
        kbc_put(kbc, KBD_RESEND, STATUS_TIMEOUT);
        break;
    }
}

static uint32_t kbc_read(void *opaque, uint16_t port, unsigned int size)
{
    struct kbc *kbc = opaque;

    if (port & 4)
        return kbc->status;
    kbc->status &= ~(STATUS_OUTPUT | STATUS_AUX | STATUS_TIMEOUT);
    irq_set(&kbc->irq, false);
    return kbc->data;
}

static void kbc_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct kbc *kbc = opaque;

    if (port & 4) {
        kbc->status |= STATUS_COMMAND;
        kbc_command(kbc, value);
    } else {
        kbc->status &= ~STATUS_COMMAND;
        kbc_data(kbc, value);
    }
}

static uint32_t port92_read(void *opaque, uint16_t port, unsigned int size)
{
    struct kbc *kbc = opaque;

    return kbc->outport & OUT_A20;
}

/* Bit 0 pulses reset, bit 1 is A20. The address line itself is never masked. */
static void port92_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct kbc *kbc = opaque;

    kbc->outport = (kbc->outport & ~OUT_A20) | (value & OUT_A20);
    if (value & 1)
        kbc->reset(kbc->reset_opaque);
}

static const struct dev_port_ops kbc_ops = {kbc_read, kbc_write};
static const struct dev_port_ops port92_ops = {port92_read, port92_write};

bool dev_kbc_init(struct kbc *kbc, struct dev_bus *bus, struct irq_line irq,
                  void (*reset)(void *opaque), void *reset_opaque)
{
    *kbc = (struct kbc){.irq = irq,
                        .reset = reset,
                        .reset_opaque = reset_opaque,
                        .mode = MODE_DEFAULT,
                        .outport = OUT_RESET | OUT_A20 | 0xcc,
                        .status = STATUS_SYSTEM | STATUS_UNLOCK | STATUS_COMMAND};
    return dev_bus_claim(bus, 0x60, 1, 1, &kbc_ops, kbc) &&
           dev_bus_claim(bus, 0x64, 1, 1, &kbc_ops, kbc) &&
           dev_bus_claim(bus, 0x92, 1, 1, &port92_ops, kbc);
}
