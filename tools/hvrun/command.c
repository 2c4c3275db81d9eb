/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

static void put_domain(FILE *out, const struct domain_config *d, unsigned int *index)
{
    fprintf(out, "%sm%u kernel mode=%s mem=%u vcpus=%u", *index ? "," : "", *index,
            d->mode == GUEST_PV ? "pv" : "fv", d->memory_mib, d->vcpus);
    (*index)++;
    if (d->name)
        fprintf(out, " name=%s", d->name);
    if (d->weight)
        fprintf(out, " weight=%u", d->weight);
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

static void add_devices(struct command *cmd, const struct run_config *cfg)
{
    static const char *const console[] = {"-chardev", "stdio,id=console,signal=off", "-serial",
                                          "chardev:console", NULL};
    static const char *const stats[] = {"-chardev", "file,id=stats,path=" WORK_STATS, "-serial",
                                        "chardev:stats", NULL};
    static const char *const debug_exit[] = {"-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                                             NULL};

    add_words(cmd, console);
    if (cfg->stats)
        add_words(cmd, stats);
    add_words(cmd, debug_exit);
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
    add_format(cmd, "%s%s", cfg->strict ? "strict " : "", cfg->stats ? "stats" : "");
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
