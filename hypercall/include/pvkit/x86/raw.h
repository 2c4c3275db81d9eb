/* SPDX-License-Identifier: MIT */
/*
 * The raw hypercall layer for x86-64.
 *
 * Every hypercall is one call into the 4 KiB page `hypercall_page`, slot number * 32. What the
 * slot holds depends on who filled the page:
 *   PV            the hypervisor at load time (XEN_ELFNOTE_HYPERCALL_PAGE): `syscall`
 *   HVM, PVH      the hypervisor through an MSR (pvk_hypercall_page_install()): vmcall or vmmcall
 *   HVM, no page  the library's own default contents: the instruction pvk_hypercall_insn names
 *   native        the default contents again: every call returns -XEN_ENOSYS
 * so call sites are the same everywhere and there is nothing to patch.
 *
 * Register use (<xen/arch-x86/xen-x86_64.h>): arguments rdi rsi rdx r10 r8, result rax. Argument
 * registers may come back changed; the stub saves rcx and r11, which `syscall` destroys. The call
 * pushes onto the stack, so code using these macros is built with -mno-red-zone, as kernels are.
 */
#ifndef PVKIT_X86_RAW_H
#define PVKIT_X86_RAW_H

#include <pvkit/xen.h>

#define PVK_HYPERCALL_SLOT_SHIFT 5
#define PVK_HYPERCALL_SLOTS      128

#ifdef __ASSEMBLY__

/*
 * For exit paths in .S files. Stack at the jump, lowest address first: flags (VGCF_*), rip, cs,
 * rflags, rsp, ss; rax, rcx and r11 hold the values to restore (the slot pushes them itself, which
 * completes struct iret_context). cs with low bits 3 means guest user mode, 0 the guest kernel.
 */
#define PVK_IRET jmp hypercall_page + (__HYPERVISOR_iret << PVK_HYPERCALL_SLOT_SHIFT)

#else

/* The hypercall page; never read or written as data by C code. */
extern char hypercall_page[PVK_PAGE_SIZE] __attribute__((visibility("hidden")));

#define PVK_CALL_SLOT    "call hypercall_page + %c[slot]"
#define PVK_SLOT(number) [slot] "i"((number) << PVK_HYPERCALL_SLOT_SHIFT)

#define pvk_raw0(number)                                                            \
    ({                                                                              \
        long res_;                                                                  \
        __asm__ volatile(PVK_CALL_SLOT : "=a"(res_) : PVK_SLOT(number) : "memory"); \
        res_;                                                                       \
    })

#define pvk_raw1(number, arg1)                                                                 \
    ({                                                                                         \
        long res_;                                                                             \
        unsigned long a1_ = (unsigned long)(arg1);                                             \
        __asm__ volatile(PVK_CALL_SLOT : "=a"(res_), "+D"(a1_) : PVK_SLOT(number) : "memory"); \
        res_;                                                                                  \
    })

#define pvk_raw2(number, arg1, arg2)                                            \
    ({                                                                          \
        long res_;                                                              \
        unsigned long a1_ = (unsigned long)(arg1), a2_ = (unsigned long)(arg2); \
        __asm__ volatile(PVK_CALL_SLOT                                          \
                         : "=a"(res_), "+D"(a1_), "+S"(a2_)                     \
                         : PVK_SLOT(number)                                     \
                         : "memory");                                           \
        res_;                                                                   \
    })

#define pvk_raw3(number, arg1, arg2, arg3)                                      \
    ({                                                                          \
        long res_;                                                              \
        unsigned long a1_ = (unsigned long)(arg1), a2_ = (unsigned long)(arg2); \
        unsigned long a3_ = (unsigned long)(arg3);                              \
        __asm__ volatile(PVK_CALL_SLOT                                          \
                         : "=a"(res_), "+D"(a1_), "+S"(a2_), "+d"(a3_)          \
                         : PVK_SLOT(number)                                     \
                         : "memory");                                           \
        res_;                                                                   \
    })

#define pvk_raw4(number, arg1, arg2, arg3, arg4)                                  \
    ({                                                                            \
        long res_;                                                                \
        unsigned long a1_ = (unsigned long)(arg1), a2_ = (unsigned long)(arg2);   \
        unsigned long a3_ = (unsigned long)(arg3);                                \
        register unsigned long a4_ __asm__("r10") = (unsigned long)(arg4);        \
        __asm__ volatile(PVK_CALL_SLOT                                            \
                         : "=a"(res_), "+D"(a1_), "+S"(a2_), "+d"(a3_), "+r"(a4_) \
                         : PVK_SLOT(number)                                       \
                         : "memory");                                             \
        res_;                                                                     \
    })

#define pvk_raw5(number, arg1, arg2, arg3, arg4, arg5)                                       \
    ({                                                                                       \
        long res_;                                                                           \
        unsigned long a1_ = (unsigned long)(arg1), a2_ = (unsigned long)(arg2);              \
        unsigned long a3_ = (unsigned long)(arg3), a5v_ = (unsigned long)(arg5);             \
        register unsigned long a4_ __asm__("r10") = (unsigned long)(arg4);                   \
        register unsigned long a5_ __asm__("r8") = a5v_;                                     \
        __asm__ volatile(PVK_CALL_SLOT                                                       \
                         : "=a"(res_), "+D"(a1_), "+S"(a2_), "+d"(a3_), "+r"(a4_), "+r"(a5_) \
                         : PVK_SLOT(number)                                                  \
                         : "memory");                                                        \
        res_;                                                                                \
    })

/*
 * Any hypercall by number, for tools and tests (typed wrappers are the normal way). Returns what
 * the hypervisor returned, or -XEN_ENOSYS for a number the page has no slot for.
 */
PVK_INLINE long pvk_arch_hypercall(unsigned long number, unsigned long a1, unsigned long a2,
                                   unsigned long a3, unsigned long a4, unsigned long a5)
{
    long res;
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;

    if (number >= PVK_HYPERCALL_SLOTS)
        return -XEN_ENOSYS;
    __asm__ volatile("call *%[target]"
                     : "=a"(res), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : [target] "r"(hypercall_page + (number << PVK_HYPERCALL_SLOT_SHIFT))
                     : "memory");
    return res;
}

/*
 * HYPERVISOR_iret from C: restores the context in `frame`. The slot pushes rcx, r11 and rax below
 * `flags` itself, that is onto the same-valued fields of `frame`, which must be writable.
 */
__attribute__((noreturn)) PVK_INLINE void pvk_arch_iret(struct iret_context *frame)
{
    __asm__ volatile("mov %[frame], %%rsp\n\t"
                     "pop %%rax\n\t"
                     "pop %%r11\n\t"
                     "pop %%rcx\n\t"
                     "jmp hypercall_page + %c[slot]"
                     :
                     : [frame] "r"(frame), PVK_SLOT(__HYPERVISOR_iret)
                     : "memory");
    __builtin_unreachable();
}

#endif /* __ASSEMBLY__ */
#endif
