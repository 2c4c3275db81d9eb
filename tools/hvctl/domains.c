/* SPDX-License-Identifier: MIT */
#include "domains.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB_PER_PAGE 4

static void set_text(char *to, size_t room, const char *value)
{
    snprintf(to, room, "%s", value);
}

static void set_field(struct domain *d, const char *key, const char *value)
{
    unsigned long n = strtoul(value, NULL, 10);

    if (!strcmp(key, "id"))
        d->id = (unsigned int)n;
    else if (!strcmp(key, "vcpus"))
        d->vcpus = (unsigned int)n;
    else if (!strcmp(key, "online"))
        d->online = (unsigned int)n;
    else if (!strcmp(key, "weight"))
        d->weight = (unsigned int)n;
    else if (!strcmp(key, "name"))
        set_text(d->name, sizeof(d->name), value);
    else if (!strcmp(key, "kind"))
        set_text(d->kind, sizeof(d->kind), value);
    else if (!strcmp(key, "state"))
        set_text(d->state, sizeof(d->state), value);
    else if (!strcmp(key, "pages"))
        d->pages = n;
    else if (!strcmp(key, "max_pages"))
        d->max_pages = n;
    else if (!strcmp(key, "cpu_ns"))
        d->cpu_ns = n;
    else if (!strcmp(key, "released"))
        d->released = n;
}

static void take_line(char *text, void *ctx)
{
    struct domains *all = ctx;
    char *rest = text, *word;

    if (all->n == MAX_DOMAINS)
        return;
    while ((word = strsep(&rest, " "))) {
        char *value = strchr(word, '=');

        if (value) {
            *value++ = '\0';
            set_field(&all->d[all->n], word, value);
        }
    }
    all->n++;
}

enum hvctl_status domains_get(struct domains *all)
{
    memset(all, 0, sizeof(*all));
    return link_ask_words(take_line, all, "list");
}

const struct domain *domains_find(const struct domains *all, const char *who)
{
    const struct domain *found = NULL;
    char *rest;
    unsigned long id = strtoul(who, &rest, 10);

    for (unsigned int i = 0; i < all->n; i++) {
        const struct domain *d = &all->d[i];

        if (*who && !*rest && d->id == id)
            return d;
        if (!strcmp(d->name, who) && (!found || found->released))
            found = d;
    }
    return found;
}

void domains_print(const struct domains *all)
{
    printf("%-23s %2s %-4s %5s %7s %-10s %9s\n", "NAME", "ID", "KIND", "MiB", "VCPUS", "STATE",
           "TIME(s)");
    for (unsigned int i = 0; i < all->n; i++) {
        const struct domain *d = &all->d[i];
        char vcpus[24];

        snprintf(vcpus, sizeof(vcpus), "%u/%u", d->online, d->vcpus);
        printf("%-23s %2u %-4s %5lu %7s %-10s %9.1f\n", d->name, d->id, d->kind,
               d->pages * KIB_PER_PAGE / 1024, vcpus, d->state, (double)d->cpu_ns / 1e9);
    }
}

void domains_print_json(const struct domains *all)
{
    json_t *list = json_array();

    for (unsigned int i = 0; i < all->n; i++) {
        const struct domain *d = &all->d[i];

        json_array_append_new(
            list, json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:b}", "id",
                            (int)d->id, "name", d->name, "kind", d->kind, "state", d->state,
                            "vcpus", (int)d->vcpus, "online", (int)d->online, "weight",
                            (int)d->weight, "memory_kib", (json_int_t)(d->pages * KIB_PER_PAGE),
                            "max_memory_kib", (json_int_t)(d->max_pages * KIB_PER_PAGE), "cpu_ns",
                            (json_int_t)d->cpu_ns, "released", (int)d->released));
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}
