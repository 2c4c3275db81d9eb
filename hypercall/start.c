/* SPDX-License-Identifier: MIT */
#include <pvkit/start.h>

/* Physical addresses have at most 52 bits, so frame numbers 40. */
#define MAX_PAGES (1UL << 40)

struct check {
    bool broken;
    const char *why;
};

static int fail(const struct check *check, const char **why)
{
    if (why)
        *why = check->why;
    return -XEN_EINVAL;
}

/* "xen-<version>-<platform>", terminated within its field. */
static bool magic_ok(const char *magic, size_t size)
{
    static const char prefix[] = "xen-";
    size_t i;

    for (i = 0; i < sizeof(prefix) - 1; i++)
        if (magic[i] != prefix[i])
            return false;
    while (i < size && magic[i])
        i++;
    return i < size;
}

static bool terminated(const int8_t *text, size_t size)
{
    size_t i = 0;

    while (i < size && text[i])
        i++;
    return i < size;
}

static bool page_aligned(unsigned long address)
{
    return !(address & ~PVK_PAGE_MASK);
}

/* The first broken rule, or NULL. */
static const struct check *first_broken(const struct check *checks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (checks[i].broken)
            return &checks[i];
    return NULL;
}

int pvk_start_resume(const struct start_info *info, struct pvk_start *out, const char **why)
{
    bool dom0 = info->flags & SIF_INITDOMAIN;
    const struct check checks[] = {
        {!magic_ok(info->magic, sizeof(info->magic)), "start_info: magic is not xen-..."},
        {!info->nr_pages || info->nr_pages > MAX_PAGES, "start_info: impossible nr_pages"},
        {!info->shared_info || !page_aligned(info->shared_info),
         "start_info: shared_info is not the address of a page"},
        {!dom0 && info->store_mfn && info->store_evtchn >= EVTCHN_2L_NR_CHANNELS,
         "start_info: store_evtchn is out of range"},
        {!dom0 && info->console.domU.mfn && info->console.domU.evtchn >= EVTCHN_2L_NR_CHANNELS,
         "start_info: console evtchn is out of range"},
    };
    const struct check *broken = first_broken(checks, sizeof(checks) / sizeof(checks[0]));

    if (broken)
        return fail(broken, why);
    out->nr_pages = info->nr_pages;
    out->shared_info_maddr = info->shared_info;
    out->privileged = info->flags & SIF_PRIVILEGED;
    out->initial_domain = dom0;
    /* Frame 0 never holds a ring: builders leave 0 where there is none. */
    out->store_mfn = pvk_mfn(!dom0 && info->store_mfn ? info->store_mfn : PVK_INVALID_FRAME);
    out->store_port = dom0 ? 0 : info->store_evtchn;
    out->console_mfn =
        pvk_mfn(!dom0 && info->console.domU.mfn ? info->console.domU.mfn : PVK_INVALID_FRAME);
    out->console_port = dom0 ? 0 : info->console.domU.evtchn;
    return 0;
}

static bool module_broken(const struct start_info *info)
{
    unsigned long pages = info->mod_len / PVK_PAGE_SIZE + !!(info->mod_len % PVK_PAGE_SIZE);

    if (!info->mod_len)
        return false;
    if (info->flags & SIF_MOD_START_PFN)
        return info->mod_start >= info->nr_pages || pages > info->nr_pages - info->mod_start;
    return !info->mod_start || pages > info->nr_pages ||
           info->mod_start + info->mod_len < info->mod_start;
}

static bool p2m_frames_broken(const struct start_info *info)
{
    if (!info->nr_p2m_frames)
        return false;
    return info->first_p2m_pfn >= info->nr_pages ||
           info->nr_p2m_frames > info->nr_pages - info->first_p2m_pfn;
}

int pvk_start_parse(const struct start_info *info, struct pvk_start *out, const char **why)
{
    int rc = pvk_start_resume(info, out, why);
    const struct check checks[] = {
        {!info->pt_base || !page_aligned(info->pt_base),
         "start_info: pt_base is not the address of a page"},
        {!info->nr_pt_frames || info->nr_pt_frames > info->nr_pages,
         "start_info: impossible nr_pt_frames"},
        {!info->mfn_list || !page_aligned(info->mfn_list),
         "start_info: mfn_list is not the address of a page"},
        {p2m_frames_broken(info), "start_info: P2M frames lie outside the domain"},
        {module_broken(info), "start_info: module lies outside the domain"},
        {!terminated(info->cmd_line, sizeof(info->cmd_line)),
         "start_info: command line does not end"},
    };
    const struct check *broken = first_broken(checks, sizeof(checks) / sizeof(checks[0]));

    if (rc)
        return rc;
    if (broken)
        return fail(broken, why);
    out->cmdline = (const char *)info->cmd_line;
    out->has_module = info->mod_len;
    out->module_is_pfn = info->flags & SIF_MOD_START_PFN;
    out->module_start = info->mod_start;
    out->module_len = info->mod_len;
    out->mfn_list = (xen_pfn_t *)info->mfn_list;
    out->pt_base = info->pt_base;
    out->nr_pt_frames = info->nr_pt_frames;
    out->first_p2m_pfn = info->nr_p2m_frames ? info->first_p2m_pfn : 0;
    out->nr_p2m_frames = info->nr_p2m_frames;
    return 0;
}
