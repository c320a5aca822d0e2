#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sequence.h"

static int start(void **state)
{
    static struct sequence sequence;
    sequence_init(&sequence, 11);
    *state = &sequence;
    return 0;
}

static int stop(void **state)
{
    sequence_fini(*state);
    return 0;
}

static void every_seq_in_order_is_whole(void **state)
{
    struct sequence *s = *state;
    for (int64_t seq = 11; seq <= 10000; seq++)
        assert_int_equal(seq % 3 ? sequence_message(s, seq) : sequence_ack(s, seq), SEQUENCE_FINE);
    assert_true(sequence_is_whole(s, 10000));
    assert_false(sequence_is_whole(s, 9999));
    assert_false(sequence_is_whole(s, 10001));
}

static void an_ack_may_overtake_messages(void **state)
{
    struct sequence *s = *state;
    assert_int_equal(sequence_ack(s, 14), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 11), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 12), SEQUENCE_FINE);
    assert_false(sequence_is_whole(s, 14));
    assert_int_equal(sequence_message(s, 13), SEQUENCE_FINE);
    assert_true(sequence_is_whole(s, 14));
}

static void a_message_may_not_overtake_another(void **state)
{
    struct sequence *s = *state;
    assert_int_equal(sequence_message(s, 12), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 11), SEQUENCE_DISORDER);
}

static void a_seq_twice_is_noticed(void **state)
{
    struct sequence *s = *state;
    assert_int_equal(sequence_message(s, 11), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 11), SEQUENCE_TWICE);
    assert_int_equal(sequence_ack(s, 11), SEQUENCE_TWICE);
    assert_int_equal(sequence_ack(s, 13), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 13), SEQUENCE_TWICE);
}

static void a_missing_seq_is_noticed(void **state)
{
    struct sequence *s = *state;
    assert_int_equal(sequence_message(s, 11), SEQUENCE_FINE);
    assert_int_equal(sequence_message(s, 13), SEQUENCE_FINE);
    assert_false(sequence_is_whole(s, 13));
    assert_int_equal(sequence_message(s, 12 + SEQUENCE_WINDOW), SEQUENCE_FAR_AHEAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_seq_in_order_is_whole, start, stop),
        cmocka_unit_test_setup_teardown(an_ack_may_overtake_messages, start, stop),
        cmocka_unit_test_setup_teardown(a_message_may_not_overtake_another, start, stop),
        cmocka_unit_test_setup_teardown(a_seq_twice_is_noticed, start, stop),
        cmocka_unit_test_setup_teardown(a_missing_seq_is_noticed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
