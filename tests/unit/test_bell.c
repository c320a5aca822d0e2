#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/bell.h"

#define ROOM "raaaaaaaaaaaaaaaaaaaaaaaa"

static struct bell parsed(str text)
{
    struct bell b;
    if (bell_parse(text, &b) != OK)
        fail_msg("not taken for a bell: %.*s", STR_ARG(text));
    return b;
}

static void expect_none(str text)
{
    struct bell untouched = {.seq = -1};
    if (bell_parse(text, &untouched) != ERR_INVALID)
        fail_msg("taken for a bell: %.*s", STR_ARG(text));
    assert_int_equal(untouched.seq, -1);
}

static void the_log_rings_with_the_whole_record(void **state)
{
    (void)state;
    str text = STR("L " ROOM " m7,\"text\":\"a b  c \",\"data\":{\"x\": 1}}");
    struct bell b = parsed(text);
    assert_int_equal(b.kind, BELL_LOG);
    assert_true(str_eq(b.conversation, STR(ROOM)));
    assert_true(str_eq(b.record, STR("m7,\"text\":\"a b  c \",\"data\":{\"x\": 1}}")));
    assert_ptr_equal(b.record.p + b.record.n, text.p + text.n);
}

static void someone_joins(void **state)
{
    (void)state;
    struct bell b = parsed(STR("J bob " ROOM " 12"));
    assert_int_equal(b.kind, BELL_JOINED);
    assert_true(str_eq(b.user, STR("bob")));
    assert_true(str_eq(b.conversation, STR(ROOM)));
    assert_int_equal(b.seq, 12);
    assert_int_equal(parsed(STR("J bob " ROOM " 0")).seq, 0);
}

static void something_changes(void **state)
{
    (void)state;
    struct bell b = parsed(STR("C " ROOM));
    assert_int_equal(b.kind, BELL_CHANGED);
    assert_true(str_eq(b.conversation, STR(ROOM)));
}

static void a_marker_moves_or_both_do(void **state)
{
    (void)state;
    struct bell b = parsed(STR("R " ROOM " bob 5 9"));
    assert_int_equal(b.kind, BELL_MARKER);
    assert_true(str_eq(b.conversation, STR(ROOM)));
    assert_true(str_eq(b.user, STR("bob")));
    assert_int_equal(b.read, 5);
    assert_int_equal(b.received, 9);
    b = parsed(STR("R " ROOM " bob - 9"));
    assert_int_equal(b.read, 0);
    assert_int_equal(b.received, 9);
    b = parsed(STR("R " ROOM " bob 5 -"));
    assert_int_equal(b.read, 5);
    assert_int_equal(b.received, 0);
    b = parsed(STR("O " ROOM " bob 5 9"));
    assert_int_equal(b.kind, BELL_OWN_MARKER);
    assert_true(str_eq(b.user, STR("bob")));
    assert_int_equal(b.read, 5);
    assert_int_equal(b.received, 9);
}

static void typing_begins_and_ends(void **state)
{
    (void)state;
    struct bell b = parsed(STR("T " ROOM " bob 1"));
    assert_int_equal(b.kind, BELL_TYPING);
    assert_true(str_eq(b.conversation, STR(ROOM)));
    assert_true(str_eq(b.user, STR("bob")));
    assert_true(b.active);
    assert_false(parsed(STR("T " ROOM " bob 0")).active);
}

static void nothing_else_is_a_bell(void **state)
{
    (void)state;
    expect_none(STR_NONE);
    expect_none(STR(""));
    expect_none(STR(" "));
    expect_none(STR("X " ROOM));
    expect_none(STR("l " ROOM " m1,}"));
    expect_none(STR("LL " ROOM " m1,}"));
    expect_none(STR("ping"));
    expect_none(STR(" C " ROOM));
}

static void a_bell_that_lacks_a_word_is_none(void **state)
{
    (void)state;
    expect_none(STR("L"));
    expect_none(STR("L " ROOM));
    expect_none(STR("J bob"));
    expect_none(STR("J bob " ROOM));
    expect_none(STR("C"));
    expect_none(STR("R " ROOM));
    expect_none(STR("R " ROOM " bob"));
    expect_none(STR("R " ROOM " bob 1"));
    expect_none(STR("O " ROOM " bob 1"));
    expect_none(STR("T " ROOM));
    expect_none(STR("T " ROOM " bob"));
}

static void a_bell_with_a_word_too_many_is_none(void **state)
{
    (void)state;
    expect_none(STR("J bob " ROOM " 1 2"));
    expect_none(STR("C " ROOM " x"));
    expect_none(STR("R " ROOM " bob 1 2 3"));
    expect_none(STR("T " ROOM " bob 1 1"));
    expect_none(STR("T " ROOM " bob 1 "));
}

static void numbers_must_be_numbers(void **state)
{
    (void)state;
    expect_none(STR("J bob " ROOM " x"));
    expect_none(STR("J bob " ROOM " "));
    expect_none(STR("J bob " ROOM " 1x"));
    expect_none(STR("J bob " ROOM " 99999999999999999999"));
    expect_none(STR("R " ROOM " bob x 1"));
    expect_none(STR("R " ROOM " bob 1 x"));
    expect_none(STR("R " ROOM " bob -- 1"));
    expect_none(STR("T " ROOM " bob x"));
    expect_none(STR("T " ROOM " bob 2"));
    expect_none(STR("T " ROOM " bob 10"));
    expect_none(STR("T " ROOM " bob "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_rings_with_the_whole_record),
        cmocka_unit_test(someone_joins),
        cmocka_unit_test(something_changes),
        cmocka_unit_test(a_marker_moves_or_both_do),
        cmocka_unit_test(typing_begins_and_ends),
        cmocka_unit_test(nothing_else_is_a_bell),
        cmocka_unit_test(a_bell_that_lacks_a_word_is_none),
        cmocka_unit_test(a_bell_with_a_word_too_many_is_none),
        cmocka_unit_test(numbers_must_be_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
