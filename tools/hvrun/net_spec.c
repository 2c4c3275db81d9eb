/* SPDX-License-Identifier: MIT */
/* --net: one network card of a domain, and what the switch it is plugged into leads to. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "spec.h"

int net_mac_check(const char *option, const char *mac)
{
    bool good = strlen(mac) == 17;

    for (int i = 0; good && i < 17; i++)
        good = i % 3 == 2 ? mac[i] == ':' : isxdigit((unsigned char)mac[i]) != 0;
    if (!good)
        return complain("%s wants six bytes as 00:16:3e:01:02:03, not '%s'", option, mac);
    if (strchr("13579bBdDfF", mac[1]))
        return complain("%s: %s is a group's address (its first byte is odd)", option, mac);
    if (!strcmp(mac, "00:00:00:00:00:00"))
        return complain("%s: %s is nobody's address", option, mac);
    return 0;
}

/* `[tcp:|udp:]HOSTPORT:GUESTPORT` */
static int net_forward(struct net_config *nic, const char *value)
{
    static const char option[] = "--net hostfwd=[tcp:|udp:]HOSTPORT:GUESTPORT";
    struct forward_config *f = &nic->forward[nic->nforwards];
    char host[8];
    size_t len;

    if (nic->nforwards == HVRUN_MAX_FORWARDS)
        return complain("--net: at most %d hostfwd=", HVRUN_MAX_FORWARDS);
    *f = (struct forward_config){.udp = !strncmp(value, "udp:", 4)};
    if (f->udp || !strncmp(value, "tcp:", 4))
        value += 4;
    len = strcspn(value, ":");
    if (!value[len] || len >= sizeof(host))
        return complain("%s, not '%s'", option, value);
    snprintf(host, sizeof(host), "%.*s", (int)len, value);
    if (spec_number(option, host, 1, 65535, &f->host_port) < 0 ||
        spec_number(option, value + len + 1, 1, 65535, &f->guest_port) < 0)
        return -1;
    nic->nforwards++;
    return 0;
}

static int net_word(struct net_config *nic, const char *word)
{
    const char *value;

    if ((value = spec_value(word, "mac"))) {
        nic->mac = value;
        return net_mac_check("--net mac=", value);
    }
    if ((value = spec_value(word, "rate")))
        return spec_number("--net rate= (KiB per second)", value, 1, 1u << 30, &nic->rate_kib);
    if ((value = spec_value(word, "hostfwd"))) {
        if (!nic->user)
            return complain("--net switch has no way out; hostfwd= goes with --net user");
        return net_forward(nic, value);
    }
    return complain("--net: unknown word '%s' (mac=, rate=, hostfwd=)", word);
}

int net_spec(struct run_config *cfg, struct domain_config *d, const char *spec)
{
    char *at = config_keep(cfg, spec), *word = spec_word(&at);
    struct net_config *nic = &d->nic[d->nnics];

    if (!strcmp(word, "none") && !at && !d->nnics) {
        d->no_net = true;
        return 0;
    }
    if (d->no_net || !strcmp(word, "none"))
        return complain("--net none stands alone");
    if (d->nnics == HVRUN_MAX_NICS)
        return complain("--net: a domain can have at most %d network cards", HVRUN_MAX_NICS);
    *nic = (struct net_config){.user = !strcmp(word, "user")};
    if (!nic->user && strcmp(word, "switch"))
        return complain("--net wants user, switch or none, not '%s'", word);
    while ((word = spec_word(&at)))
        if (net_word(nic, word) < 0)
            return -1;
    d->nnics++;
    return 0;
}
