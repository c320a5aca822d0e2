/* Rate limits by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/rate_book.h"

#define MINUTE_US INT64_C(60000000)

static void everybody_has_an_allowance_of_their_own(void **state)
{
    struct rate_book book = {0};
    (void)state;

    for (int i = 0; i < 5; i++)
        assert_true(rate_book_allow(&book, STR("alice"), 5, MINUTE_US));
    assert_false(rate_book_allow(&book, STR("alice"), 5, MINUTE_US));
    assert_true(rate_book_allow(&book, STR("bob"), 5, MINUTE_US));
    rate_book_fini(&book);
}

static void what_is_used_up_stays_used_up_while_others_come_and_go(void **state)
{
    struct rate_book book = {0};
    char name[32];
    (void)state;

    for (int i = 0; i < 5; i++)
        assert_true(rate_book_allow(&book, STR("alice"), 5, MINUTE_US));
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "user%d", i);
        assert_true(rate_book_allow(&book, str_of(name), 5, MINUTE_US));
    }
    assert_false(rate_book_allow(&book, STR("alice"), 5, MINUTE_US));
    rate_book_fini(&book);
}

static void those_with_nothing_used_up_are_forgotten(void **state)
{
    struct rate_book book = {0};
    char name[32];
    (void)state;

    for (int i = 0; i < 100000; i++) {
        (void)snprintf(name, sizeof name, "user%d", i);
        assert_true(rate_book_allow(&book, str_of(name), 60, MINUTE_US + i * INT64_C(2000000)));
    }
    assert_in_range(book.entries.n, 1, 1100);
    rate_book_fini(&book);
}

static void without_a_limit_nothing_is_kept(void **state)
{
    struct rate_book book = {0};
    (void)state;

    assert_true(rate_book_allow(&book, STR("alice"), 0, MINUTE_US));
    assert_int_equal(book.entries.n, 0);
    rate_book_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_has_an_allowance_of_their_own),
        cmocka_unit_test(what_is_used_up_stays_used_up_while_others_come_and_go),
        cmocka_unit_test(those_with_nothing_used_up_are_forgotten),
        cmocka_unit_test(without_a_limit_nothing_is_kept),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
