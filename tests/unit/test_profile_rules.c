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
        cmocka_unit_test(a_room_may_have_a_longer_name),
        cmocka_unit_test(about_may_have_lines),
        cmocka_unit_test(an_avatar_is_at_an_http_address),
        cmocka_unit_test(a_device_may_be_nameless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
