#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/record.h"

#define ROOM "raaaaaaaaaaaaaaaaaaaaaaaa"

static struct record parsed(str text)
{
    struct record r;
    assert_int_equal(record_parse(text, &r), OK);
    return r;
}

static void expect_str(str got, str expected)
{
    if (!str_eq(got, expected))
        fail_msg("got %.*s", STR_ARG(got));
}

static void expect_damaged(str text)
{
    struct record untouched = {.kind = '?', .seq = -1};
    if (record_parse(text, &untouched) != ERR_INVALID)
        fail_msg("taken for a record: %.*s", STR_ARG(text));
    assert_int_equal(untouched.kind, '?');
    assert_int_equal(untouched.seq, -1);
}

static void a_record_has_kind_seq_and_tail(void **state)
{
    (void)state;
    struct record r =
        parsed(STR("m7,\"id\":\"a1\",\"from\":\"alice\",\"time\":17,\"text\":\"hi\"}"));
    assert_int_equal(r.kind, RECORD_MESSAGE);
    assert_int_equal(r.seq, 7);
    expect_str(r.tail, STR(",\"id\":\"a1\",\"from\":\"alice\",\"time\":17,\"text\":\"hi\"}"));
    r = parsed(STR("e120,\"action\":\"left\"}"));
    assert_int_equal(r.kind, RECORD_MEMBER);
    assert_int_equal(r.seq, 120);
}

static void the_largest_seq_fits(void **state)
{
    (void)state;
    assert_int_equal(parsed(STR("m9007199254740991,\"a\":1}")).seq, INT64_C(9007199254740991));
    assert_int_equal(parsed(STR("m9223372036854775807,\"a\":1}")).seq, INT64_MAX);
}

static void the_tail_is_borrowed(void **state)
{
    (void)state;
    str text = STR("m1,\"a\":1}");
    assert_ptr_equal(parsed(text).tail.p, text.p + 2);
}

static void damaged_texts_are_no_records(void **state)
{
    (void)state;
    expect_damaged(STR_NONE);
    expect_damaged(STR(""));
    expect_damaged(STR("m"));
    expect_damaged(STR("m7"));
    expect_damaged(STR("m7,"));
    expect_damaged(STR("m7}"));
    expect_damaged(STR("m,\"a\":1}"));
    expect_damaged(STR("7,\"a\":1}"));
    expect_damaged(STR("x7,\"a\":1}"));
    expect_damaged(STR("M7,\"a\":1}"));
    expect_damaged(STR("m 7,\"a\":1}"));
    expect_damaged(STR("m7 ,\"a\":1}"));
    expect_damaged(STR("m7,\"a\":1"));
    expect_damaged(STR("m7,\"a\":1} "));
    expect_damaged(STR("m7\"a\":1}"));
    expect_damaged(STR("m7.5,\"a\":1}"));
    expect_damaged(STR("m7{,\"a\":1}"));
    expect_damaged(STR("\0m7,\"a\":1}"));
}

static void a_seq_is_a_whole_number_from_one_on(void **state)
{
    (void)state;
    expect_damaged(STR("m0,\"a\":1}"));
    expect_damaged(STR("m-1,\"a\":1}"));
    expect_damaged(STR("m+1,\"a\":1}"));
    expect_damaged(STR("m007,\"a\":1}"));
    expect_damaged(STR("m9223372036854775808,\"a\":1}"));
    expect_damaged(STR("m99999999999999999999999,\"a\":1}"));
}

/* None of the texts that a record cut short could be is taken for it, but those that end in a brace of their own. */
static void a_record_cut_short_is_none(void **state)
{
    (void)state;
    str whole = STR("m42,\"id\":\"a1\",\"from\":\"alice\",\"time\":17,\"text\":\"hi\"}");
    for (size_t n = 0; n < whole.n; n++)
        expect_damaged(str_from(whole.p, n));
    assert_int_equal(parsed(whole).seq, 42);
}

static void a_message_becomes_a_frame(void **state)
{
    (void)state;
    struct buf out = {0};
    struct record r = parsed(STR("m7,\"id\":\"a1\",\"text\":\"hi\"}"));
    record_add_frame(&out, STR(ROOM), &r);
    expect_str(buf_view(&out), STR("{\"type\":\"message\",\"conversation\":\"" ROOM "\",\"seq\":7,"
                                   "\"id\":\"a1\",\"text\":\"hi\"}"));
    buf_fini(&out);
}

static void a_member_event_becomes_a_frame(void **state)
{
    (void)state;
    struct buf out = {0};
    struct record r = parsed(STR("e9007199254740991,\"action\":\"left\"}"));
    buf_add_char(&out, '[');
    record_add_frame(&out, STR(ROOM), &r);
    expect_str(buf_view(&out),
               STR("[{\"type\":\"member\",\"conversation\":\"" ROOM "\",\"seq\":9007199254740991,"
                   "\"action\":\"left\"}"));
    buf_fini(&out);
}

