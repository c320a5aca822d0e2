#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conn/tally.h"

static void up_to_the_maximum_are_counted(void **state)
{
    (void)state;
    struct tally t = {0};
    for (int i = 0; i < 5; i++)
        assert_true(tally_add(&t, STR("192.0.2.1"), 5));
    assert_false(tally_add(&t, STR("192.0.2.1"), 5));
    assert_false(tally_add(&t, STR("192.0.2.1"), 5));
    tally_fini(&t);
}

static void what_is_refused_is_not_counted(void **state)
{
    (void)state;
    struct tally t = {0};
    assert_true(tally_add(&t, STR("a"), 2));
    assert_true(tally_add(&t, STR("a"), 2));
    for (int i = 0; i < 10; i++)
        assert_false(tally_add(&t, STR("a"), 2));
    tally_remove(&t, STR("a"));
    assert_true(tally_add(&t, STR("a"), 2));
    assert_false(tally_add(&t, STR("a"), 2));
    tally_fini(&t);
}

static void zero_is_any_number(void **state)
{
    (void)state;
    struct tally t = {0};
    for (int i = 0; i < 10000; i++)
        assert_true(tally_add(&t, STR("a"), 0));
    assert_false(tally_add(&t, STR("a"), 10000));
    assert_true(tally_add(&t, STR("a"), 10001));
    tally_fini(&t);
}

static void each_key_has_its_own_count(void **state)
{
    (void)state;
    struct tally t = {0};
    assert_true(tally_add(&t, STR("a"), 1));
    assert_true(tally_add(&t, STR("b"), 1));
    assert_true(tally_add(&t, STR("ab"), 1));
    assert_true(tally_add(&t, STR(""), 1));
    assert_false(tally_add(&t, STR("b"), 1));
    assert_false(tally_add(&t, STR(""), 1));
    tally_remove(&t, STR("b"));
    assert_true(tally_add(&t, STR("b"), 1));
    assert_false(tally_add(&t, STR("a"), 1));
    tally_fini(&t);
}

static void keys_need_not_stay(void **state)
{
    (void)state;
    struct tally t = {0};
    char key[] = "192.0.2.1";
    assert_true(tally_add(&t, str_of(key), 1));
    memset(key, 'x', sizeof key - 1);
    assert_false(tally_add(&t, STR("192.0.2.1"), 1));
    tally_fini(&t);
}

static void the_last_one_gone_leaves_nothing(void **state)
{
    (void)state;
    struct tally t = {0};
    char key[16];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3000; i++) {
            (void)snprintf(key, sizeof key, "%d", i % 1000);
            assert_true(tally_add(&t, str_of(key), 3));
        }
        assert_int_equal(t.entries.n, 1000);
        for (int i = 2999; i >= 0; i--) {
            (void)snprintf(key, sizeof key, "%d", i % 1000);
            tally_remove(&t, str_of(key));
        }
        assert_int_equal(t.entries.n, 0);
    }
    tally_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_the_maximum_are_counted),
        cmocka_unit_test(what_is_refused_is_not_counted),
        cmocka_unit_test(zero_is_any_number),
        cmocka_unit_test(each_key_has_its_own_count),
        cmocka_unit_test(keys_need_not_stay),
        cmocka_unit_test(the_last_one_gone_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
