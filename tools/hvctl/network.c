/* SPDX-License-Identifier: MIT */
/* network-attach, network-detach, network-list. */
#include <libxl.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "devices.h"

/* ---- attaching */

/* What xl has words for and there is but one of here: the switch, and a card. */
static bool means_nothing(const char *word)
{
    static const char *const keys[] = {
        "bridge=", "script=", "type=", "model=", "ip=", "vifname=", "backend="};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strncmp(word, keys[i], strlen(keys[i])))
            return true;
    return false;
}

/* "10MB/s" and the like, to KiB a second. */
static bool read_rate(const char *text, unsigned long *kib)
{
    XLU_Config *file = xlu_cfg_init(stderr, "network-attach");
    libxl_device_nic nic;
    bool ok;

    if (!file)
        abort();
    libxl_device_nic_init(&nic);
    ok = !xlu_vif_parse_rate(file, text, &nic) && nic.rate_interval_usecs; /* complains itself */
    if (ok)
        *kib =
            (unsigned long)(nic.rate_bytes_per_interval * 1000000 / nic.rate_interval_usecs / 1024);
    libxl_device_nic_dispose(&nic);
    xlu_cfg_destroy(file);
    return ok && *kib;
}

enum hvctl_status network_attach(const struct device_call *c)
{
    char id[16], spec[96] = "";
    const char *mac = NULL;
    unsigned long kib = 0;

    for (char **word = c->arg; *word; word++) {
        if (!strncmp(*word, "mac=", 4))
            mac = *word + 4;
        else if (!strncmp(*word, "rate=", 5) && !read_rate(*word + 5, &kib))
            return hvctl_complain(HVCTL_USAGE, "rate= wants for instance 10MB/s, not '%s'",
                                  *word + 5);
        else if (strncmp(*word, "rate=", 5) && !means_nothing(*word))
            return hvctl_complain(HVCTL_USAGE, "network-attach: unknown word '%s' (mac=, rate=)",
                                  *word);
    }
    if (mac && strlen(mac) != strlen("00:16:3e:00:00:00"))
        return hvctl_complain(HVCTL_USAGE, "mac= wants six bytes as 00:16:3e:01:02:03, not '%s'",
                              mac);
    snprintf(id, sizeof(id), "%u", c->d->id);
    if (mac)
        snprintf(spec, sizeof(spec), "mac=%s", mac);
    if (kib)
        snprintf(spec + strlen(spec), sizeof(spec) - strlen(spec), "%srate=%lu", mac ? "," : "",
                 kib);
    return link_ask_words(NULL, NULL, "net-attach", id, *spec ? spec : NULL);
}

/* ---- detaching */

/* As xl does, by force if the domain does not answer. */
enum hvctl_status network_detach(const struct device_call *c)
{
    char which[DEVICE_BYTES];
    enum hvctl_status rc = device_find(c->d, "vif", "mac", strcasecmp, c->arg[0], which);

    if (!rc && !*which)
        rc = hvctl_complain(HVCTL_REFUSED, "domain %u has no card '%s' (see network-list)",
                            c->d->id, c->arg[0]);
    if (!rc)
        rc = device_detach(c, which, false);
    if (rc == HVCTL_NO_ANSWER && hvctl_now() < c->deadline)
        rc = device_detach(c, which, true);
    return rc;
}

/* ---- the list */

static bool print(const struct domain *d, const char *number, void *ctx)
{
    char which[DEVICE_BYTES], mac[24], state[8], port[16], ring[2][16];

    snprintf(which, sizeof(which), "vif/%s", number);
    device_node(d, which, "mac", mac, sizeof(mac));
    device_node(d, which, "state", state, sizeof(state));
    device_front_node(d, which, "event-channel", port, sizeof(port));
    if (!*port)
        device_front_node(d, which, "event-channel-tx", port, sizeof(port));
    device_front_node(d, which, "tx-ring-ref", ring[0], sizeof(ring[0]));
    device_front_node(d, which, "rx-ring-ref", ring[1], sizeof(ring[1]));
    printf("%-3s 0   %-17s %-6s %-5s %-6s %5s/%-11s /local/domain/0/backend/vif/%u/%s\n", number,
           mac, number, state, *port ? port : "-1", *ring[0] ? ring[0] : "-1",
           *ring[1] ? ring[1] : "-1", d->id, number);
    return false;
}

enum hvctl_status network_list(const struct device_call *c)
{
    printf("%-3s %-3s %-17s %-6s %-5s %-6s %5s/%-11s %s\n", "Idx", "BE", "Mac Addr.", "handle",
           "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");
    return device_each(c->d, "vif", print, NULL);
}