static void expect_content(str text, str data, str reply_to, str expected)
{
    struct buf out = {0};
    record_add_content(&out, text, data, reply_to);
    expect_str(buf_view(&out), expected);
    buf_fini(&out);
}

static void content_has_what_was_sent_and_no_more(void **state)
{
    (void)state;
    expect_content(STR("\"hi\""), STR_NONE, STR_NONE, STR(",\"text\":\"hi\"}"));
    expect_content(STR_NONE, STR("{\"a\": 1}"), STR_NONE, STR(",\"data\":{\"a\": 1}}"));
    expect_content(STR("\"hi\""), STR("{}"), STR("7"),
                   STR(",\"text\":\"hi\",\"data\":{},\"reply_to\":7}"));
    expect_content(STR("\"\\u00e9\""), STR_NONE, STR("\"a1\""),
                   STR(",\"text\":\"\\u00e9\",\"reply_to\":\"a1\"}"));
}

static void a_tail_and_a_record_fit_together(void **state)
{
    (void)state;
    struct buf out = {0};
    buf_add_str(&out, STR("m3"));
    record_add_message_tail(&out, STR("a:1"), STR("alice"), 1790000000000,
                            STR(",\"text\":\"hi\"}"));
    expect_str(buf_view(&out),
               STR("m3,\"id\":\"a:1\",\"from\":\"alice\",\"time\":1790000000000,\"text\":\"hi\"}"));
    struct record r = parsed(buf_view(&out));
    assert_int_equal(record_time(&r), 1790000000000);
    buf_fini(&out);
}

static void the_time_is_the_records_not_the_clients(void **state)
{
    (void)state;
    struct record r =
        parsed(STR("m1,\"id\":\"time\",\"from\":\"al\",\"time\":17,\"text\":\"\\\"time\\\":5\","
                   "\"data\":{\"time\":99}}"));
    assert_int_equal(record_time(&r), 17);
    r = parsed(STR(
        "e1,\"action\":\"left\",\"user\":\"bob\",\"by\":\"bob\",\"role\":\"member\",\"time\":18}"));
    assert_int_equal(record_time(&r), 18);
}

static void without_a_time_it_is_zero(void **state)
{
    (void)state;
    struct record r = parsed(STR("m1,\"id\":\"a\"}"));
    assert_int_equal(record_time(&r), 0);
    r = parsed(STR("m1,\"time\":\"x\"}"));
    assert_int_equal(record_time(&r), 0);
    r = parsed(STR("m1,\"time\":}"));
    assert_int_equal(record_time(&r), 0);
}

static void a_member_event_says_what_happened_to_whom(void **state)
{
    (void)state;
    struct record r =
        parsed(STR("e1,\"action\":\"removed\",\"user\":\"bob\",\"by\":\"ann\",\"role\":\"admin\","
                   "\"time\":18}"));
    str action;
    str user;
    assert_true(record_member_event(&r, &action, &user));
    expect_str(action, STR("removed"));
    expect_str(user, STR("bob"));
}

static void a_message_is_no_member_event_whatever_it_says(void **state)
{
    (void)state;
    struct record r =
        parsed(STR("m1,\"id\":\"a\",\"data\":{\"x\":1,\"action\":\"left\",\"user\":\"bob\"}}"));
    str action;
    str user;
    assert_false(record_member_event(&r, &action, &user));
}

static void a_member_event_that_lacks_something_is_none(void **state)
{
    (void)state;
    str action;
    str user;
    struct record r = parsed(STR("e1,\"user\":\"bob\",\"time\":18}"));
    assert_false(record_member_event(&r, &action, &user));
    r = parsed(STR("e1,\"action\":\"left\",\"time\":18}"));
    assert_false(record_member_event(&r, &action, &user));
    r = parsed(STR("e1,\"action\":\"left\",\"user\":\"bob}"));
    assert_false(record_member_event(&r, &action, &user));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_kind_seq_and_tail),
        cmocka_unit_test(the_largest_seq_fits),
        cmocka_unit_test(the_tail_is_borrowed),
        cmocka_unit_test(damaged_texts_are_no_records),
        cmocka_unit_test(a_seq_is_a_whole_number_from_one_on),
        cmocka_unit_test(a_record_cut_short_is_none),
        cmocka_unit_test(a_message_becomes_a_frame),
        cmocka_unit_test(a_member_event_becomes_a_frame),
        cmocka_unit_test(content_has_what_was_sent_and_no_more),
        cmocka_unit_test(a_tail_and_a_record_fit_together),
        cmocka_unit_test(the_time_is_the_records_not_the_clients),
        cmocka_unit_test(without_a_time_it_is_zero),
        cmocka_unit_test(a_member_event_says_what_happened_to_whom),
        cmocka_unit_test(a_message_is_no_member_event_whatever_it_says),
        cmocka_unit_test(a_member_event_that_lacks_something_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
