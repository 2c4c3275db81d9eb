/* SPDX-License-Identifier: MIT */
/* What a PV kernel asks of its builder: legacy __xen_guest strings, defaults, required features. */
#include "hv_elf.h"

/* s holds n bytes "KEY=value[,…]": if it starts with key, where the value starts. */
static const char *value_of(const char *s, size_t n, const char *key)
{
    size_t k = strlen(key);

    return n > k && memcmp(s, key, k) == 0 && s[k] == '=' ? s + k + 1 : NULL;
}

static void copy_value(char *dst, size_t room, const char *v, size_t n)
{
    size_t len = MIN(n, room - 1);

    memcpy(dst, v, len);
    dst[len] = 0;
}

static uint64_t number(const char *v, size_t n)
{
    char buf[24];

    copy_value(buf, sizeof(buf), v, n);
    return str_to_u64(buf, NULL);
}

static void legacy_pair(struct elf_image *e, const char *s, size_t n, uint64_t *page)
{
    const char *v;

#define REST (n - (size_t)(v - s))
    if ((v = value_of(s, n, "GUEST_OS")))
        copy_value(e->guest_os, sizeof(e->guest_os), v, REST);
    else if ((v = value_of(s, n, "XEN_VER")))
        copy_value(e->xen_version, sizeof(e->xen_version), v, REST);
    else if ((v = value_of(s, n, "LOADER")))
        copy_value(e->loader, sizeof(e->loader), v, REST);
    else if ((v = value_of(s, n, "FEATURES")))
        copy_value(e->features, sizeof(e->features), v, REST);
    else if ((v = value_of(s, n, "VIRT_BASE")))
        e->virt_base = number(v, REST);
    else if ((v = value_of(s, n, "VIRT_ENTRY")))
        e->virt_entry = number(v, REST);
    else if ((v = value_of(s, n, "ELF_PADDR_OFFSET")))
        e->paddr_offset = number(v, REST);
    else if ((v = value_of(s, n, "HYPERCALL_PAGE")))
        *page = number(v, REST); /* a page number from VIRT_BASE on */
#undef REST
}

void elf_legacy_parse(struct elf_image *e, const char *s, size_t n)
{
    uint64_t page = ELF_UNSET;
    size_t pos = 0;

    while (pos < n && s[pos]) {
        size_t len = 0;

        while (pos + len < n && s[pos + len] && s[pos + len] != ',')
            len++;
        legacy_pair(e, s + pos, len, &page);
        pos += len + 1;
    }
    e->has_legacy = true;
    if (page != ELF_UNSET && e->virt_base != ELF_UNSET)
        e->hypercall_page = e->virt_base + (page << PAGE_SHIFT);
}

const char *elf_image_pv_resolve(struct elf_image *e)
{
    uint64_t kstart, kend;

    if (!e->is64)
        return "not a 64-bit kernel: 32-bit PV is not offered";
    if (!e->has_notes && !e->has_legacy)
        return "no Xen notes: not a PV kernel";
    if (e->xen_version[0] && strncmp(e->xen_version, "xen-3.0", 7) != 0)
        return "made for another Xen ABI than xen-3.0";
    if (e->has_notes && e->virt_entry == ELF_UNSET && e->phys32_entry != ELF_UNSET)
        return "a PVH-only kernel: it has no PV entry";
    if (e->virt_base == ELF_UNSET)
        e->virt_base = 0;
    if (e->paddr_offset == ELF_UNSET) /* old loaders expected paddr = vaddr in legacy images */
        e->paddr_offset = e->has_notes ? 0 : e->virt_base;
    if (e->virt_entry == ELF_UNSET)
        e->virt_entry = e->e_entry;
    if (e->pstart < e->paddr_offset)
        return "a segment lies below PADDR_OFFSET";
    if (e->pend - e->paddr_offset > (1ull << 40))
        return "the image is larger than any domain";
    kstart = e->pstart - e->paddr_offset + e->virt_base;
    kend = e->pend - e->paddr_offset + e->virt_base;
    if (kend < kstart)
        return "the image wraps around the address space";
    if (e->virt_entry < kstart || e->virt_entry >= kend)
        return "the entry point is outside the image";
    if (e->hypercall_page != ELF_UNSET &&
        (e->hypercall_page % PAGE_SIZE || e->hypercall_page < kstart || e->hypercall_page >= kend))
        return "the hypercall page is outside the image or not page-aligned";
    if (kstart < HYPERVISOR_VIRT_END && kend > HYPERVISOR_VIRT_START)
        return "the image overlaps the hypervisor's addresses";
    if (e->init_p2m != ELF_UNSET && (e->init_p2m >= e->virt_base || e->init_p2m % PAGE_SIZE))
        e->init_p2m = ELF_UNSET; /* not usable: the list goes behind the kernel as usual */
    return NULL;
}

static bool feature_known(const char *s, size_t n)
{
    static const char *const known[] = {"writable_page_tables", "writable_descriptor_tables",
                                        "pae_pgdir_above_4gb", "dom0"};

    for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
        if (strlen(known[i]) == n && memcmp(known[i], s, n) == 0)
            return true;
    return false;
}

bool elf_image_missing_feature(const struct elf_image *e, char *buf, size_t n)
{
    const char *s = e->features;

    while (*s) {
        size_t len = 0;

        while (s[len] && s[len] != '|')
            len++;
        if (s[0] == '!' && !feature_known(s + 1, len - 1)) {
            copy_value(buf, n, s + 1, len - 1);
            return true;
        }
        s += s[len] ? len + 1 : len;
    }
    return false;
}
