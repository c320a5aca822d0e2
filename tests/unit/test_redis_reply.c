#include "redis_story.h"

static void expect_str(str got, str expected)
{
    assert_true(str_eq(got, expected));
    assert_false(str_is_none(got));
}

static void nothing_reads_as_nothing(void **state)
{
    (void)state;
    assert_true(reply_is_nil(NULL));
    assert_false(reply_is_error(NULL));
    assert_false(reply_is_int(NULL));
    assert_true(str_is_none(reply_str(NULL)));
    assert_true(str_is_none(reply_word(NULL)));
    assert_int_equal(reply_int(NULL), 0);
    assert_int_equal(reply_count(NULL), 0);
    assert_null(reply_at(NULL, 0));
    reply_free(NULL);
}

static void nil_is_nil(void **state)
{
    (void)state;
    struct redisReply *r = read_reply(STR("$-1\r\n"));
    assert_true(reply_is_nil(r));
    assert_true(str_is_none(reply_str(r)));
    reply_free(r);
}

static void texts_are_read(void **state)
{
    (void)state;
    struct redisReply *r = read_reply(STR("$3\r\na\0b\r\n"));
    expect_str(reply_str(r), STR("a\0b"));
    assert_false(reply_is_nil(r));
    reply_free(r);
    r = read_reply(STR("+OK\r\n"));
    expect_str(reply_str(r), STR("OK"));
    reply_free(r);
    r = read_reply(STR("$0\r\n\r\n"));
    expect_str(reply_str(r), STR(""));
    reply_free(r);
    r = read_reply(STR("-ERR no\r\n"));
    assert_true(reply_is_error(r));
    expect_str(reply_str(r), STR("ERR no"));
    reply_free(r);
}

static void integers_are_read_from_both_spellings(void **state)
{
    (void)state;
    struct redisReply *r = read_reply(STR(":-42\r\n"));
    assert_true(reply_is_int(r));
    assert_int_equal(reply_int(r), -42);
    assert_true(str_is_none(reply_str(r)));
    reply_free(r);
    r = read_reply(STR("$2\r\n17\r\n"));
    assert_false(reply_is_int(r));
    assert_int_equal(reply_int(r), 17);
    reply_free(r);
    r = read_reply(STR("$2\r\n1x\r\n"));
    assert_int_equal(reply_int(r), 0);
    reply_free(r);
}

static void arrays_are_walked(void **state)
{
    (void)state;
    struct redisReply *r = read_reply(STR("*3\r\n$2\r\nok\r\n:5\r\n*1\r\n$1\r\nx\r\n"));
    assert_int_equal(reply_count(r), 3);
    expect_str(reply_word(r), STR("ok"));
    assert_int_equal(reply_int(reply_at(r, 1)), 5);
    expect_str(reply_str(reply_at(reply_at(r, 2), 0)), STR("x"));
    assert_null(reply_at(r, 3));
    assert_null(reply_at(reply_at(r, 1), 0));
    assert_true(str_is_none(reply_str(r)));
    assert_int_equal(reply_int(r), 0);
    reply_free(r);
}

static void pairs_are_walked(void **state)
{
    (void)state;
    struct redisReply *r =
        read_reply(STR("*5\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\nc\r\n"));
    assert_int_equal(reply_pairs(r), 2); /* what has no value is none */
    expect_str(reply_key(r, 0), STR("a"));
    assert_int_equal(reply_int(reply_value(r, 0)), 1);
    expect_str(reply_key(r, 1), STR("b"));
    assert_int_equal(reply_int(reply_value(r, 1)), 2);
    assert_true(str_is_none(reply_key(r, 3)));
    assert_null(reply_value(r, 2));
    reply_free(r);
    assert_int_equal(reply_pairs(NULL), 0);
}

static void only_an_array_that_begins_with_a_text_has_a_word(void **state)
{
    (void)state;
    struct redisReply *r = read_reply(STR("*1\r\n:1\r\n"));
    assert_true(str_is_none(reply_word(r)));
    reply_free(r);
    r = read_reply(STR("*0\r\n"));
    assert_true(str_is_none(reply_word(r)));
    reply_free(r);
    r = read_reply(STR("*1\r\n-ERR x\r\n"));
    assert_true(str_is_none(reply_word(r)));
    reply_free(r);
    r = read_reply(STR("$2\r\nok\r\n"));
    assert_true(str_is_none(reply_word(r)));
    reply_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_reads_as_nothing),
        cmocka_unit_test(nil_is_nil),
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(integers_are_read_from_both_spellings),
        cmocka_unit_test(arrays_are_walked),
        cmocka_unit_test(pairs_are_walked),
        cmocka_unit_test(only_an_array_that_begins_with_a_text_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
