#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "profile_rules.h"

static const char *repeated(const char *(*problem)(str text), const char *text, size_t times)
{
    struct buf b = {0};

    for (size_t i = 0; i < times; i++)
        buf_add_str(&b, str_of(text));
    const char *why = problem(buf_view(&b));
    buf_fini(&b);
    return why;
}

static void a_display_name_is_counted_in_characters(void **state)
{
    (void)state;
    assert_null(repeated(display_name_problem, "\xf0\x9f\x98\x80", DISPLAY_NAME_MAX));
    assert_non_null(repeated(display_name_problem, "a", DISPLAY_NAME_MAX + 1));
}

static void a_name_is_neither_empty_nor_blank(void **state)
{
    (void)state;
    assert_non_null(display_name_problem(STR("")));
    assert_non_null(display_name_problem(STR("   ")));
    assert_null(display_name_problem(STR(" a ")));
    assert_non_null(room_name_problem(STR("")));
}

static void a_name_has_no_control_characters(void **state)
{
    (void)state;
    assert_non_null(display_name_problem(STR("a\nb")));
    assert_non_null(display_name_problem(STR("a\x7f")));
    assert_non_null(display_name_problem(STR("a\xc2\x85")));
    assert_null(display_name_problem(STR("a\xc2\xa0z")));
}

static void assert_each(const char *const *texts, size_t n, bool good)
{
    for (size_t i = 0; i < n; i++) {
        bool is_good = display_name_problem(str_of(texts[i])) == NULL &&
                       room_name_problem(str_of(texts[i])) == NULL;
        if (is_good != good)
            fail_msg("row %zu: %s", i, texts[i]);
    }
}

static void a_name_neither_turns_nor_hides_text(void **state)
{
    static const char *const BAD[] = {"a\u202Eb", "a\u202Ab",    "a\u2066b",     "a\u2069",
                                      "a\u200Eb", "a\u200F",     "a\u061C",      "a\u2028b",
                                      "a\u2029b", "a\U000E0041", "a\U000E007Fb", "\U000E0000a"};

    (void)state;
    assert_each(BAD, sizeof BAD / sizeof BAD[0], false);
}

static void something_of_a_name_is_to_be_seen(void **state)
{
    static const char *const BAD[] = {"\u200B",
                                      "\u200D\u200C",
                                      "\u3164",
                                      "\u2800",
                                      "\uFEFF",
                                      " \u3000 ",
                                      "\u00AD",
                                      "\uFE0F"
                                      "\u2060"};

    (void)state;
    assert_each(BAD, sizeof BAD / sizeof BAD[0], false);
    assert_non_null(display_name_problem(STR("\xc2\xa0")));
}

static void emoji_and_all_scripts_are_names(void **state)
{
    static const char *const GOOD[] = {
        "\U0001F468\u200D\U0001F469\u200D\U0001F467",       /* a family, joined */
        "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", /* Persian */
        "\u05D0\u05D1",
        "\u2764\uFE0F",
        "\u674E\u3000\u56DB",
        "\u00E4",
        "a",
        "\uFFFD",
        "\U0001F600"};

    (void)state;
    assert_each(GOOD, sizeof GOOD / sizeof GOOD[0], true);
}

static void a_room_may_have_a_longer_name(void **state)
{
    (void)state;
    assert_null(repeated(room_name_problem, "a", ROOM_NAME_MAX));
    assert_non_null(repeated(room_name_problem, "a", ROOM_NAME_MAX + 1));
}

static void about_may_have_lines(void **state)
{
    (void)state;
    assert_null(about_problem(STR("one\n\ttwo")));
    assert_non_null(about_problem(STR("a\x1b[31m")));
    assert_null(repeated(about_problem, "a", ABOUT_MAX));
    assert_non_null(repeated(about_problem, "a", ABOUT_MAX + 1));
}

static void an_avatar_is_at_an_http_address(void **state)
{
    static const char *const BAD[] = {"",
                                      "x",
                                      "http://",
                                      "https://",
                                      "http:///x",
                                      "ftp://a/b",
                                      "javascript:alert(1)",
                                      "https://a b",
                                      "https://a/\"x",
                                      "https://a/<x>",
                                      "https://\xc3\xa4/"};

    (void)state;
    assert_null(avatar_url_problem(STR("https://a.example/p.png?x=1#y")));
    assert_null(avatar_url_problem(STR("HTTP://a.example")));
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_non_null(avatar_url_problem(str_of(BAD[i])));
}

static void a_device_may_be_nameless(void **state)
{
    (void)state;
    assert_null(device_problem(STR("")));
    assert_null(repeated(device_problem, "\xc3\xa4", DEVICE_MAX));
    assert_non_null(repeated(device_problem, "a", DEVICE_MAX + 1));
    assert_non_null(device_problem(STR("a\r")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_display_name_is_counted_in_characters),
        cmocka_unit_test(a_name_is_neither_empty_nor_blank),
        cmocka_unit_test(a_name_has_no_control_characters),
        cmocka_unit_test(a_name_neither_turns_nor_hides_text),
        cmocka_unit_test(something_of_a_name_is_to_be_seen),
        cmocka_unit_test(emoji_and_all_scripts_are_names),
        cmocka_unit_test(a_room_may_have_a_longer_name),
        cmocka_unit_test(about_may_have_lines),
        cmocka_unit_test(an_avatar_is_at_an_http_address),
        cmocka_unit_test(a_device_may_be_nameless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
