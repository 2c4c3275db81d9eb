/* SPDX-License-Identifier: MIT */
/* Tasks and the scheduler: round robin, preemptive in user mode. */
#include "task.h"
#include "irq.h"
#include "cpu.h"
#include "programs.h"

/* What a user image begins with: see user/start.S. */
struct image_header {
    uint64_t entry, data, file_end, memory_end;
};
extern const char user_image[];

static struct task *tasks[TASK_MAX];
static struct task boot_task;
struct task *current = &boot_task;
static struct task *fpu_owner;
static volatile bool need_schedule;

void task_init(void)
{
    boot_task.state = TASK_READY;
    boot_task.as = kernel_aspace;
    tasks[0] = &boot_task;
}

static void areas_init(struct task *task)
{
    const struct image_header *image = (const void *)user_image;

    task->areas[AREA_CODE] = (struct area){USER_IMAGE_BASE, image->data, PROT_USER_RX, user_image};
    task->areas[AREA_DATA] = (struct area){image->data, image->file_end, PROT_USER_RW,
                                           user_image + (image->data - USER_IMAGE_BASE)};
    task->areas[AREA_BSS] =
        (struct area){image->file_end, PAGE_UP(image->memory_end), PROT_USER_RW, NULL};
    task->areas[AREA_HEAP] =
        (struct area){USER_HEAP_BASE, USER_HEAP_BASE + USER_HEAP_SIZE, PROT_USER_RW, NULL};
    task->areas[AREA_STACK] =
        (struct area){USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_TOP, PROT_USER_RW, NULL};
}

/* The kernel stack of a task that never ran: return to user mode, below it a switch frame. */
static void stack_init(struct task *task, unsigned program, uint64_t arg1, uint64_t arg2)
{
    const struct image_header *image = (const void *)user_image;
    struct regs *regs = (struct regs *)task->kstack - 1;
    uint64_t *frame = (uint64_t *)regs;

    *regs = (struct regs){
        .rdi = program,
        .rsi = arg1,
        .rdx = arg2,
        .vector = 0,
        .rip = image->entry,
        .cs = pv_ops.cpu.user_cs,
        .ss = pv_ops.cpu.user_ss,
        .rsp = USER_STACK_TOP,
        .rflags = RFLAGS_IF | 2,
    };
    *--frame = (uint64_t)task_first_return;
    frame -= 6; /* rbx, rbp, r12-r15 */
    memset(frame, 0, 6 * sizeof(*frame));
    task->ksp = (uint64_t)frame;
}

static void fpu_init(struct task *task)
{
    static const uint32_t mxcsr = 0x1f80;
    static const uint16_t fcw = 0x37f;

    memcpy(task->fpu, &fcw, sizeof(fcw));
    memcpy(task->fpu + 24, &mxcsr, sizeof(mxcsr));
}

struct task *task_spawn(unsigned program, uint64_t arg1, uint64_t arg2)
{
    struct task *task;
    unsigned id = 1;

    while (id < TASK_MAX && tasks[id])
        id++;
    if (id == TASK_MAX)
        return NULL;
    task = kzalloc(sizeof(*task));
    if (!task)
        return NULL;
    task->kstack = kstack_alloc();
    if (!task->kstack)
        goto free_task;
    if (aspace_create(&task->as))
        goto free_stack;
    task->id = id;
    areas_init(task);
    stack_init(task, program, arg1, arg2);
    fpu_init(task);
    task->state = TASK_READY;
    tasks[id] = task;
    return task;

free_stack:
    kstack_free(task->kstack);
free_task:
    kfree(task);
    return NULL;
}

void task_reap(struct task *task)
{
    CHECK(task->state == TASK_DEAD && task != current);
    if (fpu_owner == task)
        fpu_owner = NULL;
    aspace_destroy(&task->as);
    kstack_free(task->kstack);
    tasks[task->id] = NULL;
    kfree(task);
}

uint64_t task_wait(struct task *task)
{
    bool on = irq_save();
    uint64_t value;

    while (task->state != TASK_DEAD) {
        current->state = TASK_BLOCKED;
        schedule();
    }
    value = task->exit_value;
    irq_restore(on);
    task_reap(task);
    return value;
}

void task_exit(uint64_t value)
{
    pv_ops.irq.disable();
    current->exit_value = value;
    current->state = TASK_DEAD;
    boot_task.state = TASK_READY; /* it may be waiting for this */
    schedule();
    panic("dead task %u runs", current->id);
}

static struct task *pick_next(void)
{
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        struct task *task = tasks[(current->id + i) % TASK_MAX];

        if (task && task->state == TASK_READY)
            return task;
    }
    panic("no task is ready");
}

static void switch_to(struct task *next)
{
    struct task *prev = current;

    pv_ops.cpu.begin_switch();
    aspace_switch(next == &boot_task ? &kernel_aspace : &next->as);
    if (next != &boot_task)
        pv_ops.cpu.load_kernel_stack((uint64_t)next->kstack);
    if (next->fs_base != prev->fs_base)
        pv_ops.cpu.set_fs_base(next->fs_base);
    if ((fpu_owner == prev) != (fpu_owner == next))
        pv_ops.cpu.set_ts(fpu_owner != next);
    pv_ops.cpu.end_switch();
    current = next;
    next->switches++;
    context_switch(&prev->ksp, next->ksp);
}

void schedule(void)
{
    bool on = irq_save();
    struct task *next;

    need_schedule = false;
    next = pick_next();
    if (next != current)
        switch_to(next);
    irq_restore(on);
}

void sched_request(void)
{
    need_schedule = true;
}

bool sched_requested(void)
{
    return need_schedule;
}

void task_take_fpu(void)
{
    pv_ops.cpu.set_ts(false);
    if (fpu_owner == current)
        return;
    if (fpu_owner)
        fpu_save(fpu_owner->fpu);
    fpu_restore(current->fpu);
    fpu_owner = current;
}
