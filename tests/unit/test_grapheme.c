#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "grapheme.h"

/* All of it is one character, and what follows is another. */
static void is_one(const char *text)
{
    char longer[128];

    assert_int_equal(grapheme_length(str_of(text)), strlen(text));
    (void)snprintf(longer, sizeof longer, "%sx", text);
    assert_int_equal(grapheme_length(str_of(longer)), strlen(text));
}

static void letters_are_one_each(void **state)
{
    (void)state;
    is_one("a");
    is_one("\u00e9");
    is_one("\u4e2d");
    is_one("\U0001F600");
    assert_int_equal(grapheme_length(STR("ab")), 1);
    assert_int_equal(grapheme_length(STR("")), 0);
}

static void marks_stay_with_their_letter(void **state)
{
    (void)state;
    is_one("e\u0301");
    is_one("e\u0301\u0323\u0308");
    is_one("\u05D1\u05BC\u05B8"); /* Hebrew, with points */
    is_one("\u0915\u094D");       /* Devanagari ka, virama */
    is_one("\u0E01\u0E33");       /* Thai ko kai, sara am */
    is_one("\u1112\u1161\u11AB"); /* Hangul of three parts */
}

static void emoji_of_several_parts_are_one(void **state)
{
    (void)state;
    is_one("\u2764\uFE0F");                               /* red heart */
    is_one("\U0001F44D\U0001F3FD");                       /* thumb, skin tone */
    is_one("\U0001F468\u200D\U0001F469\u200D\U0001F467"); /* family */
    is_one("\U0001F3F3\uFE0F\u200D\U0001F308");           /* rainbow flag */
    is_one("1\uFE0F\u20E3");                              /* keycap */
    is_one("\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"); /* England */
    /* a joiner joins pictures, not letters */
    assert_int_equal(grapheme_length(str_of("a\u200Db")), 4);
}

static void two_halves_make_a_flag(void **state)
{
    const char *two = "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7"; /* Germany, France */

    (void)state;
    is_one("\U0001F1E9\U0001F1EA");
    assert_int_equal(grapheme_length(str_of(two)), 8);
    is_one("\U0001F1E9");
}

static void line_ends_are_one(void **state)
{
    (void)state;
    is_one("\r\n");
    assert_int_equal(grapheme_length(STR("\n\r")), 1);
    assert_int_equal(grapheme_length(str_of("\n\u0301")), 1); /* nothing sticks to a newline */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_one_each),
        cmocka_unit_test(marks_stay_with_their_letter),
        cmocka_unit_test(emoji_of_several_parts_are_one),
        cmocka_unit_test(two_halves_make_a_flag),
        cmocka_unit_test(line_ends_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
