/* SPDX-License-Identifier: MIT */
/* Port accesses of a guest that knows what it does not do, with answers of the host in between. */
#include <string.h>

#include "../unit/device/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t ports[] = {0x1f0,  0x1f1,  0x1f2,  0x1f3,  0x1f4,  0x1f5,  0x1f6,  0x1f7,
                                 0x3f6,  0xc000, 0xc002, 0xc004, 0xc008, 0xcf8,  0xcfc,  0xcfe,
                                 0xc100, 0xc103, 0xc107, 0xc108, 0xc10a, 0xc10c, 0xc110, 0xc11f};

static void host(struct machine *m, uint8_t what)
{
    uint8_t frame[NE2000_FRAME_MAX] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    unsigned int len = 60 + what * 5u;
    struct ata_channel *ch = &m->pc.ide.channel[0];

    if (ch->job.kind != ATA_JOB_NONE) {
        if (ch->job.kind != ATA_JOB_FLUSH)
            assert_true(ch->job.sectors && ch->job.lba + ch->job.sectors <= 1000);
        if (!ch->job.nr_regions)
            memset(ch->job.buffer, what, ch->job.sectors * ATA_SECTOR);
        ata_job_done(ch, what != 7);
    }
    ne2000_frame(&m->pc.nic[0], frame);
    ne2000_sent(&m->pc.nic[0]);
    frame[0] = 0xff;
    if (ne2000_wants(&m->pc.nic[0], frame, len) == NE2000_TAKEN)
        ne2000_receive(&m->pc.nic[0], frame, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mac[6] = {0, 1, 2, 3, 4, 5};
    static struct machine m;
    uint8_t block[600];
    size_t i;

    machine_init(&m);
    ata_attach(&m.pc.ide.channel[0], 0, 1000, "fuzz");
    pc_add_nic(&m.pc, mac);
    for (i = 0; i < size && i < 256; i++)
        m.memory[i] = data[i]; /* a table for the bus master, perhaps */
    for (i = 0; i + 6 <= size; i += 6) {
        uint16_t port = ports[data[i] % (sizeof(ports) / 2)];
        unsigned int width = 1u << data[i + 1] % 3;
        uint32_t value;

        memcpy(&value, data + i + 2, 4);
        switch (data[i + 1] >> 2 & 7) {
        case 0:
            dev_bus_read(&m.pc.bus, port, width);
            break;
        case 1:
            host(&m, data[i + 2]);
            break;
        case 2:
            ata_data_read(&m.pc.ide.channel[0], block, width, 150);
            ne2000_data_write(&m.pc.nic[0], block, width, 150);
            break;
        case 3:
            ata_data_write(&m.pc.ide.channel[0], block, width, 150);
            ne2000_data_read(&m.pc.nic[0], block, width, 150);
            break;
        default:
            dev_bus_write(&m.pc.bus, port, width, value);
        }
    }
    return 0;
}
