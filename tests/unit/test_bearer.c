#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "auth/bearer.h"
#include "auth/token.h"
#include "base/buf.h"

static void assert_token(const char *value, const char *token)
{
    str got = STR("untouched");

    assert_int_equal(bearer_parse(str_of(value), &got), OK);
    assert_true(str_eq(got, str_of(token)));
}

static void assert_refused(const char *value, enum err err)
{
    str got = STR("untouched");

    assert_int_equal(bearer_parse(str_of(value), &got), err);
    assert_true(str_eq(got, STR("untouched")));
}

static void the_token_is_what_follows_the_scheme(void **state)
{
    (void)state;
    assert_token("Bearer a.b-c_D.9", "a.b-c_D.9");
}

static void the_scheme_may_be_in_any_case(void **state)
{
    (void)state;
    assert_token("bearer abc", "abc");
    assert_token("BEARER abc", "abc");
    assert_token("bEaReR abc", "abc");
}

static void several_spaces_and_white_space_around_are_allowed(void **state)
{
    (void)state;
    assert_token("Bearer   abc", "abc");
    assert_token(" \tBearer abc \t ", "abc");
}

static void no_header_is_not_found(void **state)
{
    (void)state;
    assert_refused(NULL, ERR_NOT_FOUND);
    assert_refused("", ERR_NOT_FOUND);
    assert_refused("  ", ERR_NOT_FOUND);
}

static void another_scheme_is_not_found(void **state)
{
    (void)state;
    assert_refused("Basic YWxpY2U6c2VjcmV0", ERR_NOT_FOUND);
    assert_refused("Bearerabc", ERR_NOT_FOUND);
    assert_refused("Bearer\tabc", ERR_NOT_FOUND);
    assert_refused("Bear", ERR_NOT_FOUND);
    assert_refused("abc", ERR_NOT_FOUND);
}

static void a_scheme_without_a_token_is_refused(void **state)
{
    (void)state;
    assert_refused("Bearer", ERR_INVALID);
    assert_refused("Bearer ", ERR_INVALID);
    assert_refused("Bearer     ", ERR_INVALID);
}

static void more_than_one_token_is_refused(void **state)
{
    (void)state;
    assert_refused("Bearer abc def", ERR_INVALID);
    assert_refused("Bearer abc,def", ERR_INVALID);
    assert_refused("Bearer abc, Bearer def", ERR_INVALID);
    assert_refused("Bearer Bearer abc", ERR_INVALID);
}

static void characters_that_no_token_has_are_refused(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char value[] = "Bearer a?b";
        bool ours = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    c == '-' || c == '_' || c == '.';
        value[sizeof "Bearer a" - 1] = (char)c;
        if (ours)
            assert_token(value, value + 7);
        else
            assert_refused(value, ERR_INVALID);
    }
}

static void a_nul_inside_is_refused(void **state)
{
    (void)state;
    str got;

    assert_int_equal(bearer_parse(STR("Bearer a\0b"), &got), ERR_INVALID);
}

static void a_token_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct buf value = {0};
    str got;

    buf_printf(&value, "Bearer %0*d", TOKEN_MAX, 0);
    assert_int_equal(bearer_parse(buf_view(&value), &got), OK);
    assert_int_equal(got.n, TOKEN_MAX);
    buf_add_char(&value, '0');
    assert_int_equal(bearer_parse(buf_view(&value), &got), ERR_INVALID);
    buf_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_is_what_follows_the_scheme),
        cmocka_unit_test(the_scheme_may_be_in_any_case),
        cmocka_unit_test(several_spaces_and_white_space_around_are_allowed),
        cmocka_unit_test(no_header_is_not_found),
        cmocka_unit_test(another_scheme_is_not_found),
        cmocka_unit_test(a_scheme_without_a_token_is_refused),
        cmocka_unit_test(more_than_one_token_is_refused),
        cmocka_unit_test(characters_that_no_token_has_are_refused),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(a_token_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
