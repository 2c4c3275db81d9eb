/* SPDX-License-Identifier: MIT */
/*
 * The control channel: what a toolstack asks of the hypervisor, in lines of text on a serial port
 * of the machine. A request is `[@TAG] COMMAND [WORD]...`; its answer is any number of lines
 * `[@TAG] - TEXT` and one `[@TAG] ok` or `[@TAG] error TEXT`. In words and texts a backslash, a
 * blank and what does not print stand as \xNN. Who sits at the port owns the machine: what he asks
 * is checked for sense, not for rights.
 *
 * Commands are what only the hypervisor can do; the rest is a write to the store (tools/hvctl).
 * A job reads, acts and answers, so that nobody waits for the port.
 */
#include "control.h"
#include "domain.h"
#include "domain_suspend.h"
#include "hv_job.h"
#include "modword.h"
#include "sched.h"
#include "xs.h"

#define PORT        2    /* of arch_uart_*() */
#define LINE_BYTES  8192 /* a path, and a value with every byte escaped */
#define REPLY_BYTES 20480
#define END_BYTES   128 /* of them kept for the last line */
#define MAX_WORDS   CONTROL_WORDS
#define READ_STEP   256 /* bytes taken from the port at once */

static const char again[] = "again";

static struct job job;
static char line[LINE_BYTES], reply[REPLY_BYTES];
static uint32_t line_len, reply_len, reply_sent;
static bool overlong, complete; /* the line; all of it is there */
static struct request request;
static const struct command *command; /* being served */
static char tag[16];
static struct domain *held; /* kept off the CPUs while it is audited */

/* ---- answers */

static void __attribute__((format(printf, 2, 3))) put(uint32_t room, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (reply_len >= room)
        return;
    va_start(ap, fmt);
    n = hv_vsnprintf(reply + reply_len, room - reply_len, fmt, ap);
    va_end(ap);
    reply_len = MIN(reply_len + (uint32_t)n, room);
}

#define ROOM         (REPLY_BYTES - END_BYTES)
#define say(...)     put(ROOM, __VA_ARGS__)
#define begin_line() say("%s- ", tag)

void control_say(const char *text)
{
    begin_line();
    say("%s\n", text);
}

static void say_escaped(const char *s, size_t n)
{
    for (; n; n--, s++)
        if (*s > ' ' && *s <= '~' && *s != '\\')
            say("%c", *s);
        else
            say("\\x%02x", (unsigned char)*s);
}

static const char *xs_result(int rc)
{
    return rc < 0 ? xs_error_name(-rc) : NULL;
}

/* ---- commands */

static const char *do_hello(struct request *r)
{
    begin_line();
    say("pvkit cpus=%u free_pages=%lu now_ns=%lu\n", nr_cpus, (unsigned long)palloc_free_frames(),
        (unsigned long)hv_now());
    return NULL;
}

static const char *state_name(const struct domain *d)
{
    bool waits = true;

    if (!domain_alive(d))
        return domain_end_name(d);
    if (domain_suspended(d))
        return "suspended";
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        if (READ_ONCE(d->vcpu[i]->pause) & VCPU_HELD)
            return "paused";
        waits &= READ_ONCE(d->vcpu[i]->pause) != 0;
    }
    return waits ? "blocked" : "running";
}

static void list_domain(const struct domain *d)
{
    uint32_t online = 0;
    uint64_t cpu = 0;

    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        online += !(READ_ONCE(d->vcpu[i]->pause) & VCPU_DOWN);
        cpu += d->vcpu[i]->cpu_time_ns;
    }
    begin_line();
    say("id=%u name=%s kind=%s state=%s vcpus=%u online=%u weight=%u pages=%lu max_pages=%lu "
        "cpu_ns=%lu released=%u\n",
        d->id, d->name, d->kind == DOMAIN_PV ? "pv" : "fv", state_name(d), d->nr_vcpus, online,
        d->weight, (unsigned long)d->tot_pages, (unsigned long)d->max_pages, (unsigned long)cpu,
        d->released);
}

static const char *do_list(struct request *r)
{
    for (uint32_t i = 1; i < nr_domains; i++)
        if (domains[i])
            list_domain(domains[i]);
    return NULL;
}

static const char *do_destroy(struct request *r)
{
    domain_destroy(r->d);
    return NULL;
}

static void hold(struct domain *d, bool on)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (on)
            vcpu_pause_set(d->vcpu[i], VCPU_HELD);
        else
            vcpu_pause_clear(d->vcpu[i], VCPU_HELD);
}

