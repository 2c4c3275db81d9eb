/* SPDX-License-Identifier: MIT */
/* What a kernel finds at its entry. Addresses are printed relative to others: machine frames
 * differ. */
#include "conform.h"

#define PTE_FLAGS 0xfff0000000000fffull

static void ask_registers(void)
{
    static const char *const names[] = {"rax",
                                        "rbx",
                                        "rcx",
                                        "rdx",
                                        "rsi - start_info",
                                        "rdi",
                                        "rbp",
                                        "rsp - end of stack page",
                                        "r8",
                                        "r9",
                                        "r10",
                                        "r11",
                                        "r12",
                                        "r13",
                                        "r14",
                                        "r15",
                                        "rflags",
                                        "cs",
                                        "ss",
                                        "ds",
                                        "es",
                                        "fs",
                                        "gs"};
    uint64_t stack = start->pt_base + start->nr_pt_frames * 4096 + 4096;

    for (int i = 0; i < NR_REGS; i++)
        hex(names[i], boot_regs[i] - (i == RSI ? (uint64_t)start : i == RSP ? stack : 0));
}

static uint64_t mapped_until(uint64_t va)
{
    for (;; va += 4096) {
        uint64_t *t = (uint64_t *)start->pt_base;

        for (int shift = 39; shift >= 12; shift -= 9) {
            uint64_t e = t[va >> shift & 511];

            if (!(e & 1))
                return va;
            if (shift > 12)
                t = frame_va(e);
        }
    }
}

static void ask_start_info(void)
{
    uint64_t end = ((uint64_t)image_end + 4095) & ~4095ul;

    name("magic");
    print(start->magic);
    print("\n");
    number("nr_pages", (long)start->nr_pages);
    hex("flags", start->flags);
    hex("mfn_list - end of image", start->mfn_list - end);
    hex("start_info - mfn_list", (uint64_t)start - start->mfn_list);
    hex("store page - start_info", (uint64_t)frame_va(start->store_mfn << 12) - (uint64_t)start);
    hex("console page - start_info",
        (uint64_t)frame_va(start->console.domU.mfn << 12) - (uint64_t)start);
    hex("pt_base - start_info", start->pt_base - (uint64_t)start);
    number("nr_pt_frames", (long)start->nr_pt_frames);
    number("store_evtchn", start->store_evtchn);
    number("console evtchn", start->console.domU.evtchn);
    hex("mod_start", start->mod_start);
    hex("mod_len", start->mod_len);
    hex("first_p2m_pfn", start->first_p2m_pfn);
    hex("nr_p2m_frames", start->nr_p2m_frames);
    hex("mapped until", mapped_until(0));
    hex("shared_info's offset in its page", start->shared_info & 4095);
}

static void ask_page_tables(void)
{
    uint64_t *l4 = (uint64_t *)start->pt_base;

    hex("L4 entry flags", l4[0] & PTE_FLAGS);
    hex("L3 entry flags", table_of(0, 3)[0] & PTE_FLAGS);
    hex("L2 entry flags", table_of(0, 2)[0] & PTE_FLAGS);
    hex("L1 entry flags, text", table_of(0, 1)[0x101] & PTE_FLAGS);
    hex("L1 entry flags, table", table_of(l4, 1)[start->pt_base >> 12 & 511] & PTE_FLAGS);
    number("L4 slot 256 is used", l4[256] & 1);
    number("L4 slot 272 is used", l4[272] & 1);
}

static void ask_hypercall_page(void)
{
    for (int nr = 0; nr < 128; nr++) {
        if (nr > 2 && nr != __HYPERVISOR_iret && nr != 63 && nr != 127)
            continue;
        name("hypercall page");
        print_number(nr);
        for (int i = 0; i < (nr == __HYPERVISOR_iret ? 11 : 20); i++) {
            print(" ");
            print_hex((uint8_t)hypercall_page[nr * 32 + i]);
        }
        print("\n");
    }
}

static void ask_shared_info(void)
{
    shared_info_t *shared = &shared_at_start;

    hex("max_pfn", shared->arch.max_pfn);
    hex("pfn_to_mfn_frame_list_list", shared->arch.pfn_to_mfn_frame_list_list);
    hex("nmi_reason", shared->arch.nmi_reason);
    number("wc_version is even", !(shared->wc_version & 1));
    number("wc_sec is set", shared->wc_sec != 0);
    for (int i = 0; i < 32; i++) {
        vcpu_info_t *v = &shared->vcpu_info[i];

        if (i > 2 && i < 31)
            continue;
        name("vcpu_info");
        print_number(i);
        print(" pending ");
        print_hex(v->evtchn_upcall_pending);
        print(" mask ");
        print_hex(i ? v->evtchn_upcall_mask : 1);
        print(" selector ");
        print_hex(v->evtchn_pending_sel);
        print(" time flags ");
        print_hex(v->time.flags);
        print(v->time.version ? " time set" : " time not set");
        print("\n");
    }
    for (int i = 0; i < 2; i++) {
        hex("evtchn_pending", shared->evtchn_pending[i]);
        hex("evtchn_mask", shared->evtchn_mask[i]);
    }
}

static uint64_t read_cr0(void *unused)
{
    uint64_t v;

    __asm__ volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}

static uint64_t read_cr3(void *unused)
{
    uint64_t v;

    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}

static uint64_t read_cr4(void *unused)
{
    uint64_t v;

    __asm__ volatile("mov %%cr4, %0" : "=r"(v));
    return v;
}

static uint64_t read_mxcsr(void *unused)
{
    uint32_t v;

    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static uint64_t read_fcw(void *unused)
{
    uint16_t v;

    __asm__ volatile("fnstcw %0" : "=m"(v));
    return v;
}

static void ask_control_registers(void)
{
    hex("cr0", try(read_cr0, NULL));
    number("cr3 is pt_base", try(read_cr3, NULL) >> 12 == mfn_of((void *)start->pt_base));
    hex("cr4", try(read_cr4, NULL));
    hex("fcw", try(read_fcw, NULL));
    hex("mxcsr", try(read_mxcsr, NULL));
}

void ask_boot(void)
{
    ask_registers();
    ask_start_info();
    ask_page_tables();
    ask_hypercall_page();
    ask_shared_info();
    ask_control_registers();
}
