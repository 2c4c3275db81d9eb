// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * pv_bench.ko: what privileged work costs a Linux kernel, in the environment it runs in: PV or FV,
 * on Xen or hv-stub, or without a hypervisor. /sys/kernel/debug/pv_bench/{table,json} show it;
 * writing anything to `run` measures again.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/workqueue.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/timex.h>
#include <asm/xen/hypervisor.h>
#include <xen/xen.h>

#include "ops.h"

#define MAX_OPS 16
#define BATCHES 32
#define BATCH   64

struct result {
    int error;  /* why there is none */
    u64 ticks;  /* of the TSC for a batch, the lowest */
    bool there; /* available here */
};

static struct result results[MAX_OPS];
static DEFINE_MUTEX(lock); /* of results, and of the operations' own variables */
static struct dentry *dir;

static u64 now(void)
{
    return rdtsc_ordered();
}

static u64 lowest(const struct bench_op *op)
{
    u64 least = U64_MAX;

    for (unsigned int i = 0; i < BATCHES; i++) {
        u64 start = now();

        op->run(BATCH);
        least = min(least, now() - start);
        cond_resched();
    }
    return least;
}

static void measure(const struct bench_op *op, struct result *r)
{
    *r = (struct result){.there = !op->available || op->available()};
    if (r->there && op->prepare)
        r->error = op->prepare();
    if (!r->there || r->error)
        return;
    r->ticks = lowest(op);
    if (op->undo)
        op->undo();
}

static long measure_here(void *unused)
{
    WARN_ON(bench_nr_ops > MAX_OPS);
    mutex_lock(&lock);
    for (unsigned int i = 0; i < bench_nr_ops; i++)
        measure(&bench_ops[i], &results[i]);
    mutex_unlock(&lock);
    return 0;
}

/* Where events go to, so that their way is not from one processor to another. */
static void measure_all(void)
{
    work_on_cpu(0, measure_here, NULL);
}

static const char *environment(void)
{
    if (xen_pv_domain())
        return "pv";
    if (xen_pvh_domain())
        return "pvh";
    if (xen_hvm_domain())
        return "fv-pv";
    /* QEMU's emulator names itself where a hypervisor would; it is the bare processor here. */
    if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) || hypervisor_cpuid_base("TCGTCGTCGTCG", 0))
        return "bare";
    return "fv";
}

/* Ticks per operation, in tenths. */
static u64 tenths(const struct result *r)
{
    return div_u64(r->ticks * 10, BATCH);
}

static int table_show(struct seq_file *s, void *unused)
{
    seq_printf(s, "environment: %s; ticks of the TSC per operation, lowest of %u batches\n\n",
               environment(), BATCHES);
    mutex_lock(&lock);
    for (unsigned int i = 0; i < bench_nr_ops; i++) {
        const struct result *r = &results[i];
        u32 tenth;
        u64 whole = div_u64_rem(tenths(r), 10, &tenth);

        if (!r->there)
            continue;
        seq_printf(s, "%-16s ", bench_ops[i].name);
        if (r->error)
            seq_printf(s, "error %d\n", r->error);
        else
            seq_printf(s, "%10llu.%u  %s\n", whole, tenth, bench_ops[i].what);
    }
    mutex_unlock(&lock);
    return 0;
}
DEFINE_SHOW_ATTRIBUTE(table);

static int json_show(struct seq_file *s, void *unused)
{
    const char *comma = "";

    seq_printf(s, "{\"environment\":\"%s\",\"tsc_khz\":%u,\"ops\":[", environment(), tsc_khz);
    mutex_lock(&lock);
    for (unsigned int i = 0; i < bench_nr_ops; i++) {
        u32 tenth;
        u64 whole = div_u64_rem(tenths(&results[i]), 10, &tenth);

        if (!results[i].there || results[i].error)
            continue;
        seq_printf(s, "%s\n{\"op\":\"%s\",\"ticks\":%llu.%u}", comma, bench_ops[i].name, whole,
                   tenth);
        comma = ",";
    }
    mutex_unlock(&lock);
    seq_puts(s, "\n]}\n");
    return 0;
}
DEFINE_SHOW_ATTRIBUTE(json);

static ssize_t run_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
    measure_all();
    return size;
}

static const struct file_operations run_fops = {.owner = THIS_MODULE, .write = run_write};

static int __init bench_module(void)
{
    measure_all();
    dir = debugfs_create_dir("pv_bench", NULL);
    debugfs_create_file("table", 0444, dir, NULL, &table_fops);
    debugfs_create_file("json", 0444, dir, NULL, &json_fops);
    debugfs_create_file("run", 0200, dir, NULL, &run_fops);
    return 0;
}
module_init(bench_module);

static void __exit bench_module_end(void)
{
    debugfs_remove(dir);
}
module_exit(bench_module_end);

MODULE_DESCRIPTION("pvkit: what privileged work costs this kernel");
MODULE_LICENSE("Dual MIT/GPL");
