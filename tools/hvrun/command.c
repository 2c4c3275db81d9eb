/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image_name.h"
#include "prepare.h"

static void add(struct command *cmd, char *arg)
{
    if (!arg)
        abort();
    assert(cmd->argc < COMMAND_MAX_ARGS);
    cmd->argv[cmd->argc++] = arg;
    cmd->argv[cmd->argc] = NULL;
}

__attribute__((format(printf, 2, 3))) static void add_format(struct command *cmd, const char *fmt,
                                                             ...)
{
    va_list ap;
    char *arg = NULL;

    va_start(ap, fmt);
    if (vasprintf(&arg, fmt, ap) < 0)
        arg = NULL;
    va_end(ap);
    add(cmd, arg);
}

static void add_words(struct command *cmd, const char *const *words)
{
    for (; *words; words++)
        add(cmd, strdup(*words));
}

/* Write @text with commas doubled, which is how QEMU's module list wants them. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ',')
            fputc(',', out);
        fputc(*text, out);
    }
}

static void put_disk(FILE *out, const struct disk_config *k)
{
    if (k->path)
        fprintf(out, " disk=virtio:%u", k->image);
    else
        fprintf(out, " disk=ram:%u%s%s", k->ram_mib, k->ram_name ? ":" : "",
                k->ram_name ? k->ram_name : "");
    fprintf(out, ",,%s,,%s", k->vdev, k->readonly ? "r" : "w");
    if (k->iops)
        fprintf(out, ",,iops=%u", k->iops);
}

static void put_nic(FILE *out, const struct net_config *n)
{
    const char *sep = "=";

    fputs(" net", out);
    if (n->mac) {
        fprintf(out, "=mac=%s", n->mac);
        sep = ",,";
    }
    if (n->rate_kib)
        fprintf(out, "%srate=%u", sep, n->rate_kib);
}

/* Commas are doubled, as everywhere in the list. */
static void put_devices(FILE *out, const struct domain_config *d)
{
    for (unsigned int i = 0; i < d->ndisks; i++)
        put_disk(out, &d->disk[i]);
    for (unsigned int i = 0; i < d->nnics; i++)
        put_nic(out, &d->nic[i]);
    if (d->xen)
        fputs(" xen=1", out);
    if (d->observer)
        fputs(" observer", out);
}

/* hv-stub's own default needs no word. */
static void put_action(FILE *out, const char *key, enum end_action action)
{
    if (action > END_DESTROY)
        fprintf(out, " %s=%s", key, action == END_RESTART ? "restart" : "preserve");
}

static const char *const mode_name[] = {[GUEST_PV] = "pv", [GUEST_FV] = "fv", [GUEST_PVH] = "pvh"};

static void put_domain(FILE *out, const struct domain_config *d, unsigned int *index)
{
    fprintf(out, "%sm%u kernel mode=%s mem=%u vcpus=%u", *index ? "," : "", *index,
            mode_name[d->mode], d->memory_mib, d->vcpus);
    (*index)++;
    if (d->name)
        fprintf(out, " name=%s", d->name);
    if (d->weight)
        fprintf(out, " weight=%u", d->weight);
    put_devices(out, d);
    put_action(out, "reboot", d->on_reboot);
    put_action(out, "crash", d->on_crash);
    fputs(" --", out);
    if (d->cmdline && *d->cmdline) {
        fputc(' ', out);
        put_escaped(out, d->cmdline);
    }
    if (d->ramdisk)
        fprintf(out, ",m%u ramdisk", (*index)++);
}

static char *module_list(const struct run_config *cfg)
{
    unsigned int index = 0;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    for (unsigned int i = 0; i < cfg->ndom; i++)
        put_domain(out, &cfg->dom[i], &index);
    if (fclose(out))
        abort();
    return text;
}

static void add_machine(struct command *cmd, const struct run_config *cfg, unsigned int host_mib)
{
    static const char *const fixed[] = {"-nodefaults", "-no-user-config", "-display", "none",
                                        "-no-reboot",  "-machine",        "pc",       NULL};

    add_words(cmd, fixed);
    add(cmd, strdup("-accel"));
    add(cmd, strdup(cfg->accel == ACCEL_KVM ? "kvm" : "tcg"));
    add(cmd, strdup("-cpu"));
    /*
     * Family 23: counts stay comparable with Xen, which patches in longer NOPs on family 6 AMD.
     * Without -arch-capabilities QEMU dies where nested KVM refuses to set that MSR.
     */
    add_format(cmd, "max,-smap,-smep%s%s", cfg->icount ? ",family=23" : "",
               cfg->accel == ACCEL_KVM ? ",-arch-capabilities" : "");
    add(cmd, strdup("-m"));
    add_format(cmd, "%u", host_mib);
    add(cmd, strdup("-smp"));
    add_format(cmd, "%u", cfg->smp);
    if (cfg->icount) {
        add(cmd, strdup("-icount"));
        add(cmd, strdup("shift=0,sleep=off"));
        add(cmd, strdup("-rtc")); /* or the calendar follows the host and not the count */
        add(cmd, strdup("clock=vm"));
    }
}

