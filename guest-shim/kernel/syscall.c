/* SPDX-License-Identifier: MIT */
/* System calls: number in rax, arguments in rdi and rsi, result in rax. */
#include "irq.h"
#include "programs.h"
#include "task.h"

static uint64_t slots[SYS_SLOTS];

void syscall_clear_slots(void)
{
    memset(slots, 0, sizeof(slots));
}

static uint64_t sys_getpid(uint64_t a, uint64_t b)
{
    return current->id;
}

static uint64_t sys_exit(uint64_t value, uint64_t b)
{
    task_exit(value);
}

static uint64_t sys_yield(uint64_t a, uint64_t b)
{
    schedule();
    return 0;
}

static uint64_t sys_write(uint64_t va, uint64_t len)
{
    char line[128];

    if (len > sizeof(line) || !copy_from_user(line, va, len))
        return -1UL;
    pv_ops.console.write(line, len);
    return len;
}

static uint64_t sys_slot(uint64_t index, uint64_t value)
{
    uint64_t old;

    if (index >= SYS_SLOTS)
        return -1UL;
    old = slots[index];
    slots[index] = value;
    return old;
}

static uint64_t sys_fsbase(uint64_t base, uint64_t b)
{
    if (base >= USER_END)
        return -1UL;
    current->fs_base = base;
    pv_ops.cpu.set_fs_base(base);
    return 0;
}

static struct area *heap_area(void)
{
    return &current->areas[AREA_HEAP];
}

static uint64_t sys_protect(uint64_t va, uint64_t writable)
{
    struct area *heap = heap_area();

    if (va < heap->start || va >= heap->end)
        return -1UL;
    return vm_protect(&current->as, PAGE_DOWN(va),
                      writable ? PROT_USER_RW : PROT_USER_RO | PTE_LOCKED);
}

static uint64_t sys_unmap(uint64_t va, uint64_t len)
{
    struct area *heap = heap_area();
    uint64_t end, flags;
    pfn_t pfn;

    if (va < heap->start || va > heap->end || len > heap->end - va)
        return -1UL;
    end = PAGE_UP(va + len);
    for (va = PAGE_DOWN(va); va < end; va += PAGE_SIZE) {
        if (!vm_query(&current->as, va, &pfn, &flags))
            continue;
        vm_unmap(&current->as, va);
        page_put(pfn);
    }
    return 0;
}

static uint64_t sys_time(uint64_t a, uint64_t b)
{
    return pv_ops.time.now();
}

static uint64_t (*const calls[SYS_COUNT])(uint64_t, uint64_t) = {
    [SYS_GETPID] = sys_getpid,   [SYS_EXIT] = sys_exit,   [SYS_YIELD] = sys_yield,
    [SYS_WRITE] = sys_write,     [SYS_SLOT] = sys_slot,   [SYS_FSBASE] = sys_fsbase,
    [SYS_PROTECT] = sys_protect, [SYS_UNMAP] = sys_unmap, [SYS_TIME] = sys_time,
};

void syscall_dispatch(struct regs *regs)
{
    current->syscalls++;
    regs->rax = regs->rax < SYS_COUNT ? calls[regs->rax](regs->rdi, regs->rsi) : -1UL;
    trap_leave(regs);
}