static const char *do_pause(struct request *r)
{
    hold(r->d, true);
    return NULL;
}

static const char *do_unpause(struct request *r)
{
    hold(r->d, false);
    return NULL;
}

static const char *do_resume(struct request *r)
{
    enum domain_resume how = RESUME_SAME;
    int rc;

    if (!strcmp(r->word[1], "new"))
        how = RESUME_NEW;
    else if (*r->word[1])
        return "resume takes 'new' or nothing";
    rc = domain_resume(r->d, how);
    return rc == -HV_ERESTART ? again : xs_result(rc);
}

static const char *do_maxmem(struct request *r)
{
    const char *end;
    uint64_t kib = str_to_u64(r->word[1], &end);

    if (!kib || *end)
        return "how many KiB?";
    WRITE_ONCE(r->d->max_pages, kib / (PAGE_SIZE / 1024));
    return NULL;
}

static bool off_all_cpus(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (!vcpu_is_off(d->vcpu[i]))
            return false;
    return true;
}

/* The counts of a domain that runs are never all right at once: it stands still meanwhile. */
static const char *do_audit(struct request *r)
{
    uint64_t n;

    if (!held && !(READ_ONCE(r->d->vcpu[0]->pause) & VCPU_HELD)) {
        held = r->d;
        hold(held, true);
    }
    if (!off_all_cpus(r->d) || !spin_trylock(&reap_lock))
        return again;
    n = domain_alive(r->d) ? domain_audit(r->d) : 0;
    spin_unlock(&reap_lock);
    if (held)
        hold(held, false);
    held = NULL;
    begin_line();
    say("violations=%lu\n", (unsigned long)n);
    return NULL;
}

static void say_stats(const char *s)
{
    say("%s", s);
}

static const char *do_stats(struct request *r)
{
    if (!spin_trylock(&reap_lock)) /* the machine may be ending, with statistics of its own */
        return again;
    begin_line();
    stats_domain(r->d, say_stats);
    say("\n");
    spin_unlock(&reap_lock);
    return NULL;
}

static const char *do_xs_read(struct request *r)
{
    static char value[XENSTORE_PAYLOAD_MAX + 1];
    int n = hv_xenstore_read(r->word[0], value, sizeof(value));

    if (n < 0)
        return xs_result(n);
    begin_line();
    say_escaped(value, MIN((size_t)n, sizeof(value)));
    say("\n");
    return NULL;
}

static const char *do_xs_write(struct request *r)
{
    return xs_result(hv_xenstore_write(r->word[0], r->word[1]));
}

static const char *do_xs_rm(struct request *r)
{
    return xs_result(hv_xenstore_rm(r->word[0]));
}

static const char *do_xs_ls(struct request *r)
{
    static char names[XENSTORE_PAYLOAD_MAX];
    int n = hv_xenstore_directory(r->word[0], names, sizeof(names));

    for (int at = 0; at < n; at += (int)strlen(names + at) + 1) {
        begin_line();
        say_escaped(names + at, strlen(names + at));
        say("\n");
    }
    return xs_result(n);
}

/* One after the other with the end of domains and their new beginning. */
static const char *while_it_lives(struct request *r, command_fn fn)
{
    const char *wrong = "the domain has ended";

    if (!spin_trylock(&reap_lock))
        return again;
    if (domain_alive(r->d))
        wrong = fn(r);
    spin_unlock(&reap_lock);
    return wrong;
}

static const char *do_block_attach(struct request *r)
{
    return while_it_lives(r, control_block_attach);
}

static const char *do_net_attach(struct request *r)
{
    return while_it_lives(r, control_net_attach);
}

static const char *do_detach(struct request *r)
{
    return while_it_lives(r, control_detach);
}

static const struct command commands[] = {
    {"hello", false, 0, do_hello},
    {"list", false, 0, do_list},
    {"destroy", true, 1, do_destroy},
    {"pause", true, 1, do_pause},
    {"unpause", true, 1, do_unpause},
    {"maxmem", true, 2, do_maxmem},
    {"resume", true, 1, do_resume},
    {"audit", true, 1, do_audit},
    {"stats", true, 1, do_stats},
    {"xs-read", false, 1, do_xs_read},
    {"xs-write", false, 1, do_xs_write},
    {"xs-rm", false, 1, do_xs_rm},
    {"xs-ls", false, 1, do_xs_ls},
    {"disk-add", false, 1, control_disk_add},
    {"disk-function", false, 1, control_disk_function},
    {"disk-remove", false, 1, control_disk_remove},
    {"block-attach", true, 2, do_block_attach},
    {"net-attach", true, 1, do_net_attach},
    {"detach", true, 2, do_detach},
};

