/* The checker itself: it must accept a faultless story, and object to each fault planted in it.
 * Here messages, histories and deliveries; test_checker_*.c have the rest. */
#include "checker_story.h"

static void a_faultless_story_is_accepted(void **state)
{
    (void)state;
    struct story s = story_exchange();

    both_read(&s);
    struct checker_counts n = checker_counts(s.c);
    assert_int_equal(n.sent, 3);
    assert_int_equal(n.acked, 3);
    assert_int_equal(n.unknown, 0);
    assert_int_equal(n.seen, 3);
    assert_int_equal(n.read, 6);
    story_ends(&s, 0, "");
}

static void a_lost_message_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sends(&s, s.ann, "lost");
    checker_acked(s.c, s.ann, "lost", 4, false);
    both_read(&s);
    story_ends(&s, 1, "\"lost\" was acked as seq 4, but there is \"(nothing)\"");
}

static void a_planted_loss_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    both_read(&s);
    assert_true(checker_plant_loss(s.c));
    story_ends(&s, 2, "\"a2\" was acked as seq 3, but there is \"(nothing)\"");
}

static void a_message_stored_twice_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    (void)adds(&s, "a1", "ann", ACTION_OTHER);
    sees(&s, s.ann, 4, 4);
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "\"a1\" is there more than once, again as seq 4");
}

static void an_ack_with_another_seq_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_acked(s.c, s.ann, "a1", 3, true);
    both_read(&s);
    story_ends(&s, 1, "\"a1\" was acked as seq 1 and as seq 3");
}

static void a_refused_message_that_is_there_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_refused(s.c, "b1");
    both_read(&s);
    story_ends(&s, 1, "\"b1\", which was refused");
}

/* Its sender was removed in between, say. */
static void a_refusal_of_a_repeat_tells_nothing_of_the_first_attempt(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sends(&s, s.bob, "b1");
    checker_refused(s.c, "b1");
    both_read(&s);
    story_ends(&s, 0, "");
}

static void an_unknown_outcome_may_be_there_or_not(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sends(&s, s.ann, "not there");
    sends(&s, s.ann, "there");
    sees(&s, s.bob, 4, adds(&s, "there", "ann", ACTION_OTHER));
    both_read(&s);
    assert_int_equal(checker_counts(s.c).unknown, 2);
    story_ends(&s, 0, "");
}

static void a_message_that_nobody_sent_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    (void)adds(&s, "ghost", "ann", ACTION_OTHER);
    sees(&s, s.ann, 4, 4);
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "\"ghost\", which nobody sent");
}

static void a_message_under_another_name_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sends(&s, s.ann, "a3");
    (void)adds(&s, "a3", "bob", ACTION_OTHER);
    sees(&s, s.ann, 4, 4);
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "\"a3\" of bob, who did not send that");
}

static void a_message_with_another_content_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_sent(s.c, s.ann, ROOM, "a3", 7);
    (void)adds(&s, "a3", "ann", ACTION_OTHER);
    s.records[3].content = 8;
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "\"a3\", has another content than was sent");
}

static void a_gap_in_a_history_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    reads(&s, "ann");
    reads_some(&s, "bob", 1, 1);
    checker_read(s.c, "bob", &s.records[2]);
    story_ends(&s, 1, "seq 2 is 0 times in the history of bob");
}

static void an_empty_history_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    reads(&s, "ann");
    reads_some(&s, "bob", 1, 0);
    story_ends(&s, 3, "seq 1 is 0 times in the history of bob");
}

static void two_histories_that_differ_are_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    reads(&s, "ann");
    s.records[1] = (struct checker_record){ROOM, 2, "a2", "ann", ACTION_OTHER, 0};
    reads(&s, "bob");
    story_ends(&s, 1, "seq 2 is \"b1\" of bob (00000000) for ann, and \"a2\" of ann");
}

static void an_end_before_what_was_acked_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_reaches(s.c, ROOM, 3, checker_now(s.c));
    checker_reaches(s.c, ROOM, 2, checker_now(s.c));
    both_read(&s);
    story_ends(&s, 1, "was said to end at seq 2 after 3 was seen or acked");
}

static void an_end_that_was_asked_for_before_an_ack_may_be_before_it(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int64_t asked_at = checker_now(s.c);

    sees(&s, s.bob, 4, says(&s, s.ann, "a3"));
    checker_reaches(s.c, ROOM, 3, asked_at);
    both_read(&s);
    story_ends(&s, 0, "");
}

