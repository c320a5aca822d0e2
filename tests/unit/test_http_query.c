#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_query.h"

static struct buf storage;

static enum err get(const char *query, const char *name, str *value_out)
{
    buf_fini(&storage);
    return http_query_str(str_of(query), name, &storage, value_out);
}

static void assert_value(const char *query, const char *name, const char *value)
{
    str got;

    assert_int_equal(get(query, name, &got), OK);
    assert_true(str_eq(got, str_of(value)));
}

static void a_parameter_is_found_among_others(void **state)
{
    (void)state;
    assert_value("a=1&b=2&c=3", "b", "2");
    assert_value("ab=1&b=2", "b", "2");
}

static void percents_and_pluses_are_decoded(void **state)
{
    (void)state;
    assert_value("q=a+b%2Bc%c3%A4", "q", "a b+c\xc3\xa4");
}

static void a_value_may_be_empty_or_left_out(void **state)
{
    (void)state;
    assert_value("q=", "q", "");
    assert_value("q", "q", "");
    assert_value("q=a=b", "q", "a=b");
}

static void a_missing_parameter_is_no_error(void **state)
{
    str got;

    (void)state;
    assert_int_equal(get("a=1", "b", &got), ERR_NOT_FOUND);
    assert_int_equal(get("", "b", &got), ERR_NOT_FOUND);
    assert_int_equal(get("&&", "b", &got), ERR_NOT_FOUND);
}

static void a_parameter_twice_is_refused(void **state)
{
    str got;

    (void)state;
    assert_int_equal(get("a=1&a=1", "a", &got), ERR_INVALID);
}

static void bad_encoding_is_refused(void **state)
{
    str got;

    (void)state;
    assert_int_equal(get("a=%", "a", &got), ERR_INVALID);
    assert_int_equal(get("a=%g0", "a", &got), ERR_INVALID);
    assert_int_equal(get("a=%00", "a", &got), ERR_INVALID);
    assert_int_equal(get("a=%c3", "a", &got), ERR_INVALID);
}

static void whole_numbers_within_the_limits_are_read(void **state)
{
    int64_t n = 0;

    (void)state;
    assert_int_equal(http_query_int(STR("limit=200"), "limit", 1, 200, 50, &n), OK);
    assert_int_equal(n, 200);
    assert_int_equal(http_query_int(STR("x=1"), "limit", 1, 200, 50, &n), OK);
    assert_int_equal(n, 50);
}

static void other_numbers_are_refused_and_change_nothing(void **state)
{
    static const char *const BAD[] = {
        "n=0", "n=201", "n=", "n=1x", "n=+1", "n=1.0", "n=99999999999999999999", "n=1&n=1"};
    int64_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(http_query_int(str_of(BAD[i]), "n", 1, 200, 50, &n), ERR_INVALID);
    assert_int_equal(n, 7);
}

static int clean_up(void **state)
{
    (void)state;
    buf_fini(&storage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_found_among_others),
        cmocka_unit_test(percents_and_pluses_are_decoded),
        cmocka_unit_test(a_value_may_be_empty_or_left_out),
        cmocka_unit_test(a_missing_parameter_is_no_error),
        cmocka_unit_test(a_parameter_twice_is_refused),
        cmocka_unit_test(bad_encoding_is_refused),
        cmocka_unit_test(whole_numbers_within_the_limits_are_read),
        cmocka_unit_test(other_numbers_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
