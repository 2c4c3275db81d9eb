/* SPDX-License-Identifier: MIT */
#include "prepare.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "disks.h"
#include "image.h"
#include "kernel.h"
#include "workdir.h"

#define MIB (1ULL << 20)

static uint64_t round_up_mib(uint64_t bytes)
{
    return bytes / MIB + (bytes % MIB != 0);
}

static int check_domain_memory(const struct domain_config *d, const struct kernel_facts *facts,
                               uint64_t ramdisk)
{
    uint64_t have = d->memory_mib * MIB;
    uint64_t need = kernel_memory_needed(facts, d->mode, ramdisk, have);

    if (need == UINT64_MAX)
        return complain("kernel %s: its load addresses make no sense", d->kernel);
    if (need > have)
        return complain("--memory %u is too little for %s%s: it needs at least %llu MiB",
                        d->memory_mib, d->kernel, d->ramdisk ? " and its RAM disk" : "",
                        (unsigned long long)round_up_mib(need));
    return 0;
}

static int stage_module(unsigned int *index, const char *path, const struct image *unpacked)
{
    char name[16];

    snprintf(name, sizeof(name), "m%u", (*index)++);
    if (unpacked)
        return workdir_write(name, unpacked->data, unpacked->size);
    return workdir_link(name, path);
}

/* @bytes grows by what the domain's modules take in the machine's memory. */
static int prepare_domain(const struct domain_config *d, unsigned int *index, uint64_t *bytes)
{
    struct kernel_facts facts;
    struct image img;
    uint64_t ramdisk = 0;
    int rc;

    if (d->ramdisk && file_check(d->ramdisk, "ramdisk", &ramdisk) < 0)
        return -1;
    if (image_read(d->kernel, &img) < 0)
        return -1;
    rc = kernel_inspect(&img, d->kernel, &facts);
    if (rc == 0)
        rc = kernel_can_start(&facts, d->kernel, d->mode);
    if (rc == 0)
        rc = check_domain_memory(d, &facts, ramdisk);
    if (rc == 0)
        rc = stage_module(index, d->kernel, img.unpacked ? &img : NULL);
    if (rc == 0 && d->ramdisk)
        rc = stage_module(index, d->ramdisk, NULL);
    *bytes += img.size + ramdisk;
    image_free(&img);
    return rc;
}

static uint64_t ram_disks(const struct domain_config *d)
{
    uint64_t mib = 0;

    for (unsigned int i = 0; i < d->ndisks; i++)
        if (!d->disk[i].path)
            mib += d->disk[i].ram_mib;
    return mib;
}

/* The machine needs the domains' memory, the modules beside it, and hv-stub with its frame table.
 */
static int size_machine(const struct run_config *cfg, uint64_t modules, unsigned int *host_mib)
{
    uint64_t domains = 0, need, physical;

    for (unsigned int i = 0; i < cfg->ndom; i++)
        domains += cfg->dom[i].memory_mib + ram_disks(&cfg->dom[i]);
    need = domains + domains / 32 + round_up_mib(modules) + 32;
    *host_mib = cfg->host_memory_mib;
    if (!*host_mib)
        *host_mib = (unsigned int)((need + 127) / 64 * 64);
    else if (need > *host_mib)
        return complain("the domains need %llu MiB with the hypervisor's part; --host-memory is %u",
                        (unsigned long long)need, *host_mib);
    physical = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / MIB;
    if (*host_mib > physical)
        return complain("the domains need %u MiB; this computer has %llu", *host_mib,
                        (unsigned long long)physical);
    return 0;
}

/* Only that it can be one at all: QEMU loads it, and says what is wrong with it. */
static int check_hypervisor(const char *hv)
{
    char magic[SELFMAG] = "";
    FILE *f;

    if (file_check(hv, "hypervisor", NULL) < 0)
        return -1;
    f = fopen(hv, "re");
    if (!f || fread(magic, 1, sizeof(magic), f) != sizeof(magic) ||
        memcmp(magic, ELFMAG, SELFMAG)) {
        if (f)
            fclose(f);
        return complain("hypervisor %s: not an ELF file", hv);
    }
    fclose(f);
    return 0;
}

int prepare(struct run_config *cfg, const char *hv, unsigned int *host_mib)
{
    unsigned int index = 0;
    uint64_t modules = 0;

    for (unsigned int i = 0; i < cfg->ndom; i++)
        if (prepare_domain(&cfg->dom[i], &index, &modules) < 0)
            return -1;
    if (disks_prepare(cfg) < 0)
        return -1;
    if (size_machine(cfg, modules, host_mib) < 0)
        return -1;
    if (check_hypervisor(hv) < 0)
        return -1;
    return workdir_link(WORK_HV, hv);
}
