/* SPDX-License-Identifier: MIT */
/* An FV domain from a kernel image: memory, image, ramdisk, boot information, first registers. */
#include "loader.h"
#include "../../device/acpi.h"

static uint64_t ram_end(const struct fv_load *l)
{
    return l->d->arch.svm->ram_below_4g;
}

bool fv_is_usable(const struct fv_load *l, uint64_t gpa, uint64_t n)
{
    if (gpa < HIGH_RAM)
        return gpa <= LOW_RAM_END && n <= LOW_RAM_END - gpa;
    return gpa <= ram_end(l) && n <= ram_end(l) - gpa;
}

bool fv_put(struct fv_load *l, uint64_t gpa, const void *src, uint64_t n)
{
    const uint8_t *s = src;

    while (n) {
        uint64_t chunk = MIN(n, PAGE_SIZE - gpa % PAGE_SIZE);
        void *p = npt_ram(l->d->arch.svm, gpa);

        if (!p)
            return false;
        memcpy(p, s, chunk);
        gpa += chunk;
        s += chunk;
        n -= chunk;
    }
    return true;
}

unsigned int fv_memory_map(const struct svm_domain *sd, struct fv_ram *ram)
{
    unsigned int n = 0;

    ram[n++] = (struct fv_ram){0, LOW_RAM_END, true};
    ram[n++] = (struct fv_ram){LOW_RAM_END, HIGH_RAM - LOW_RAM_END, false};
    ram[n++] = (struct fv_ram){HIGH_RAM, sd->ram_below_4g - HIGH_RAM, true};
    if (sd->ram_above_4g)
        ram[n++] = (struct fv_ram){1ull << 32, sd->ram_above_4g, true};
    return n;
}

unsigned int svm_memory_map(const struct domain *d, struct mem_range *map)
{
    struct fv_ram ram[FV_RAM_RANGES];
    unsigned int n = fv_memory_map(d->arch.svm, ram);

    for (unsigned int i = 0; i < n; i++)
        map[i] =
            (struct mem_range){ram[i].start, ram[i].size, ram[i].usable ? MEM_RAM : MEM_RESERVED};
    return n;
}

/* The ramdisk goes to the top of memory, the boot information below 640 KiB; a kernel that itself
 * lies there gets it behind its end. */
static const char *place(struct fv_load *l)
{
    uint64_t size = ROUND_UP(l->cfg->ramdisk.size, PAGE_SIZE), top = ram_end(l);

    if (size) {
        if (size > top || top - size < l->kernel_end)
            return "too little memory for kernel and ramdisk";
        l->ramdisk = top - size;
        top = l->ramdisk;
    }
    l->info = 0x8000;
    if (l->kernel_start < l->info + INFO_BYTES) {
        l->info = ROUND_UP(l->kernel_end, PAGE_SIZE);
        if (l->info > top || top - l->info < INFO_BYTES)
            return "too little memory for the boot information";
    }
    return NULL;
}

static const char *put_common(struct fv_load *l)
{
    const struct builder_module *rd = &l->cfg->ramdisk;
    const char *line = l->cfg->cmdline ? l->cfg->cmdline : "";
    size_t n = MIN(strlen(line), PAGE_SIZE - 1);
    uint8_t acpi[ACPI_BYTES];

    acpi_build(acpi, FV_ACPI, l->d->nr_vcpus, l->d->arch.svm->hardware);
    fv_put(l, FV_ACPI, acpi, sizeof(acpi));
    if (rd->size && !fv_put(l, l->ramdisk, rd->data, rd->size))
        return "the ramdisk does not fit";
    return fv_put(l, l->info + INFO_CMDLINE, line, n) ? NULL : "the command line does not fit";
}

struct boot_protocol {
    const char *(*load)(struct fv_load *l);
    const char *(*start)(struct fv_load *l);
};

static const struct boot_protocol pvh = {pvh_load, pvh_start};
static const struct boot_protocol multiboot = {multiboot_load, multiboot_start};
static const struct boot_protocol linux_boot = {pvh_load, linux_start};

/* NULL: it knows none. */
static const struct boot_protocol *choose(const struct fv_load *l)
{
    if (l->cfg->xen && !l->cfg->pvh && linux_probe(l))
        return &linux_boot;
    if (l->is_elf && l->elf.phys32_entry != ELF_UNSET)
        return &pvh;
    return multiboot_probe(l) && !l->cfg->pvh ? &multiboot : NULL;
}

static const char *load(struct fv_load *l, const struct boot_protocol *p)
{
    const char *why = p->load(l);

    if (!why)
        why = place(l);
    if (!why)
        why = put_common(l);
    return why ? why : p->start(l);
}

static const char *create(struct fv_load *l, domid_t id)
{
    const struct domain_config *cfg = l->cfg;
    uint64_t bytes = cfg->mem_mib << 20;

    l->d = domain_create(id, DOMAIN_FV, cfg->vcpus, bytes >> PAGE_SHIFT);
    if (!l->d || !svm_domain_create(l->d))
        return "out of hypervisor memory";
    strcpy_n(l->d->name, cfg->name, sizeof(l->d->name));
    l->d->weight = cfg->weight;
    if (!npt_create(l->d, bytes))
        return "not enough free machine memory";
    for (uint32_t i = 0; i < cfg->vcpus; i++)
        if (!svm_vcpu_create(l->d->vcpu[i]))
            return "out of hypervisor memory";
    if (!machine_init(l->d, bytes, !cfg->pvh))
        return "out of hypervisor memory";
    if (cfg->xen && !svm_xen_init(l->d))
        return "no memory for the rings of store and console";
    if (cfg->xen && !cfg->pvh && !machine_add_platform(l->d))
        return "no room for the platform device";
    return NULL;
}

static const char *build(struct fv_load *l, domid_t id)
{
    const char *elf_why = elf_image_parse(&l->elf, l->cfg->kernel.data, l->cfg->kernel.size), *why;
    const struct boot_protocol *p;

    l->is_elf = !elf_why;
    p = choose(l);
    if (!p)
        return "it has neither a PVH entry note nor a Multiboot header";
    if (l->cfg->mem_mib < 2)
        return "an FV domain needs at least 2 MiB";
    why = create(l, id);
    if (!why)
        why = load(l, p);
    if (!why)
        l->d->vcpu[0]->initialised = true;
    return why;
}

struct domain *fv_domain_build(domid_t id, const struct domain_config *cfg)
{
    static struct fv_load l; /* large; domains are built one after the other */
    const char *why;

    if (!svm_usable()) {
        hv_log("no SVM: fv domain d%u refused", id);
        return NULL;
    }
    memset(&l, 0, sizeof(l));
    l.cfg = cfg;
    why = build(&l, id);
    if (!why)
        return l.d;
    hv_log("d%u (%s) not started: %s", id, cfg->name, why);
    return NULL;
}
