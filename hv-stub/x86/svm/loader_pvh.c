/* SPDX-License-Identifier: MIT */
/* The PVH boot protocol: <xen/arch-x86/hvm/start_info.h>. */
#include "loader.h"

#include <xen/arch-x86/hvm/start_info.h>

const char *pvh_load(struct fv_load *l)
{
    const struct elf_image *e = &l->elf;

    for (uint32_t i = 0; i < e->nr_segments; i++) { /* memory comes zeroed: bss needs nothing */
        const struct elf_segment *s = &e->segment[i];

        if (!fv_is_usable(l, s->paddr, s->memsz))
            return "its segments do not fit the memory";
        fv_put(l, s->paddr, e->data + s->offset, s->filesz);
    }
    l->kernel_start = e->pstart;
    l->kernel_end = e->pend;
    return NULL;
}

/* Everything in one block: start info, module list, memory map. */
struct pvh_block {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[FV_RAM_RANGES];
};

_Static_assert(sizeof(struct pvh_block) <= INFO_CMDLINE, "the command line comes behind it");

static void fill_map(struct fv_load *l, struct pvh_block *b)
{
    struct fv_ram ram[FV_RAM_RANGES];

    b->info.memmap_entries = fv_memory_map(l->d->arch.svm, ram);
    b->info.memmap_paddr = l->info + offsetof(struct pvh_block, map);
    for (unsigned int i = 0; i < b->info.memmap_entries; i++)
        b->map[i] = (struct hvm_memmap_table_entry){
            .addr = ram[i].start,
            .size = ram[i].size,
            .type = ram[i].usable ? XEN_HVM_MEMMAP_TYPE_RAM : XEN_HVM_MEMMAP_TYPE_RESERVED};
}

const char *pvh_start(struct fv_load *l)
{
    struct svm_vcpu *sv = svm_vcpu_of(l->d->vcpu[0]);
    struct pvh_block b = {.info = {.magic = XEN_HVM_START_MAGIC_VALUE, .version = 1}};

    b.info.rsdp_paddr = FV_ACPI;
    b.info.cmdline_paddr = l->info + INFO_CMDLINE;
    if (l->ramdisk) {
        b.info.nr_modules = 1;
        b.info.modlist_paddr = l->info + offsetof(struct pvh_block, module);
        b.module.paddr = l->ramdisk;
        b.module.size = l->cfg->ramdisk.size;
    }
    fill_map(l, &b);
    if (!fv_put(l, l->info, &b, sizeof(b)))
        return "the start information does not fit";
    sv->vmcb->rip = l->elf.phys32_entry;
    sv->regs->rbx = l->info;
    return NULL;
}
