/* SPDX-License-Identifier: MIT */
/*
 * Network cards, whatever drives them: an NE2000 (hw/) or a PV network front-end
 * (pv-drivers/shim/). Frames are Ethernet frames without checksum sequence.
 */
#ifndef SHIM_NIC_H
#define SHIM_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NIC_MAC_LEN    6
#define NIC_HEADER     14    /* bytes of an Ethernet header */
#define NIC_MAX_FRAME  65550 /* header and the largest IPv4 packet */
#define NIC_MAX_PIECES 4     /* of a frame that is sent */

/* Contiguous bytes of the direct map or the kernel image; may cross pages. */
struct nic_piece {
    void *data;
    uint32_t len;
};

/*
 * A frame to send, in the sender's memory. Descriptor and pieces are the driver's from a
 * successful send() until `done`, which is called exactly once, from poll() or send().
 *
 * With `csum_start` set the checksum from that offset of the frame to its end is still to be
 * computed and stored at csum_start + csum_offset, where the (not complemented) sum of the
 * pseudo-header stands now. With `gso_size` set as well the frame is a TCP segment over IPv4 longer
 * than the MTU allows, to be cut into segments with that much payload each. Only for a card that
 * has the ability. Both need all headers in the first piece.
 */
struct nic_packet {
    struct nic_piece piece[NIC_MAX_PIECES];
    unsigned pieces;
    uint16_t csum_start, csum_offset;
    uint16_t gso_size;
    void (*done)(struct nic_packet *packet);
    void *context; /* the sender's */

    struct nic_packet *next; /* the driver's while it has the packet, the sender's otherwise */
    uint64_t driver[2];      /* the driver's */
};

/* A frame received. Valid during the upcall only. Nothing in it has been checked. */
struct nic_frame {
    const struct nic_piece *piece;
    unsigned pieces;
    uint32_t len;      /* sum over the pieces, at most NIC_MAX_FRAME */
    bool csum_trusted; /* TCP and UDP checksums were checked, or were never computed */
};

struct nic {
    const char *name; /* as in nic=: "ne2000", "xen" */
    uint8_t mac[NIC_MAC_LEN];
    uint16_t mtu;     /* largest IP packet of one segment: 1500 */
    bool can_csum;    /* computes TCP and UDP checksums over IPv4 when sending */
    bool can_tso;     /* cuts long TCP segments */
    uint32_t rx_room; /* bytes that may arrive between two polls without loss; 0: plenty */
    uint32_t rx_unit; /* of which a frame takes a multiple of this */
    bool link;        /* carrier, as of the last poll() */

    /*
     * Send a frame: at most header + mtu bytes, or NIC_MAX_FRAME with gso_size. False: no room, try
     * again after a poll(). The device need not hear of it before kick().
     */
    bool (*send)(struct nic *nic, struct nic_packet *packet);

    /* Start what was sent, with one notification if possible. */
    void (*kick)(struct nic *nic);

    /*
     * Complete sent packets, hand received frames to `receive`, watch the link. Bounded: returns
     * true if it stopped while there was more. What came without interrupt is found after the next
     * pulse (io.h).
     */
    bool (*poll)(struct nic *nic);

    /* Stop the device and take back all buffers; outstanding packets are `done` before it ends. */
    void (*close)(struct nic *nic);

    /* Set by whoever opened the card, before its first poll(). May send. */
    void (*receive)(struct nic *nic, const struct nic_frame *frame);
    void *context; /* the opener's */
};

/* A way to drive cards: finds unit number `unit` and prepares it, or returns NULL. */
struct nic_driver {
    const char *name;
    struct nic *(*open)(unsigned unit);
};

/* The variant's drivers, best first; the last entry has no name. */
extern const struct nic_driver nic_drivers[];

/* kernel/nic.c: as disk_open(), by the words nic= and nicunit=. */
struct nic *nic_open(void);

#endif
