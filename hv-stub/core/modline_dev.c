/* SPDX-License-Identifier: MIT */
/* Disks and network interfaces of a kernel line. */
#include "modword.h"

/* ---- disk=MEDIA,VDEV,MODE[,iops=N] */

static bool parse_media(struct word w, struct disk_config *d)
{
    struct word kind = word_part(&w, ':'), number = word_part(&w, ':');
    uint64_t v;

    if (word_is(kind, "virtio")) {
        d->media = DISK_VIRTIO;
        if (w.len || !word_number(number, 0, 255, &v))
            return false;
        d->index = (uint32_t)v;
        return true;
    }
    d->media = DISK_RAM;
    if (!word_is(kind, "ram") || !word_number(number, 1, 1u << 20, &v))
        return false;
    d->mib = (uint32_t)v;
    return !w.len || word_name(w, d->name, sizeof(d->name));
}

/* Device numbers of the disks that guests know by name, as toolstacks compute them: major and minor
 * of Linux, for the whole disk. */
static const struct {
    const char *prefix;
    char last;                 /* letter */
    uint16_t base, other_base; /* IDE: two disks have a major number */
    uint8_t shift;             /* minor numbers per disk */
} vdevs[] = {
    {"xvd", 'p', 202 << 8, 0, 4},
    {"sd", 'p', 8 << 8, 0, 4},
    {"hd", 'd', 3 << 8, 22 << 8, 6},
};

static bool parse_vdev(struct word w, struct disk_config *d)
{
    char letter;

    if (!word_name(w, d->vdev, sizeof(d->vdev)))
        return false;
    letter = w.s[w.len - 1];
    for (unsigned i = 0; i < ARRAY_SIZE(vdevs); i++) {
        uint32_t n = (uint32_t)(letter - 'a'), base = vdevs[i].base;

        if (w.len != strlen(vdevs[i].prefix) + 1 || letter < 'a' || letter > vdevs[i].last ||
            memcmp(w.s, vdevs[i].prefix, w.len - 1))
            continue;
        if (vdevs[i].other_base && n >= 2) {
            base = vdevs[i].other_base;
            n -= 2;
        }
        d->number = base + (n << vdevs[i].shift);
        return true;
    }
    return false;
}

static bool vdev_taken(const struct domain_config *cfg, uint32_t number)
{
    for (uint32_t i = 0; i < cfg->nr_disks; i++)
        if (cfg->disk[i].number == number)
            return true;
    return false;
}

const char *disk_option(struct word w, struct domain_config *cfg)
{
    struct word media = word_part(&w, ','), vdev = word_part(&w, ','), mode = word_part(&w, ',');
    struct disk_config d = {0};
    uint64_t v;

    if (cfg->nr_disks == HV_LINE_DISKS)
        return "a domain has 4 disks at most";
    if (!parse_media(media, &d))
        return "disk must begin with ram:MiB, ram:MiB:NAME or virtio:N";
    if (!parse_vdev(vdev, &d))
        return "the second part of disk must be a device: xvda to xvdp, sda to sdp, hda to hdd";
    if (vdev_taken(cfg, d.number))
        return "two disks of the same name";
    d.writable = word_is(mode, "w");
    if (!d.writable && !word_is(mode, "r"))
        return "the third part of disk must be r or w";
    if (w.len) {
        if (!word_key(&w, "iops") || !word_number(w, 1, 1u << 30, &v))
            return "what may follow is iops=N, requests a second";
        d.iops = (uint32_t)v;
    }
    cfg->disk[cfg->nr_disks++] = d;
    return NULL;
}

/* ---- net[=[mac=aa:bb:cc:dd:ee:ff][,rate=KiB/s]] */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Not the address of a group, which nobody can have. */
static bool parse_mac(struct word w, uint8_t mac[6])
{
    if (w.len != 17)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        int high = hex_digit(w.s[3 * i]), low = hex_digit(w.s[3 * i + 1]);

        if (high < 0 || low < 0 || (i < 5 && w.s[3 * i + 2] != ':'))
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return !(mac[0] & 1);
}

const char *net_option(struct word w, struct domain_config *cfg)
{
    struct net_config n = {0};
    uint64_t v;

    if (cfg->nr_nics == HV_LINE_NICS)
        return "a domain has 2 network interfaces at most";
    while (w.len) {
        struct word part = word_part(&w, ',');

        if (word_key(&part, "mac")) {
            if (!parse_mac(part, n.mac))
                return "mac must be six bytes like 00:16:3e:00:00:01, of one station";
            n.has_mac = true;
        } else if (word_key(&part, "rate") && word_number(part, 1, 1u << 30, &v)) {
            n.rate_kib = (uint32_t)v;
        } else {
            return "net takes mac=aa:bb:cc:dd:ee:ff and rate=KiB/s";
        }
    }
    cfg->nic[cfg->nr_nics++] = n;
    return NULL;
}
