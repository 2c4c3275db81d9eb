/* SPDX-License-Identifier: MIT */
/* The session that was played against xenstored 4.17 has the same answers here, byte for byte. */
#include "world.h"
#include "play.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

struct xenstore_domain_interface *play_ring(unsigned id)
{
    return world_ring(id);
}

void play_kick(unsigned id)
{
    world_kick(id);
}

static void compare(FILE *got, FILE *expected)
{
    static char a[8192], b[8192], request[8192];
    unsigned differ = 0;

    while (fgets(b, sizeof(b), expected)) {
        if (!fgets(a, sizeof(a), got))
            a[0] = 0;
        if (b[0] != ' ')
            strcpy_n(request, b, sizeof(request));
        if (!strcmp(a, b))
            continue;
        print_message("%s+%s-%s", request, a, b);
        if (++differ == 20)
            break;
    }
    assert_int_equal(differ, 0);
    assert_null(fgets(a, sizeof(a), got));
}

/* Another session may be given, for comparisons with a new version. */
static const char *name(const char *suffix)
{
    static char path[300];
    const char *base = getenv("SESSION");

    hv_snprintf(path, sizeof(path), "%s%s", base ? base : "tests/unit/xenstore/session", suffix);
    return path;
}

static void test_session(void **state)
{
    FILE *session = fopen(name(".txt"), "r"), *expected = fopen(name(".expected"), "r");
    FILE *got = getenv("GOT") ? fopen(getenv("GOT"), "w+") : tmpfile();

    assert_non_null(session);
    assert_non_null(expected);
    assert_non_null(got);
    world_start(2);
    play(session, got);
    rewind(got);
    compare(got, expected);
    assert_true(world_end());
    fclose(session);
    fclose(expected);
    fclose(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_session)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
