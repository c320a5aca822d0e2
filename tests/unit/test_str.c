#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

static void views_compare_by_content(void **state)
{
    char bytes[] = "abc";

    assert_true(str_eq(STR("abc"), str_of(bytes)));
    assert_false(str_eq(STR("abc"), STR("abd")));
    assert_false(str_eq(STR("abc"), STR("ab")));
    assert_true(str_eq(STR("a\0b"), str_from("a\0b", 3)));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_eq(STR_NONE, STR("")));
    (void)state;
}

static void none_is_not_the_same_as_empty(void **state)
{
    assert_true(str_is_none(STR_NONE));
    assert_true(str_is_none(str_of(NULL)));
    assert_int_equal(str_of(NULL).n, 0);
    assert_false(str_is_none(STR("")));
    (void)state;
}

static void a_prefix_may_be_all_or_nothing(void **state)
{
    assert_true(str_starts(STR("abc"), STR("")));
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("abc")));
    assert_false(str_starts(STR("abc"), STR("abcd")));
    assert_false(str_starts(STR("abc"), STR("b")));
    (void)state;
}

static void skipping_stops_at_the_end(void **state)
{
    str s = STR("abc");

    assert_true(str_eq(str_skip(s, 1), STR("bc")));
    assert_ptr_equal(str_skip(s, 3).p, s.p + 3);
    assert_int_equal(str_skip(s, 4).n, 0);
    (void)state;
}

static void a_copy_has_a_nul_after_it(void **state)
{
    char *copy = str_dup(str_from("abcdef", 3));
    char *empty = str_dup(STR_NONE);

    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    free(copy);
    free(empty);
    (void)state;
}

static void splitting_gives_every_part_once(void **state)
{
    str rest = STR("a,,bc,");
    const str expected[] = {STR("a"), STR(""), STR("bc"), STR("")};
    str part;

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_true(str_eq(part, expected[i]));
    }
    assert_true(str_is_none(rest));
    assert_false(str_split(&rest, ',', &part));
    (void)state;
}

static void splitting_an_empty_view_gives_one_empty_part(void **state)
{
    str rest = STR("");
    str part = STR("x");

    assert_true(str_split(&rest, ',', &part));
    assert_int_equal(part.n, 0);
    assert_false(str_split(&rest, ',', &part));
    (void)state;
}

static void trimming_takes_spaces_and_tabs_from_both_ends(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t a b\t ")), STR("a b")));
    assert_true(str_eq(str_trim(STR("\na")), STR("\na")));
    assert_int_equal(str_trim(STR(" \t ")).n, 0);
    assert_int_equal(str_trim(STR_NONE).n, 0);
}

static void assert_number(str text, int64_t expected)
{
    int64_t value = 0;

    assert_true(str_to_i64(text, &value));
    assert_true(value == expected);
}

static void numbers_reach_both_ends_of_the_range(void **state)
{
    assert_number(STR("0"), 0);
    assert_number(STR("-0"), 0);
    assert_number(STR("7"), 7);
    assert_number(STR("-120"), -120);
    assert_number(STR("9223372036854775807"), INT64_MAX);
    assert_number(STR("-9223372036854775808"), INT64_MIN);
    (void)state;
}

static void other_spellings_of_numbers_are_refused(void **state)
{
    const str bad[] = {STR(""),
                       STR("-"),
                       STR("+1"),
                       STR("01"),
                       STR("-01"),
                       STR("00"),
                       STR(" 1"),
                       STR("1 "),
                       STR("1.0"),
                       STR("1e3"),
                       STR("0x1"),
                       STR("1a"),
                       STR("--1"),
                       STR("1\0"),
                       STR_NONE,
                       STR("9223372036854775808"),
                       STR("-9223372036854775809"),
                       STR("99999999999999999999")};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 42;
        assert_false(str_to_i64(bad[i], &value));
        assert_true(value == 42);
    }
    (void)state;
}

/* Also behind ASCII, where eight bytes are looked at together, and on exactly its own memory. */
static bool utf8_anywhere(str s)
{
    bool first = str_is_utf8(s);

    for (size_t before = 0; before <= 17; before++) {
        size_t n = before + s.n;
        char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memset(copy, 'a', before);
        if (s.n > 0)
            memcpy(copy + before, s.p, s.n);
        assert_int_equal(str_is_utf8(str_from(copy, n)), first);
        free(copy);
    }
    return first;
}

static void the_edges_of_utf8_are_accepted(void **state)
{
    const str good[] = {STR(""),
                        STR("a"),
                        STR("\0"),
                        STR("\x7F"),
                        STR("\xC2\x80"),
                        STR("\xDF\xBF"),
                        STR("\xE0\xA0\x80"),
                        STR("\xED\x9F\xBF"),
                        STR("\xEE\x80\x80"),
                        STR("\xEF\xBF\xBF"),
                        STR("\xF0\x90\x80\x80"),
                        STR("\xF4\x8F\xBF\xBF"),
                        STR("\xC3\xA9t\xC3\xA9")};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(utf8_anywhere(good[i]));
    (void)state;
}

static void what_is_not_utf8_is_refused(void **state)
{
    const str bad[] = {STR("\x80"),
                       STR("\xBF"),
                       STR("\xC0\x80"),
                       STR("\xC1\xBF"),
                       STR("\xC2"),
                       STR("\xC2g"),
                       STR("\xE0\x9F\xBF"),
                       STR("\xE0\xA0"),
                       STR("\xE2\x82g"),
                       STR("\xED\xA0\x80"),
                       STR("\xED\xBF\xBF"),
                       STR("\xF0\x8F\xBF\xBF"),
                       STR("\xF0\x90\x80"),
                       STR("\xF0\x90\x80g"),
                       STR("\xF4\x90\x80\x80"),
                       STR("\xF5\x80\x80\x80"),
                       STR("\xFE"),
                       STR("\xFF"),
                       STR("\xF8\x88\x80\x80\x80"),
                       STR("a\xE9"),
                       STR("\xC3\xA9\xA9")};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(utf8_anywhere(bad[i]));
    (void)state;
}

static void hexadecimal_digits_are_of_either_case(void **state)
{
    static const char DIGITS[] = "0123456789abcdef";

    (void)state;
    for (int c = CHAR_MIN; c <= CHAR_MAX; c++) {
        char lower = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        const char *at = memchr(DIGITS, lower, sizeof DIGITS - 1);
        assert_int_equal(hex_value((char)c), at != NULL ? at - DIGITS : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_content),
        cmocka_unit_test(none_is_not_the_same_as_empty),
        cmocka_unit_test(a_prefix_may_be_all_or_nothing),
        cmocka_unit_test(skipping_stops_at_the_end),
        cmocka_unit_test(a_copy_has_a_nul_after_it),
        cmocka_unit_test(splitting_gives_every_part_once),
        cmocka_unit_test(splitting_an_empty_view_gives_one_empty_part),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_from_both_ends),
        cmocka_unit_test(numbers_reach_both_ends_of_the_range),
        cmocka_unit_test(other_spellings_of_numbers_are_refused),
        cmocka_unit_test(the_edges_of_utf8_are_accepted),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(hexadecimal_digits_are_of_either_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