/* --- 4: what came on the connections ----------------------------------------------------------- */

static void a_missing_delivery_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    (void)says(&s, s.ann, "a3");
    both_read(&s);
    story_ends(&s, 1, "a device of bob has never seen seq 4");
}

static void a_device_that_its_user_s_other_one_left_without_a_message_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int other = checker_connection(s.c, checker_device(s.c, "ann"));

    sees(&s, other, 1, 2);
    both_read(&s);
    story_ends(&s, 1, "a device of ann has never seen seq 3");
}

static void a_gap_on_a_connection_is_found_even_when_another_one_filled_it(void **state)
{
    (void)state;
    struct story s = story_exchange();

    (void)says(&s, s.ann, "a3");
    (void)says(&s, s.ann, "a4");
    sees(&s, s.bob, 5, 5); /* its last was 3 */
    sees(&s, checker_connection(s.c, s.bob_device), 4, 4);
    both_read(&s);
    story_ends(&s, 1, "a connection of bob goes from seq 3 to 5 without 4");
}

static void a_gap_behind_the_announced_start_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.bob_device);

    checker_starts(s.c, again, ROOM, 0, true);
    sees(&s, again, 2, 2);
    both_read(&s);
    story_ends(&s, 1, "a connection of bob goes from seq 0 to 2 without 1");
}

static void a_frame_before_the_announced_start_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.bob_device);

    checker_starts(s.c, again, ROOM, 3, true);
    sees(&s, again, 3, 3);
    both_read(&s);
    story_ends(&s, 1, "a connection of bob has seen seq 3 after 3 was announced");
}

static void an_ack_takes_the_place_of_the_message(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.ann_device);

    checker_starts(s.c, again, ROOM, 3, true);
    sends(&s, again, "a3");
    checker_acked(s.c, again, "a3", adds(&s, "a3", "ann", ACTION_OTHER), false);
    sees(&s, s.bob, 4, 4);
    sees(&s, again, 5, says(&s, s.bob, "b2"));
    both_read(&s);
    story_ends(&s, 0, "");
}

static void an_ack_out_of_its_place_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.ann_device);

    checker_starts(s.c, again, ROOM, 3, true);
    sends(&s, again, "a3");
    sees(&s, s.bob, 4, adds(&s, "a3", "ann", ACTION_OTHER));
    sees(&s, again, 5, says(&s, s.bob, "b2"));
    checker_acked(s.c, again, "a3", 4, false);
    both_read(&s);
    story_ends(&s, 2, "a connection of ann has seen seq 4 after 5");
}

static void an_own_message_beside_its_ack_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.ann_device);

    checker_starts(s.c, again, ROOM, 3, true);
    sends(&s, again, "a3");
    checker_acked(s.c, again, "a3", adds(&s, "a3", "ann", ACTION_OTHER), false);
    sees(&s, s.bob, 4, 4);
    sees(&s, again, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "a connection of ann has seen seq 4 after 4");
}

static void a_duplicate_s_ack_may_come_late(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int again = checker_connection(s.c, s.ann_device);

    checker_starts(s.c, again, ROOM, 3, true);
    sees(&s, again, 4, says(&s, s.bob, "b2"));
    checker_acked(s.c, again, "a2", 3, true);
    both_read(&s);
    story_ends(&s, 0, "");
}

static void frames_out_of_order_are_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sees(&s, s.bob, 1, 1);
    both_read(&s);
    story_ends(&s, 1, "a connection of bob has seen seq 1 after 3");
}

static void a_new_connection_may_begin_anywhere_and_repeat(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sees(&s, checker_connection(s.c, s.bob_device), 2, 3);
    both_read(&s);
    story_ends(&s, 0, "");
}

static void a_frame_unlike_the_history_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sees_odd(&s, checker_connection(s.c, s.bob_device), 1, "a2", "ann");
    both_read(&s);
    story_ends(&s, 1, "bob has seen \"a2\" (00000000) as seq 1, the history has \"a1\"");
}

static void a_frame_with_another_content_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();
    struct checker_record changed = s.records[0];

    changed.content = 1;
    checker_saw(s.c, checker_connection(s.c, s.bob_device), &changed);
    both_read(&s);
    story_ends(&s, 1, "bob has seen \"a1\" (00000001) as seq 1, the history has \"a1\" (00000000)");
}

