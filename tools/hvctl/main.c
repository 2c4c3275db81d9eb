/* SPDX-License-Identifier: MIT */
/*
 * hvctl: manage the domains of a running hvrun --control PATH, with the commands and the effects of
 * Xen's xl where it has them. What xl does by a write to the store is one here as well.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "domains.h"
#include "link.h"

#define TIMEOUT 20.0 /* seconds, unless --timeout says otherwise */
#define POLL_MS 50

static double deadline;
static const char *control_path;

struct call {
    char **arg; /* what follows the command, NULL at the end */
    struct domains all;
    const struct domain *d; /* of commands that begin with a domain */
};

struct command {
    const char *name, *args, *help;
    int min, max; /* arguments */
    bool domain;  /* the first is a domain */
    enum hvctl_status (*fn)(struct call *c);
};

/* ---- the store */

/* Guests write nodes: to a terminal nothing goes that it could take for a command. */
static void print_unescaped(char *text, void *ctx)
{
    size_t n = isatty(STDOUT_FILENO) ? strlen(text) : link_unescape(text);

    fwrite(text, 1, n, stdout);
    putchar('\n');
}

static enum hvctl_status read_node(struct call *c)
{
    return link_ask_words(print_unescaped, NULL, "xs-read", c->arg[0]);
}

static enum hvctl_status write_node(struct call *c)
{
    return link_ask_words(NULL, NULL, "xs-write", c->arg[0], c->arg[1]);
}

static enum hvctl_status remove_node(struct call *c)
{
    return link_ask_words(NULL, NULL, "xs-rm", c->arg[0]);
}

struct names {
    size_t n;
    char *name[1024];
};

static void take_name(char *text, void *ctx)
{
    struct names *names = ctx;

    link_unescape(text);
    if (names->n < sizeof(names->name) / sizeof(names->name[0]))
        names->name[names->n++] = strdup(text);
}

static void print_value(char *text, void *ctx)
{
    printf(" = \"%s\"", text);
}

/* A node that is gone by the time it is looked at is left out. */
static enum hvctl_status list_below(const char *path, int depth)
{
    const char *ls[] = {"xs-ls", path, NULL};
    struct names names = {.n = 0};
    enum hvctl_status rc = link_ask(ls, take_name, &names, depth > 0);

    for (size_t i = 0; i < names.n; i++) {
        char below[4096];
        const char *read[] = {"xs-read", below, NULL};

        snprintf(below, sizeof(below), "%s/%s", strcmp(path, "/") ? path : "", names.name[i]);
        printf("%*s%s", depth, "", names.name[i]);
        link_ask(read, print_value, NULL, true);
        putchar('\n');
        if (rc != HVCTL_NO_ANSWER)
            rc = list_below(below, depth + 1) == HVCTL_NO_ANSWER ? HVCTL_NO_ANSWER : rc;
        free(names.name[i]);
    }
    return rc;
}

static enum hvctl_status list_nodes(struct call *c)
{
    return list_below(c->arg[0] ? c->arg[0] : "/", 0);
}

/* A node of the domain. */
static enum hvctl_status set_node(const struct call *c, const char *node, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", c->d->id, node);
    return link_ask_words(NULL, NULL, "xs-write", path, value);
}

/* ---- domains */

static enum hvctl_status list(struct call *c)
{
    enum hvctl_status rc = domains_get(&c->all);

    if (rc)
        return rc;
    if (c->arg[0] && strcmp(c->arg[0], "--json"))
        return hvctl_complain(HVCTL_USAGE, "list takes --json or nothing, not '%s'", c->arg[0]);
    if (c->arg[0])
        domains_print_json(&c->all);
    else
        domains_print(&c->all);
    return HVCTL_OK;
}

/* One that hv-stub itself serves, with the domain's number first. */
static enum hvctl_status pass_on(struct call *c, const char *name, const char *value,
                                 void (*line)(char *, void *))
{
    char id[16];

    snprintf(id, sizeof(id), "%u", c->d->id);
    return link_ask_words(line, NULL, name, id, value);
}

static void print_line(char *text, void *ctx)
{
    puts(text);
}

static enum hvctl_status destroy(struct call *c)
{
    return pass_on(c, "destroy", NULL, NULL);
}

static enum hvctl_status pause_domain(struct call *c)
{
    return pass_on(c, "pause", NULL, NULL);
}

static enum hvctl_status unpause(struct call *c)
{
    return pass_on(c, "unpause", NULL, NULL);
}

static enum hvctl_status resume(struct call *c)
{
    return pass_on(c, "resume", c->arg[1], NULL);
}

static enum hvctl_status audit(struct call *c)
{
    return pass_on(c, "audit", NULL, print_line);
}

