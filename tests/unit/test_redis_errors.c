#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "redis/redis_errors.h"

static void each_kind_is_logged_once_a_second(void **state)
{
    (void)state;
    struct redis_errors errors = {0};
    assert_true(redis_errors_note(&errors, STR("OOM command not allowed"), "SET", 5000));
    assert_false(redis_errors_note(&errors, STR("OOM other text"), "SET", 5001));
    assert_true(redis_errors_note(&errors, STR("WRONGTYPE Operation"), "GET", 5002));
    assert_false(redis_errors_note(&errors, STR("OOM"), "SET", 5999));
    assert_true(redis_errors_note(&errors, STR("OOM"), "SET", 6000));
    assert_false(redis_errors_note(&errors, STR("WRONGTYPE Operation"), "GET", 6001));
}

static void a_new_kind_takes_the_place_of_the_oldest(void **state)
{
    (void)state;
    struct redis_errors errors = {0};
    char word[24];

    for (int i = 0; i < REDIS_ERROR_KINDS + 1; i++) {
        (void)snprintf(word, sizeof word, "KIND%d x", i);
        assert_true(redis_errors_note(&errors, str_of(word), "X", 100 + i));
    }
    assert_false(redis_errors_note(&errors, STR("KIND1 x"), "X", 200)); /* still known */
    assert_true(redis_errors_note(&errors, STR("KIND0 x"), "X", 200));  /* forgotten */
    assert_true(redis_errors_note(&errors, STR("KIND1 x"), "X", 201));  /* now that one is */
}

static void odd_texts_are_taken(void **state)
{
    (void)state;
    struct redis_errors errors = {0};
    assert_true(redis_errors_note(&errors, STR(""), "X", 5000));
    assert_false(redis_errors_note(&errors, STR_NONE, "X", 5000));
    assert_true(
        redis_errors_note(&errors, STR("AWORDLONGERTHANANYTHATREDISEVERSENT 1"), "X", 5000));
    assert_false(redis_errors_note(&errors, STR("AWORDLONGERTHANANYTHATREDISEVERSENT"), "X", 5000));
}

static void the_first_word_is_the_whole_word(void **state)
{
    (void)state;
    assert_true(redis_error_is(STR("NOSCRIPT No matching script."), STR("NOSCRIPT")));
    assert_true(redis_error_is(STR("NOSCRIPT"), STR("NOSCRIPT")));
    assert_false(redis_error_is(STR("NOSCRIPTS are"), STR("NOSCRIPT")));
    assert_false(redis_error_is(STR("ERR NOSCRIPT"), STR("NOSCRIPT")));
    assert_false(redis_error_is(STR_NONE, STR("NOSCRIPT")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_logged_once_a_second),
        cmocka_unit_test(a_new_kind_takes_the_place_of_the_oldest),
        cmocka_unit_test(odd_texts_are_taken),
        cmocka_unit_test(the_first_word_is_the_whole_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