static void member_records_count_as_records(void **state)
{
    (void)state;
    struct story s = story_exchange();

    (void)adds(&s, NULL, "ann", ACTION_OTHER);
    sees(&s, s.ann, 4, 4);
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 0, "");
}

/* --- 6: the order of a sender ------------------------------------------------------------------ */

/* Both are sent, then both stored: the other way round. */
static struct story two_stored_in_reverse(int attempts_of_first)
{
    struct story s = story_exchange();

    for (int i = 0; i < attempts_of_first; i++)
        sends(&s, s.ann, "a3");
    sends(&s, s.ann, "a4");
    (void)adds(&s, "a4", "ann", ACTION_OTHER);
    (void)adds(&s, "a3", "ann", ACTION_OTHER);
    checker_acked(s.c, s.ann, "a3", 5, true);
    checker_acked(s.c, s.ann, "a4", 4, true);
    sees(&s, s.bob, 4, 5);
    both_read(&s);
    return s;
}

static void a_sender_s_messages_in_another_order_are_found(void **state)
{
    (void)state;
    struct story s = two_stored_in_reverse(1);

    story_ends(&s, 1, "\"a3\" (seq 5) was sent before \"a4\" (seq 4)");
}

static void a_message_sent_again_may_be_overtaken(void **state)
{
    (void)state;
    struct story s = two_stored_in_reverse(2);

    story_ends(&s, 0, "");
}

/* ----------------------------------------------------------------------------------------------- */

static void what_a_client_objects_to_is_a_finding(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_object(s.c, "%s is odd", "this");
    both_read(&s);
    story_ends(&s, 1, "this is odd");
}

static void findings_tell_the_time(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_clock(s.c, 12345);
    sees(&s, s.bob, 1, 1);
    checker_clock(s.c, 20000);
    both_read(&s);
    story_ends(&s, 1, "[12.345] room: a connection of bob has seen seq 1 after 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_faultless_story_is_accepted),
        cmocka_unit_test(a_lost_message_is_found),
        cmocka_unit_test(a_planted_loss_is_found),
        cmocka_unit_test(a_message_stored_twice_is_found),
        cmocka_unit_test(an_ack_with_another_seq_is_found),
        cmocka_unit_test(a_refused_message_that_is_there_is_found),
        cmocka_unit_test(a_refusal_of_a_repeat_tells_nothing_of_the_first_attempt),
        cmocka_unit_test(an_unknown_outcome_may_be_there_or_not),
        cmocka_unit_test(a_message_that_nobody_sent_is_found),
        cmocka_unit_test(a_message_under_another_name_is_found),
        cmocka_unit_test(a_message_with_another_content_is_found),
        cmocka_unit_test(a_gap_in_a_history_is_found),
        cmocka_unit_test(an_empty_history_is_found),
        cmocka_unit_test(two_histories_that_differ_are_found),
        cmocka_unit_test(an_end_before_what_was_acked_is_found),
        cmocka_unit_test(an_end_that_was_asked_for_before_an_ack_may_be_before_it),
        cmocka_unit_test(a_missing_delivery_is_found),
        cmocka_unit_test(a_device_that_its_user_s_other_one_left_without_a_message_is_found),
        cmocka_unit_test(a_gap_on_a_connection_is_found_even_when_another_one_filled_it),
        cmocka_unit_test(a_gap_behind_the_announced_start_is_found),
        cmocka_unit_test(a_frame_before_the_announced_start_is_found),
        cmocka_unit_test(an_ack_takes_the_place_of_the_message),
        cmocka_unit_test(an_ack_out_of_its_place_is_found),
        cmocka_unit_test(an_own_message_beside_its_ack_is_found),
        cmocka_unit_test(a_duplicate_s_ack_may_come_late),
        cmocka_unit_test(frames_out_of_order_are_found),
        cmocka_unit_test(a_new_connection_may_begin_anywhere_and_repeat),
        cmocka_unit_test(a_frame_unlike_the_history_is_found),
        cmocka_unit_test(a_frame_with_another_content_is_found),
        cmocka_unit_test(member_records_count_as_records),
        cmocka_unit_test(a_sender_s_messages_in_another_order_are_found),
        cmocka_unit_test(a_message_sent_again_may_be_overtaken),
        cmocka_unit_test(what_a_client_objects_to_is_a_finding),
        cmocka_unit_test(findings_tell_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
