#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/json_out.h"
#include "json/json_scan.h"

static void assert_written(struct buf *b, str expected)
{
    if (!str_eq(buf_view(b), expected))
        fail_msg("%.*s, not %.*s", STR_ARG(buf_view(b)), STR_ARG(expected));
    assert_int_equal(json_check(buf_view(b)), OK);
    buf_fini(b);
}

static void assert_quoted(str text, str expected)
{
    struct buf b = {0};

    json_quote(&b, text);
    assert_written(&b, expected);
}

static void members_have_commas_between_them(void **state)
{
    struct buf b = {0};

    json_open(&b, NULL, '{');
    json_put_str(&b, "user", STR("alice"));
    json_put_int(&b, "seq", -7);
    json_put_bool(&b, "on", true);
    json_put_bool(&b, "off", false);
    json_put_raw(&b, "data", STR("{\"x\":[1,2]}"));
    json_put_int(&b, "last", INT64_MIN);
    json_close(&b, '}');
    assert_written(&b, STR("{\"user\":\"alice\",\"seq\":-7,\"on\":true,\"off\":false,"
                           "\"data\":{\"x\":[1,2]},\"last\":-9223372036854775808}"));
    (void)state;
}

static void items_have_commas_between_them(void **state)
{
    struct buf b = {0};

    json_open(&b, NULL, '[');
    json_put_str(&b, NULL, STR("a"));
    json_put_int(&b, NULL, 1);
    json_put_bool(&b, NULL, true);
    json_put_raw(&b, NULL, STR("{}"));
    json_close(&b, ']');
    assert_written(&b, STR("[\"a\",1,true,{}]"));
    (void)state;
}

static void objects_and_arrays_nest(void **state)
{
    struct buf b = {0};

    json_open(&b, NULL, '{');
    json_open(&b, "a", '[');
    json_open(&b, NULL, '{');
    json_close(&b, '}');
    json_open(&b, NULL, '[');
    json_close(&b, ']');
    json_open(&b, NULL, '{');
    json_put_int(&b, "x", 1);
    json_close(&b, '}');
    json_close(&b, ']');
    json_open(&b, "b", '{');
    json_close(&b, '}');
    json_put_int(&b, "c", 2);
    json_close(&b, '}');
    assert_written(&b, STR("{\"a\":[{},[],{\"x\":1}],\"b\":{},\"c\":2}"));
    (void)state;
}

static void a_text_that_ends_like_a_bracket_still_gets_its_comma(void **state)
{
    struct buf b = {0};

    json_open(&b, NULL, '[');
    json_put_str(&b, NULL, STR("{"));
    json_put_str(&b, NULL, STR(":"));
    json_put_str(&b, NULL, STR("["));
    json_put_str(&b, NULL, STR(""));
    json_close(&b, ']');
    assert_written(&b, STR("[\"{\",\":\",\"[\",\"\"]"));
    (void)state;
}

static void a_value_alone_has_no_comma(void **state)
{
    struct buf b = {0};

    json_put_str(&b, NULL, STR("x"));
    assert_written(&b, STR("\"x\""));
    (void)state;
}

static void plain_text_is_just_quoted(void **state)
{
    assert_quoted(STR(""), STR("\"\""));
    assert_quoted(STR_NONE, STR("\"\""));
    assert_quoted(STR("hello / 'world' >&"), STR("\"hello / 'world' >&\""));
    assert_quoted(STR("\xC3\xA9 \xF0\x9F\x98\x80"), STR("\"\xC3\xA9 \xF0\x9F\x98\x80\""));
    (void)state;
}

static void what_json_or_a_page_would_trip_over_is_escaped(void **state)
{
    assert_quoted(STR("a\"b\\c"), STR("\"a\\\"b\\\\c\""));
    assert_quoted(STR("\b\t\n\f\r"), STR("\"\\b\\t\\n\\f\\r\""));
    assert_quoted(STR("\x01\x1F\x7F"), STR("\"\\u0001\\u001f\\u007f\""));
    assert_quoted(STR("</script><!--"), STR("\"\\u003c/script>\\u003c!--\""));
    (void)state;
}

/* Whatever the text is, reading it back gives its length again. */
static void every_ascii_text_survives(void **state)
{
    for (int c = 1; c <= 0x7F; c++) {
        const char text[] = {'a', (char)c, (char)c, 'z'};
        struct buf b = {0};

        json_quote(&b, str_from(text, sizeof text));
        assert_int_equal(json_check(buf_view(&b)), OK);
        assert_int_equal(json_text_length(buf_view(&b)), sizeof text);
        buf_fini(&b);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_commas_between_them),
        cmocka_unit_test(items_have_commas_between_them),
        cmocka_unit_test(objects_and_arrays_nest),
        cmocka_unit_test(a_text_that_ends_like_a_bracket_still_gets_its_comma),
        cmocka_unit_test(a_value_alone_has_no_comma),
        cmocka_unit_test(plain_text_is_just_quoted),
        cmocka_unit_test(what_json_or_a_page_would_trip_over_is_escaped),
        cmocka_unit_test(every_ascii_text_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
