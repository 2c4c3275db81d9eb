/* SPDX-License-Identifier: MIT */
/* Start of the shared kernel: bring the parts up, then do what the command line asks for. */
#include "irq.h"
#include "modes.h"
#include "task.h"
#include "timer.h"
#include "variant.h"

static void banner(void)
{
    char text[160];

    variant_describe(text, sizeof(text));
    printk("pvkit shim: %s %s, %lu MiB free, command line \"%s\"\n", pv_ops.name, text,
           page_free_count() >> (20 - PAGE_SHIFT), cmdline_get());
}

static void __attribute__((noreturn)) end(bool good)
{
    pv_ops.cpu.shutdown(good ? SHUTDOWN_OFF : SHUTDOWN_CRASHED);
}

void kernel_main(void)
{
    bool good = true;

    pv_ops.console.init();
    banner();
    vm_init();
    task_init();
    pv_ops.cpu.init();
    trap_init();
    pv_ops.irq.init();
    pv_ops.time.init();
    timer_init();
    pv_ops.irq.enable();

    if (cmdline_word("selftest") || cmdline_value("selftest"))
        good = selftest_run(cmdline_value("selftest")) == 0;
    if (cmdline_word("bench") || cmdline_value("bench"))
        bench_run(cmdline_value("bench"));
    if (cmdline_word("count") || cmdline_value("count"))
        mode_count();
    if (cmdline_word("blktest") || cmdline_value("blktest"))
        good = mode_blktest() && good;
    if (cmdline_word("blkbench") || cmdline_value("blkbench"))
        mode_blkbench();
    if (cmdline_word("nettest"))
        good = mode_nettest() && good;
    if (cmdline_word("netbench") || cmdline_value("netbench"))
        mode_netbench();
    variant_mode();
    if (cmdline_word("echo"))
        mode_echo();
    end(good);
}