static enum hvctl_status stats(struct call *c)
{
    return pass_on(c, "stats", NULL, print_line);
}

static enum hvctl_status ask_shutdown(struct call *c, const char *how)
{
    if (c->d->released)
        return hvctl_complain(HVCTL_REFUSED, "domain %u has ended", c->d->id);
    return set_node(c, "control/shutdown", how);
}

static enum hvctl_status shutdown_domain(struct call *c)
{
    return ask_shutdown(c, "poweroff");
}

static enum hvctl_status reboot(struct call *c)
{
    return ask_shutdown(c, "reboot");
}

static enum hvctl_status suspend(struct call *c)
{
    return ask_shutdown(c, "suspend");
}

static enum hvctl_status sysrq(struct call *c)
{
    if (strlen(c->arg[1]) != 1)
        return hvctl_complain(HVCTL_USAGE, "sysrq wants one letter, not '%s'", c->arg[1]);
    return set_node(c, "control/sysrq", c->arg[1]);
}

static bool number(const char *text, unsigned long max, unsigned long *n)
{
    char *rest;

    errno = 0;
    *n = strtoul(text, &rest, 10);
    return *text >= '0' && *text <= '9' && !*rest && !errno && *n <= max;
}

/* As xl: the hypervisor's limit first when it goes up, so that the balloon is not refused. */
static enum hvctl_status mem_set(struct call *c)
{
    unsigned long mib;
    char kib[24];
    enum hvctl_status rc;

    if (!number(c->arg[1], 1ul << 20, &mib) || !mib)
        return hvctl_complain(HVCTL_USAGE, "mem-set wants MiB, not '%s'", c->arg[1]);
    snprintf(kib, sizeof(kib), "%lu", mib * 1024);
    rc = pass_on(c, "maxmem", kib, NULL);
    return rc ? rc : set_node(c, "memory/target", kib);
}

static enum hvctl_status vcpu_set(struct call *c)
{
    unsigned long count;
    enum hvctl_status rc = HVCTL_OK;

    if (!number(c->arg[1], c->d->vcpus, &count) || !count)
        return hvctl_complain(HVCTL_USAGE, "vcpu-set wants 1 to %u, not '%s'", c->d->vcpus,
                              c->arg[1]);
    for (unsigned int i = 0; i < c->d->vcpus && !rc; i++) {
        char node[40];

        snprintf(node, sizeof(node), "cpu/%u/availability", i);
        rc = set_node(c, node, i < count ? "online" : "offline");
    }
    return rc;
}

/* Until the domain is in that state; "ended" is any from which it does not come back. */
static bool is_in(const struct domain *d, const char *state)
{
    if (!strcmp(state, "ended"))
        return d->released;
    if (!strcmp(state, "running") && !strcmp(d->state, "blocked"))
        return true;
    return !strcmp(d->state, state);
}

static enum hvctl_status wait_state(struct call *c)
{
    unsigned int id = c->d->id;
    char who[16];

    snprintf(who, sizeof(who), "%u", id);
    while (!is_in(c->d, c->arg[1])) {
        enum hvctl_status rc;

        if (hvctl_now() >= deadline)
            return hvctl_complain(HVCTL_NO_ANSWER, "domain %u is %s", id, c->d->state);
        poll(NULL, 0, POLL_MS);
        rc = domains_get(&c->all);
        c->d = rc ? NULL : domains_find(&c->all, who);
        if (!c->d)
            return rc ? rc : hvctl_complain(HVCTL_REFUSED, "domain %u is gone", id);
    }
    return HVCTL_OK;
}

static enum hvctl_status info(struct call *c)
{
    return link_ask_words(print_line, NULL, "hello");
}

/* ---- devices */

static enum hvctl_status with_devices(struct call *c,
                                      enum hvctl_status (*fn)(const struct device_call *c))
{
    const struct device_call dc = {
        .d = c->d, .path = control_path, .arg = c->arg + 1, .deadline = deadline};

    if (c->d->released)
        return hvctl_complain(HVCTL_REFUSED, "domain %u has ended", c->d->id);
    return fn(&dc);
}

static enum hvctl_status attach_block(struct call *c)
{
    return with_devices(c, block_attach);
}

static enum hvctl_status detach_block(struct call *c)
{
    return with_devices(c, block_detach);
}

static enum hvctl_status list_block(struct call *c)
{
    return with_devices(c, block_list);
}

static enum hvctl_status attach_network(struct call *c)
{
    return with_devices(c, network_attach);
}

static enum hvctl_status detach_network(struct call *c)
{
    return with_devices(c, network_detach);
}

static enum hvctl_status list_network(struct call *c)
{
    return with_devices(c, network_list);
}

