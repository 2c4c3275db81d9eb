/* SPDX-License-Identifier: MIT */
/* The command line: defaults, groups, where options may stand, what is refused. */
#include "unit.h"

#include "options.h"

#define PARSE(cfg, ...)                                                                   \
    options_parse((int)(sizeof((const char *[]){"hvrun", __VA_ARGS__}) / sizeof(char *)), \
                  (const char *[]){"hvrun", __VA_ARGS__, NULL}, cfg)

static void test_defaults(void **state)
{
    struct run_config cfg;

    assert_int_equal(PARSE(&cfg, "--kernel", "k"), OPTIONS_RUN);
    assert_int_equal(cfg.ndom, 1);
    assert_string_equal(cfg.dom[0].kernel, "k");
    assert_int_equal(cfg.dom[0].mode, GUEST_PV);
    assert_int_equal(cfg.dom[0].memory_mib, 64);
    assert_int_equal(cfg.dom[0].vcpus, 1);
    assert_int_equal(cfg.smp, 1);
    assert_int_equal(cfg.accel, ACCEL_TCG);
    assert_false(cfg.icount);
}

static void test_options_belong_to_their_group(void **state)
{
    struct run_config cfg;

    assert_int_equal(PARSE(&cfg, "--domain", "--kernel", "a", "--memory=32", "--domain", "--smp",
                           "2", "--observer", "--mode", "pvh", "--kernel", "b", "--cmdline",
                           "x=1, y"),
                     OPTIONS_RUN);
    assert_int_equal(cfg.ndom, 2);
    assert_true(!cfg.dom[0].observer && cfg.dom[1].observer);
    assert_int_equal(cfg.dom[0].memory_mib, 32);
    assert_int_equal(cfg.dom[1].memory_mib, 64);
    assert_int_equal(cfg.dom[0].mode, GUEST_PV);
    assert_int_equal(cfg.dom[1].mode, GUEST_PVH);
    assert_string_equal(cfg.dom[1].cmdline, "x=1, y");
    assert_int_equal(cfg.smp, 2);
}

static void test_a_value_may_look_like_an_option(void **state)
{
    struct run_config cfg;

    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--cmdline", "--help"), OPTIONS_RUN);
    assert_string_equal(cfg.dom[0].cmdline, "--help");
    assert_int_equal(PARSE(&cfg, "--kernel=a=b", "--cmdline="), OPTIONS_RUN);
    assert_string_equal(cfg.dom[0].kernel, "a=b");
    assert_string_equal(cfg.dom[0].cmdline, "");
}

static void test_help_and_version_win(void **state)
{
    struct run_config cfg;

    assert_int_equal(PARSE(&cfg, "--help"), OPTIONS_HELP);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--version"), OPTIONS_VERSION);
}

static void test_refusals(void **state)
{
    struct run_config cfg;

    assert_int_equal(PARSE(&cfg, "--smp", "2"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--memory", "-1"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--memory", " 1"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--memory", "18446744073709551617"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--icount=1"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--kern", "k"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--timeout", "inf"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--name", "a,b"), OPTIONS_BAD);
    assert_int_equal(PARSE(&cfg, "--kernel", "k", "--domain"), OPTIONS_BAD);
}

static void test_too_many_domains(void **state)
{
    const char *argv[3 * (HVRUN_MAX_DOMAINS + 1) + 2] = {"hvrun"};
    struct run_config cfg;
    int argc = 1;

    for (int i = 0; i < HVRUN_MAX_DOMAINS; i++) {
        argv[argc++] = "--domain";
        argv[argc++] = "--kernel=k";
    }
    assert_int_equal(options_parse(argc, argv, &cfg), OPTIONS_RUN);
    assert_int_equal(cfg.ndom, HVRUN_MAX_DOMAINS);
    argv[argc++] = "--domain";
    assert_int_equal(options_parse(argc, argv, &cfg), OPTIONS_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_options_belong_to_their_group),
        cmocka_unit_test(test_a_value_may_look_like_an_option),
        cmocka_unit_test(test_help_and_version_win),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_many_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
