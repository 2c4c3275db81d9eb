/* SPDX-License-Identifier: MIT */
/* Any bytes on the control port, with words it knows among them: each line is answered, once, by
 * lines of the form it promises, and the store and the domains stand. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "domain.h"
#include "hv_disk.h"
#include "hv_job.h"
#include "hv_xenstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_BYTES 16384

static const char *const words[] = {
    "\n",
    "list",
    "destroy ",
    "pause ",
    "unpause ",
    "maxmem ",
    "audit ",
    "stats ",
    "xs-read ",
    "xs-rm ",
    "xs-ls ",
    "xs-write ",
    "hello",
    "@t.1 ",
    "1 ",
    "2\n",
    "/local/domain/1/",
    "name",
    "\\x41",
    "\\x0",
    "/a\n",
    "99999999999999999999 ",
    "/a/b/c x\n",
    "\n\n",
    "block-attach 1 ",
    "net-attach ",
    "detach ",
    "disk-add ",
    "disk-remove ",
    "disk-function ",
    "ram:1",
    ",xvdb",
    ",w",
    ":name",
    "virtio:0",
    "vbd/51728 force\n",
};

static char text[TEXT_BYTES];

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void build_world(void)
{
    world_reset(1);
    for (unsigned i = 0; i < 2; i++)
        check(!hv_xenstore_domain_start(world_domain(1, 256)));
}

/* Words for small bytes, the others stand for themselves. Returns how many answers are due. */
static unsigned make_text(const uint8_t *data, size_t size)
{
    size_t n = 0;
    unsigned lines = 0;
    bool any = false;

    for (size_t i = 0; i < size && n + 64 < sizeof(text); i++) {
        char one[2] = {(char)data[i], 0};
        const char *w = data[i] < ARRAY_SIZE(words) ? words[data[i]] : one;

        n += (size_t)hv_snprintf(text + n, sizeof(text) - n, "%s", w);
    }
    text[n++] = '\n';
    text[n] = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\n') {
            lines += any;
            any = false;
        } else {
            any = true;
        }
    }
    return lines;
}

/* An end is "ok" or "error", with a tag or without. */
static unsigned count_ends(const char *p)
{
    unsigned ends = 0;

    while (*p) {
        const char *nl = strchr(p, '\n'), *q = p;

        check(nl);
        if (*q == '@')
            q = strchr(q, ' ') + 1;
        ends += !strncmp(q, "ok\n", 3) || !strncmp(q, "error ", 6);
        check(!strncmp(q, "ok\n", 3) || !strncmp(q, "error ", 6) || !strncmp(q, "- ", 2));
        p = nl + 1;
    }
    return ends;
}

static void revive(void)
{
    domains_to_reap = 0;
    for (uint32_t i = 1; i < nr_domains; i++) {
        domains[i]->state = DOMAIN_RUNNING;
        domains[i]->destroyed = false;
        vcpu_pause_clear(domains[i]->vcpu[0], VCPU_PAUSED | VCPU_HELD);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned lines = make_text(data, size);

    if (!nr_domains)
        build_world();
    fake_jobs = jobs_run;
    control_init();
    fake_uart_clear(0);
    fake_uart_clear(2);
    fake_ask(text);
    control_input();
    for (unsigned i = 0; i < 200; i++)
        fake_run(10000000);
    check(fake_uart[2][sizeof(fake_uart[2]) - 2] || count_ends(fake_uart[2]) == lines);
    for (domid_t id = 1; id <= 2; id++)
        for (uint32_t i = 0; i < HV_MAX_DISKS; i++)
            if (domain_disk(id, i))
                disk_detach(domain_disk(id, i));
    revive();
    hv_xenstore_rm("/a");
    return 0;
}