static const struct command commands[] = {
    {"list", "[--json]", "the domains", 0, 1, false, list},
    {"info", "", "the machine", 0, 0, false, info},
    {"shutdown", "DOMAIN", "ask it to power off", 1, 1, true, shutdown_domain},
    {"reboot", "DOMAIN", "ask it to reboot", 1, 1, true, reboot},
    {"destroy", "DOMAIN", "end it without asking", 1, 1, true, destroy},
    {"pause", "DOMAIN", "keep it off the CPUs", 1, 1, true, pause_domain},
    {"unpause", "DOMAIN", "let it run again", 1, 1, true, unpause},
    {"suspend", "DOMAIN", "ask it to suspend itself", 1, 1, true, suspend},
    {"resume", "DOMAIN [new]", "let it go on, or as after a restore elsewhere", 1, 2, true, resume},
    {"sysrq", "DOMAIN KEY", "a magic SysRq key", 2, 2, true, sysrq},
    {"mem-set", "DOMAIN MiB", "set the target of its balloon", 2, 2, true, mem_set},
    {"vcpu-set", "DOMAIN N", "how many of its vcpus shall be online", 2, 2, true, vcpu_set},
    {"block-attach", "DOMAIN DISK...", "give it a disk, in xl's words", 2, 16, true, attach_block},
    {"block-detach", "DOMAIN DEV [--force]", "take one away", 2, 3, true, detach_block},
    {"network-attach", "DOMAIN [WORD...]", "give it a card: mac=, rate=", 1, 8, true,
     attach_network},
    {"network-detach", "DOMAIN N", "take one away: its number or address", 2, 2, true,
     detach_network},
    {"network-list", "DOMAIN", "the cards it has", 1, 1, true, list_network},
    {"block-list", "DOMAIN", "the disks it has", 1, 1, true, list_block},
    {"wait", "DOMAIN STATE", "until it is running, paused, suspended, ended ...", 2, 2, true,
     wait_state},
    {"stats", "DOMAIN", "what was counted of it, in JSON", 1, 1, true, stats},
    {"audit", "DOMAIN", "recount the uses of all its pages", 1, 1, true, audit},
    {"xenstore-ls", "[PATH]", "the nodes below", 0, 1, false, list_nodes},
    {"xenstore-read", "PATH", "a node's value", 1, 1, false, read_node},
    {"xenstore-write", "PATH VALUE", "set it, as domain 0", 2, 2, false, write_node},
    {"xenstore-rm", "PATH", "remove it and all below", 1, 1, false, remove_node},
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
    printf(
        "usage: hvctl [--timeout S] PATH COMMAND [ARGUMENT]...\n"
        "Manage the domains of the hvrun that was given --control PATH. A DOMAIN is a number or a "
        "name.\n\n");
    for (size_t i = 0; i < NCOMMANDS; i++)
        printf("  %s %-*s%s\n", commands[i].name, 26 - (int)strlen(commands[i].name),
               commands[i].args, commands[i].help);
    printf("\nExit status: 0 done, 1 refused, 2 bad usage, 5 no answer within S seconds (%g).\n",
           TIMEOUT);
    return HVCTL_OK;
}

static enum hvctl_status run(const struct command *cmd, const char *path, char **arg)
{
    static struct call c;
    enum hvctl_status rc = link_open(path, deadline);

    c.arg = arg;
    control_path = path;
    if (!rc && cmd->domain) {
        rc = domains_get(&c.all);
        c.d = rc ? NULL : domains_find(&c.all, arg[0]);
        if (!rc && !c.d)
            return hvctl_complain(HVCTL_REFUSED, "no domain '%s'", arg[0]);
    }
    return rc ? rc : cmd->fn(&c);
}

int main(int argc, char **argv)
{
    double timeout = TIMEOUT;

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return help();
    if (argc > 2 && !strcmp(argv[1], "--timeout")) {
        char *rest;

        timeout = strtod(argv[2], &rest);
        if (*rest || !(timeout > 0 && timeout <= 1e6))
            return hvctl_complain(HVCTL_USAGE, "--timeout wants seconds, not '%s'", argv[2]);
        argv += 2;
        argc -= 2;
    }
    if (argc < 3)
        return hvctl_complain(HVCTL_USAGE, "wants a PATH and a COMMAND (see hvctl --help)");
    deadline = hvctl_now() + timeout;
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, argv[2]))
            continue;
        if (argc - 3 < commands[i].min || argc - 3 > commands[i].max)
            return hvctl_complain(HVCTL_USAGE, "%s wants %s", argv[2], commands[i].args);
        return run(&commands[i], argv[1], argv + 3);
    }
    return hvctl_complain(HVCTL_USAGE, "no command '%s' (see hvctl --help)", argv[2]);
}
