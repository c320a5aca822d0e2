#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "news.h"

#define NODE STR("abcdefghijklmnopqrstuvwx")

static const struct news ANN = {
    {"ann", 3}, 7, STATUS_BUSY, 1700000000123, {"in a meeting \xf0\x9f\x95\x92", 17}};
static const struct news BOB = {{"bob.b-b_0", 9}, 8, STATUS_OFFLINE, 1700000000456, {"", 0}};

static void assert_same(const struct news *a, const struct news *b)
{
    assert_true(str_eq(a->user, b->user));
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->time_ms, b->time_ms);
    assert_true(str_eq(a->text, b->text));
}

static void what_is_written_is_read(void **state)
{
    struct buf out = {0};
    struct news news;
    int64_t number;
    str node;
    str lines;
    (void)state;

    news_begin(&out, NODE, 42);
    news_add(&out, &ANN);
    news_add(&out, &BOB);
    assert_int_equal(news_parse(buf_view(&out), &node, &number, &lines), OK);
    assert_true(str_eq(node, NODE));
    assert_int_equal(number, 42);
    assert_true(news_next(&lines, &news));
    assert_same(&news, &ANN);
    assert_true(news_next(&lines, &news));
    assert_same(&news, &BOB);
    assert_false(news_next(&lines, &news));
    buf_fini(&out);
}

static void news_of_nobody_is_news(void **state)
{
    struct news news;
    int64_t number;
    str node;
    str lines;
    (void)state;

    assert_int_equal(news_parse(STR("D n 1"), &node, &number, &lines), OK);
    assert_false(news_next(&lines, &news));
}

static void a_bad_first_line_is_no_news(void **state)
{
    static const char *const BAD[] = {"",           "D",    "D n",    "D n 0",
                                      "D n x",      "D  1", "C a b",  "DD n 1",
                                      "D n 1 more", "Q n",  "D n -1", "D n 1 \nann 1 o 1 "};
    int64_t number;
    str node;
    str lines;
    (void)state;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(news_parse(str_of(BAD[i]), &node, &number, &lines), ERR_INVALID);
}

static void a_bad_line_is_left_out(void **state)
{
    static const char *const LINES = "D n 1\n"
                                     "ANN 1 o 5 \n"
                                     "ann 0 o 5 \n"
                                     "ann 1 x 5 \n"
                                     "ann 1 o -5 \n"
                                     "ann 1 o 5\n"
                                     "a 1 o 5 \n"
                                     "ann 1 o 5 \x1b\n"
                                     "ann 1 o 5 \xff\n"
                                     "\n"
                                     "cat 9 a 6 nap";
    struct news news;
    int64_t number;
    str node;
    str lines;
    (void)state;

    assert_int_equal(news_parse(str_of(LINES), &node, &number, &lines), OK);
    assert_true(news_next(&lines, &news));
    assert_same(&news, &(struct news){STR("cat"), 9, STATUS_AWAY, 6, STR("nap")});
    assert_false(news_next(&lines, &news));
}

static void a_value_is_a_line_without_the_user(void **state)
{
    struct buf out = {0};
    struct news news;
    (void)state;

    news_value(&out, &ANN);
    assert_int_equal(news_value_parse(buf_view(&out), &news), OK);
    assert_true(str_is_none(news.user));
    news.user = ANN.user;
    assert_same(&news, &ANN);
    assert_int_equal(news_value_parse(STR(""), &news), ERR_INVALID);
    assert_int_equal(news_value_parse(STR_NONE, &news), ERR_INVALID);
    buf_fini(&out);
}

static void a_text_too_long_is_refused(void **state)
{
    char value[STATUS_TEXT_MAX + 16] = "1 o 5 ";
    struct news news;
    (void)state;

    memset(value + 6, 'x', STATUS_TEXT_MAX + 1);
    assert_int_equal(news_value_parse(str_from(value, 6 + STATUS_TEXT_MAX), &news), OK);
    assert_int_equal(news_value_parse(str_from(value, 7 + STATUS_TEXT_MAX), &news), ERR_INVALID);
}

static void goodbyes_are_read(void **state)
{
    struct buf out = {0};
    str node;
    (void)state;

    goodbye(&out, NODE);
    assert_int_equal(goodbye_parse(buf_view(&out), &node), OK);
    assert_true(str_eq(node, NODE));
    assert_int_equal(goodbye_parse(STR("Q "), &node), ERR_INVALID);
    assert_int_equal(goodbye_parse(STR("Q"), &node), ERR_INVALID);
    assert_int_equal(goodbye_parse(STR("D n 1"), &node), ERR_INVALID);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(news_of_nobody_is_news),
        cmocka_unit_test(a_bad_first_line_is_no_news),
        cmocka_unit_test(a_bad_line_is_left_out),
        cmocka_unit_test(a_value_is_a_line_without_the_user),
        cmocka_unit_test(a_text_too_long_is_refused),
        cmocka_unit_test(goodbyes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
