#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/json_in.h"

static struct json_in open_text(const char *text)
{
    struct json_in in;

    assert_int_equal(json_in_open(str_of(text), &in), OK);
    assert_false(json_in_bad(&in));
    return in;
}

/* Ends the reading of a body whose field is bad as told. */
static void assert_bad(struct json_in *in, const char *field, const char *why, bool wrong_type)
{
    assert_true(json_in_bad(in));
    assert_string_equal(in->field, field);
    assert_string_equal(in->why, why);
    assert_int_equal(in->err, ERR_INVALID);
    assert_int_equal(in->wrong_type, wrong_type);
    json_in_close(in);
}

static void what_is_no_object_is_refused(void **state)
{
    const str bad[] = {STR(""),
                       STR("[]"),
                       STR("\"a\""),
                       STR("1"),
                       STR("null"),
                       STR("{"),
                       STR("{}x"),
                       STR("{\"a\":1,\"a\":2}"),
                       STR("{\"a\":1,\"\\u0061\":2}"),
                       STR("{\"a\":\"\\u0000\"}"),
                       STR("{\"a\":\"\xFF\"}"),
                       STR("{\"a\":1e400}"),
                       STR("{\"a\":99999999999999999999}"),
                       STR("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}")};
    struct json_in in;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(json_in_open(bad[i], &in), ERR_INVALID);
    (void)state;
}

static void fields_of_every_type_are_read(void **state)
{
    struct json_in in = open_text("{\"s\":\"a\\u00e9\",\"n\":-12,\"l\":[\"x\",\"yy\"],\"e\":\"\"}");

    assert_true(str_eq(json_in_str(&in, "s", 1, 3), STR("a\xC3\xA9")));
    assert_true(str_eq(json_in_str(&in, "e", 0, 3), STR("")));
    assert_true(json_in_int(&in, "n", -12, -12) == -12);
    assert_int_equal(json_in_array(&in, "l", 2), 2);
    assert_true(str_eq(json_in_item_str(&in, "l", 0), STR("x")));
    assert_true(str_eq(json_in_item_str(&in, "l", 1), STR("yy")));
    assert_false(json_in_bad(&in));
    json_in_close(&in);
    (void)state;
}

static void null_is_like_missing_where_a_field_is_optional(void **state)
{
    struct json_in in = open_text("{\"null\":null,\"there\":\"x\"}");

    assert_false(json_in_has(&in, "null"));
    assert_false(json_in_has(&in, "missing"));
    assert_true(json_in_has(&in, "there"));
    assert_true(str_is_none(json_in_str_optional(&in, "null", 1, 9)));
    assert_true(str_is_none(json_in_str_optional(&in, "missing", 1, 9)));
    assert_true(str_eq(json_in_str_optional(&in, "there", 1, 9), STR("x")));
    assert_false(json_in_bad(&in));
    json_in_close(&in);
    (void)state;
}

static void a_missing_field_breaks_a_rule(void **state)
{
    struct json_in in = open_text("{}");
    assert_true(str_is_none(json_in_str(&in, "s", 0, 9)));
    assert_bad(&in, "s", "is missing", false);

    in = open_text("{}");
    assert_true(json_in_int(&in, "n", 1, 9) == 0);
    assert_bad(&in, "n", "is missing", false);

    in = open_text("{}");
    assert_int_equal(json_in_array(&in, "l", 9), 0);
    assert_bad(&in, "l", "is missing", false);
    (void)state;
}

static void lengths_are_those_after_unescaping(void **state)
{
    struct json_in in = open_text("{\"s\":\"\\u00e9\\u0041\"}");
    assert_int_equal(json_in_str(&in, "s", 3, 3).n, 3);
    assert_true(str_is_none(json_in_str(&in, "s", 0, 2)));
    assert_bad(&in, "s", "is too long", false);

    in = open_text("{\"s\":\"ab\"}");
    assert_true(str_is_none(json_in_str(&in, "s", 3, 9)));
    assert_bad(&in, "s", "is too short", false);

    in = open_text("{\"s\":\"\"}");
    assert_true(str_is_none(json_in_str_optional(&in, "s", 1, 9)));
    assert_bad(&in, "s", "must not be empty", false);
    (void)state;
}

