#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/presence_bell.h"

static void expect_none(str text)
{
    struct presence_bell untouched = {.user = STR("nobody")};

    if (presence_bell_parse(text, &untouched) != ERR_INVALID)
        fail_msg("taken for a bell: %.*s", STR_ARG(text));
    assert_true(str_eq(untouched.user, STR("nobody")));
}

static void what_is_between_two_changes(void **state)
{
    struct presence_bell b;

    (void)state;
    assert_int_equal(presence_bell_parse(STR("C ann b.o-b_1"), &b), OK);
    assert_int_equal(b.kind, PRESENCE_BELL_CONTACT);
    assert_true(str_eq(b.user, STR("ann")));
    assert_true(str_eq(b.peer, STR("b.o-b_1")));
}

static void it_is_written_as_it_is_read(void **state)
{
    const struct presence_bell b = {PRESENCE_BELL_CONTACT, STR("ann"), STR("bob")};
    struct buf text = {0};

    (void)state;
    presence_bell_put(&text, &b);
    assert_string_equal(buf_cstr(&text), "C ann bob");
    buf_fini(&text);
}

static void nothing_else_is_a_bell(void **state)
{
    static const char *const TEXTS[] = {
        "",           " ",           "C",     "C ",         "C ann",     "C ann ", "C  bob",
        "C ann bob ", "C ann bob x", "c a b", "CC ann bob", "X ann bob", "ping",   " C ann bob",
    };

    (void)state;
    expect_none(STR_NONE);
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
        expect_none(str_of(TEXTS[i]));
}

static void it_is_rung_on_the_one_channel(void **state)
{
    struct redis_command c;

    (void)state;
    presence_ring(&c, STR("C ann bob"));
    assert_int_equal(c.n, 3);
    assert_true(str_eq(c.args[0], STR("PUBLISH")));
    assert_true(str_eq(c.args[1], STR("presence")));
    assert_true(str_eq(c.args[2], STR("C ann bob")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_between_two_changes),
        cmocka_unit_test(it_is_written_as_it_is_read),
        cmocka_unit_test(nothing_else_is_a_bell),
        cmocka_unit_test(it_is_rung_on_the_one_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
