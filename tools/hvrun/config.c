/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kept_text {
    struct kept_text *next;
    char text[];
};

char *config_keep(struct run_config *cfg, const char *text)
{
    size_t size = strlen(text) + 1;
    struct kept_text *k = malloc(sizeof(*k) + size);

    if (!k)
        abort();
    memcpy(k->text, text, size);
    k->next = cfg->kept;
    cfg->kept = k;
    return k->text;
}

void config_free(struct run_config *cfg)
{
    struct kept_text *k;

    while ((k = cfg->kept)) {
        cfg->kept = k->next;
        free(k);
    }
    for (unsigned int i = 0; i < cfg->nimages; i++)
        close(cfg->image[i].fd);
    cfg->nimages = 0;
}