/* A device with options of its own behind a name that QEMU parses. */
static void add_drive(struct command *cmd, const struct disk_image *image, unsigned int i)
{
    char *text = NULL, name[IMAGE_NAME_BYTES];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    /*
     * Writes stay in the host's page cache until the guest flushes, which is fdatasync() of the
     * image then: as durable as a real disk with a write cache.
     */
    fprintf(out, "if=none,id=disk%u,cache=writeback,format=%s%s,file=", i,
            image->format == DISK_FORMAT_QCOW2 ? "qcow2" : "raw",
            image->readonly ? ",readonly=on" : ",discard=unmap");
    put_escaped(out, image->path);
    if (fclose(out))
        abort();
    add(cmd, strdup("-drive"));
    add(cmd, text);
    add(cmd, strdup("-device"));
    image_name(name, image->device, image->inode);
    add_format(cmd, "virtio-blk-pci,drive=disk%u,id=%s", i, name);
}

static const struct net_config *next_nic(const struct run_config *cfg, unsigned int *dom,
                                         unsigned int *nic)
{
    for (; *dom < cfg->ndom; ++*dom, *nic = 0)
        if (*nic < cfg->dom[*dom].nnics)
            return &cfg->dom[*dom].nic[(*nic)++];
    return NULL;
}

/* One uplink for all; connections from outside go to the domain that asked for them. */
static void add_uplink(struct command *cmd, const struct run_config *cfg)
{
    unsigned int dom = 0, nic = 0;
    const struct net_config *n;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool wanted = false;

    if (!out)
        abort();
    fputs("user,id=uplink", out);
    while ((n = next_nic(cfg, &dom, &nic))) {
        wanted |= n->user;
        for (unsigned int i = 0; i < n->nforwards; i++)
            fprintf(out, ",hostfwd=%s:127.0.0.1:%u-10.0.2.%u:%u", n->forward[i].udp ? "udp" : "tcp",
                    n->forward[i].host_port, 101 + dom, n->forward[i].guest_port);
    }
    if (fclose(out))
        abort();
    if (!wanted) {
        free(text);
        return;
    }
    add(cmd, strdup("-netdev"));
    add(cmd, text);
    add(cmd, strdup("-device"));
    add(cmd, strdup("virtio-net-pci,netdev=uplink,romfile="));
}

static void add_devices(struct command *cmd, const struct run_config *cfg)
{
    static const char *const console[] = {"-chardev", "stdio,id=console,signal=off", "-serial",
                                          "chardev:console", NULL};
    static const char *const stats[] = {"-chardev", "file,id=stats,path=" WORK_STATS, "-serial",
                                        "chardev:stats", NULL};
    static const char *const control[] = {
        "-chardev", "socket,id=control,server=on,wait=off,path=" WORK_CONTROL,
        "-device",  "isa-serial,chardev=control,index=3",
        "-qmp",     "unix:" WORK_QMP ",server=on,wait=off",
        NULL};
    static const char *const debug_exit[] = {"-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                                             NULL};

    add_words(cmd, console);
    if (cfg->stats)
        add_words(cmd, stats);
    if (cfg->control)
        add_words(cmd, control);
    add_words(cmd, debug_exit);
    for (unsigned int i = 0; i < cfg->nimages; i++)
        add_drive(cmd, &cfg->image[i], i);
    add_uplink(cmd, cfg);
}

static char *hv_options(const struct run_config *cfg)
{
    char text[64] = "";

    snprintf(text, sizeof(text), "%s%s%s", cfg->strict ? " strict" : "", cfg->stats ? " stats" : "",
             cfg->control ? " control" : "");
    return strdup(*text ? text + 1 : text);
}

void command_build(struct command *cmd, const char *qemu, const struct run_config *cfg,
                   unsigned int host_mib)
{
    *cmd = (struct command){0};
    add(cmd, strdup(qemu));
    add_machine(cmd, cfg, host_mib);
    add_devices(cmd, cfg);
    add(cmd, strdup("-kernel"));
    add(cmd, strdup(WORK_HV));
    add(cmd, strdup("-append"));
    add(cmd, hv_options(cfg));
    add(cmd, strdup("-initrd"));
    add(cmd, module_list(cfg));
}

void command_print(FILE *out, const struct command *cmd)
{
    for (size_t i = 0; i < cmd->argc; i++) {
        const char *arg = cmd->argv[i];
        bool plain = *arg && !arg[strcspn(arg, " \t\"'\\$`&|;<>()*?[]#~!{}")];

        if (i)
            fputc(' ', out);
        if (plain) {
            fputs(arg, out);
            continue;
        }
        fputc('\'', out);
        for (; *arg; arg++)
            fputs(*arg == '\'' ? "'\\''" : (char[]){*arg, '\0'}, out);
        fputc('\'', out);
    }
    fputc('\n', out);
}

void command_free(struct command *cmd)
{
    for (size_t i = 0; i < cmd->argc; i++)
        free(cmd->argv[i]);
    *cmd = (struct command){0};
}