/* ---- requests */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; ends with a 0. False: an escape that is none, or stands for a 0. */
static bool unescape(char *s, size_t n)
{
    char *to = s;

    for (const char *end = s + n; s < end; s++) {
        if (*s != '\\') {
            *to++ = *s;
            continue;
        }
        if (end - s < 4 || s[1] != 'x' || hex(s[2]) < 0 || hex(s[3]) < 0)
            return false;
        *to = (char)(hex(s[2]) << 4 | hex(s[3]));
        if (!*to++)
            return false;
        s += 3;
    }
    *to = 0;
    return true;
}

static const char *find_domain(struct request *r)
{
    const char *end;
    uint64_t id = str_to_u64(r->word[0], &end);

    if (end == r->word[0] || *end || id >= nr_domains || !domains[id])
        return "no such domain";
    r->d = domains[id];
    return NULL;
}

/* Split what is behind the command; the line is changed. */
static const char *read_words(const char *p, struct request *r)
{
    static char none[1];

    for (unsigned i = 0; i < MAX_WORDS; i++)
        r->word[i] = none;
    r->nr = 0;
    while (*p) {
        struct word w = next_word(&p, ' ');

        if (r->nr == MAX_WORDS)
            return "too many words";
        r->word[r->nr] = line + (w.s - line);
        if (!unescape(r->word[r->nr++], w.len))
            return "a word is not escaped as it should be";
    }
    return NULL;
}

/* What to call, and with what. */
static const char *read_line(void)
{
    const char *p = line, *wrong;
    struct word w;

    line[line_len] = 0;
    tag[0] = 0;
    w = next_word(&p, ' ');
    if (w.len && w.s[0] == '@') {
        if (w.len < sizeof(tag) - 1)
            hv_snprintf(tag, sizeof(tag), "%.*s ", (int)w.len, w.s);
        w = next_word(&p, ' ');
    }
    if (overlong)
        return "the line is too long";
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
        if (word_is(w, commands[i].name))
            command = &commands[i];
    if (!command)
        return "no such command";
    wrong = read_words(p, &request);
    if (!wrong && request.nr < command->words)
        wrong = "words are missing";
    return !wrong && command->domain ? find_domain(&request) : wrong;
}

/* The line is complete. False: its command has to be called again. */
static bool answer(void)
{
    const char *wrong = command ? NULL : read_line();

    if (!wrong)
        wrong = command->fn(&request);
    if (wrong == again)
        return false;
    command = NULL;
    if (reply_len >= ROOM - 1)
        wrong = "the answer is too long";
    if (wrong)
        put(REPLY_BYTES, "%s%serror %s\n", reply_len && reply[reply_len - 1] != '\n' ? "\n" : "",
            tag, wrong);
    else
        put(REPLY_BYTES, "%sok\n", tag);
    return true;
}

/* ---- the port */

static void take(char c)
{
    if (c == '\n') {
        complete = line_len || overlong; /* empty lines end what somebody else began */
        return;
    }
    if (line_len < LINE_BYTES - 1)
        line[line_len++] = c;
    else
        overlong = true;
}

/* True: something may be left to read. */
static bool receive(void)
{
    for (unsigned n = 0; n < READ_STEP && !complete; n++) {
        int c = arch_uart_getc(PORT);

        if (c < 0)
            return false;
        take((char)c);
    }
    return true;
}

/* No more than the port takes at once. */
static void send(void)
{
    uint32_t room = (uint32_t)arch_uart_room(PORT), n = MIN(room, reply_len - reply_sent);

    arch_uart_write(PORT, reply + reply_sent, n);
    reply_sent += n;
    if (reply_sent == reply_len)
        reply_sent = reply_len = 0;
}

static bool serve(struct job *self)
{
    bool more = true;

    if (reply_len) {
        send();
        return true;
    }
    if (!complete)
        more = receive();
    if (complete && answer()) {
        complete = overlong = false;
        line_len = 0;
    }
    return more || complete || reply_len;
}

void control_input(void)
{
    if (job.fn)
        job_raise(&job);
}

void control_init(void)
{
    line_len = reply_len = reply_sent = 0;
    overlong = complete = false;
    command = NULL;
    held = NULL;
    job_init(&job, serve, NULL);
    if (!arch_uart_listen(PORT))
        hv_log("no control channel: the machine has no port or no I/O APIC for it");
}