static void a_wrong_type_is_told_apart(void **state)
{
    const char *const no_strings[] = {"{\"f\":1}", "{\"f\":null}", "{\"f\":[\"a\"]}", "{\"f\":{}}",
                                      "{\"f\":true}"};
    const char *const no_numbers[] = {"{\"f\":\"1\"}", "{\"f\":null}", "{\"f\":[1]}",
                                      "{\"f\":false}"};
    const char *const no_arrays[] = {"{\"f\":\"1\"}", "{\"f\":{}}", "{\"f\":1}"};

    for (size_t i = 0; i < sizeof no_strings / sizeof no_strings[0]; i++) {
        struct json_in in = open_text(no_strings[i]);
        assert_true(str_is_none(json_in_str(&in, "f", 0, 9)));
        assert_bad(&in, "f", "must be a string", true);
    }
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
        struct json_in in = open_text(no_numbers[i]);
        assert_true(json_in_int(&in, "f", 0, 9) == 0);
        assert_bad(&in, "f", "must be a number", true);
    }
    for (size_t i = 0; i < sizeof no_arrays / sizeof no_arrays[0]; i++) {
        struct json_in in = open_text(no_arrays[i]);
        assert_int_equal(json_in_array(&in, "f", 9), 0);
        assert_bad(&in, "f", "must be an array", true);
    }
    (void)state;
}

static void only_whole_numbers_in_range_are_integers(void **state)
{
    const char *const fractions[] = {"{\"n\":1.5}", "{\"n\":1.0}", "{\"n\":1e2}"};

    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        struct json_in in = open_text(fractions[i]);
        assert_true(json_in_int(&in, "n", 0, 1000) == 0);
        assert_bad(&in, "n", "must be a whole number", false);
    }
    struct json_in in = open_text("{\"n\":9223372036854775807}");
    assert_true(json_in_int(&in, "n", INT64_MIN, INT64_MAX) == INT64_MAX);
    assert_true(json_in_int(&in, "n", 0, INT64_MAX - 1) == 0);
    assert_bad(&in, "n", "is out of range", false);
    in = open_text("{\"n\":4}");
    assert_true(json_in_int(&in, "n", 5, 9) == 0);
    assert_bad(&in, "n", "is out of range", false);
    (void)state;
}

static void arrays_are_bounded_and_hold_strings(void **state)
{
    struct json_in in = open_text("{\"l\":[\"a\",\"b\",\"c\"]}");
    assert_int_equal(json_in_array(&in, "l", 2), 0);
    assert_bad(&in, "l", "has too many items", false);

    in = open_text("{\"l\":[\"a\",2]}");
    assert_int_equal(json_in_array(&in, "l", 2), 2);
    assert_true(str_eq(json_in_item_str(&in, "l", 0), STR("a")));
    assert_true(str_is_none(json_in_item_str(&in, "l", 1)));
    assert_bad(&in, "l", "must hold strings", true);
    (void)state;
}

static void the_first_bad_field_is_the_one_that_counts(void **state)
{
    struct json_in in = open_text("{\"a\":\"x\",\"b\":1}");

    assert_true(str_is_none(json_in_str(&in, "a", 2, 9)));
    assert_true(str_is_none(json_in_str(&in, "b", 0, 9)));
    assert_true(json_in_int(&in, "b", 0, 9) == 0);
    assert_int_equal(json_in_array(&in, "c", 9), 0);
    json_in_fail(&in, "d", "is nonsense");
    assert_bad(&in, "a", "is too short", false);
    (void)state;
}

static void a_handler_can_mark_a_field_itself(void **state)
{
    struct json_in in = open_text("{\"a\":\"x\"}");

    json_in_fail(&in, "a", "is taken");
    assert_true(str_is_none(json_in_str(&in, "a", 0, 9)));
    assert_bad(&in, "a", "is taken", false);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(fields_of_every_type_are_read),
        cmocka_unit_test(null_is_like_missing_where_a_field_is_optional),
        cmocka_unit_test(a_missing_field_breaks_a_rule),
        cmocka_unit_test(lengths_are_those_after_unescaping),
        cmocka_unit_test(a_wrong_type_is_told_apart),
        cmocka_unit_test(only_whole_numbers_in_range_are_integers),
        cmocka_unit_test(arrays_are_bounded_and_hold_strings),
        cmocka_unit_test(the_first_bad_field_is_the_one_that_counts),
        cmocka_unit_test(a_handler_can_mark_a_field_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
