/* The checker itself: it must accept a faultless story, and object to each fault planted in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "checker.h"

#define ROOM "room"

/* ann and bob talk in a room; ann's a1, bob's b1, ann's a2 become seq 1, 2, 3. */
struct story {
    struct checker *c;
    int ann; /* connections */
    int bob;
    int bob_device;
};

static struct story story_begin(void)
{
    struct story s = {.c = checker_new()};

    s.ann = checker_connection(s.c, checker_device(s.c, "ann"));
    s.bob_device = checker_device(s.c, "bob");
    s.bob = checker_connection(s.c, s.bob_device);
    checker_member(s.c, ROOM, "ann", 1, 0);
    checker_member(s.c, ROOM, "bob", 1, 0);
    return s;
}

static void ann_says(struct story *s, const char *id, int64_t seq)
{
    checker_sent(s->c, s->ann, ROOM, id);
    checker_acked(s->c, id, seq);
}

static void story_exchange(struct story *s)
{
    ann_says(s, "a1", 1);
    checker_saw(s->c, s->bob, ROOM, 1, "a1", "ann");
    checker_sent(s->c, s->bob, ROOM, "b1");
    checker_acked(s->c, "b1", 2);
    checker_saw(s->c, s->ann, ROOM, 2, "b1", "bob");
    ann_says(s, "a2", 3);
    checker_saw(s->c, s->bob, ROOM, 3, "a2", "ann");
}

static void reads_one(struct story *s, const char *reader, int64_t seq)
{
    static const char *const IDS[] = {"a1", "b1", "a2"};
    static const char *const FROM[] = {"ann", "bob", "ann"};

    checker_read(s->c, reader, ROOM, seq, IDS[seq - 1], FROM[seq - 1]);
}

static void reads(struct story *s, const char *reader)
{
    checker_reader(s->c, reader, ROOM);
    for (int64_t seq = 1; seq <= 3; seq++)
        reads_one(s, reader, seq);
}

static struct story story_told(void)
{
    struct story s = story_begin();

    story_exchange(&s);
    reads(&s, "ann");
    reads(&s, "bob");
    return s;
}

static void story_ends(struct story *s, size_t findings, const char *about)
{
    struct buf why = {0};
    size_t n = checker_judge(s->c, &why);

    checker_free(s->c);
    if (n != findings || strstr(buf_cstr(&why), about) == NULL) {
        print_error("%zu findings, expected %zu with \"%s\":\n%s", n, findings, about,
                    buf_cstr(&why));
        fail();
    }
    buf_fini(&why);
}

static void a_faultless_story_is_accepted(void **state)
{
    (void)state;
    struct story s = story_told();
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
    struct story s = story_begin();

    story_exchange(&s);
    ann_says(&s, "lost", 4);
    reads(&s, "ann");
    reads(&s, "bob");
    story_ends(&s, 1, "\"lost\" was acked as seq 4, but there is \"(nothing)\"");
}

static void a_planted_loss_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    assert_true(checker_plant_loss(s.c));
    story_ends(&s, 2, "\"a2\" was acked as seq 3, but there is \"(nothing)\"");
}

static void a_message_stored_twice_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_read(s.c, "ann", ROOM, 4, "a1", "ann");
    checker_read(s.c, "bob", ROOM, 4, "a1", "ann");
    checker_saw(s.c, s.ann, ROOM, 4, "a1", "ann");
    checker_saw(s.c, s.bob, ROOM, 4, "a1", "ann");
    story_ends(&s, 1, "\"a1\" is there more than once, again as seq 4");
}

static void an_ack_with_another_seq_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_acked(s.c, "a1", 3);
    story_ends(&s, 1, "\"a1\" was acked as seq 1 and as seq 3");
}

static void a_refused_message_that_is_there_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_refused(s.c, "b1");
    story_ends(&s, 1, "\"b1\", which was refused");
}

static void an_unknown_outcome_may_be_there_or_not(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_sent(s.c, s.ann, ROOM, "not there");
    checker_sent(s.c, s.ann, ROOM, "there");
    for (int i = 0; i < 2; i++)
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "there", "ann");
    checker_saw(s.c, s.bob, ROOM, 4, "there", "ann");
    assert_int_equal(checker_counts(s.c).unknown, 2);
    story_ends(&s, 0, "");
}

static void a_message_that_nobody_sent_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    for (int i = 0; i < 2; i++) {
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "ghost", "ann");
        checker_saw(s.c, i ? s.ann : s.bob, ROOM, 4, "ghost", "ann");
    }
    story_ends(&s, 1, "\"ghost\", which nobody sent");
}

static void a_message_under_another_name_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_sent(s.c, s.ann, ROOM, "a3");
    for (int i = 0; i < 2; i++) {
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "a3", "bob");
        checker_saw(s.c, i ? s.ann : s.bob, ROOM, 4, "a3", "bob");
    }
    story_ends(&s, 1, "\"a3\" of bob, who did not send that");
}

static void a_gap_in_a_history_is_found(void **state)
{
    (void)state;
    struct story s = story_begin();

    story_exchange(&s);
    reads(&s, "ann");
    checker_reader(s.c, "bob", ROOM);
    reads_one(&s, "bob", 1);
    reads_one(&s, "bob", 3);
    story_ends(&s, 1, "seq 2 is 0 times in the history of bob");
}

static void an_empty_history_is_found(void **state)
{
    (void)state;
    struct story s = story_begin();

    story_exchange(&s);
    reads(&s, "ann");
    checker_reader(s.c, "bob", ROOM);
    story_ends(&s, 3, "seq 1 is 0 times in the history of bob");
}

static void two_histories_that_differ_are_found(void **state)
{
    (void)state;
    struct story s = story_begin();

    story_exchange(&s);
    reads(&s, "ann");
    checker_reader(s.c, "bob", ROOM);
    reads_one(&s, "bob", 1);
    checker_read(s.c, "bob", ROOM, 2, "a2", "ann");
    reads_one(&s, "bob", 3);
    story_ends(&s, 1, "seq 2 is \"b1\" of bob for ann, and \"a2\" of ann for bob");
}

static void a_missing_delivery_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    ann_says(&s, "a3", 4);
    for (int i = 0; i < 2; i++)
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "a3", "ann");
    story_ends(&s, 1, "a device of bob has never seen seq 4");
}

static void a_gap_on_a_connection_is_found_even_when_another_one_filled_it(void **state)
{
    (void)state;
    struct story s = story_told();

    ann_says(&s, "a3", 4);
    ann_says(&s, "a4", 5);
    for (int i = 0; i < 2; i++) {
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "a3", "ann");
        checker_read(s.c, i ? "ann" : "bob", ROOM, 5, "a4", "ann");
    }
    checker_saw(s.c, s.bob, ROOM, 5, "a4", "ann"); /* its last was 3 */
    checker_saw(s.c, checker_connection(s.c, s.bob_device), ROOM, 4, "a3", "ann");
    story_ends(&s, 1, "a connection of bob goes from seq 3 to 5 without 4");
}

static void a_gap_behind_the_announced_start_is_found(void **state)
{
    (void)state;
    struct story s = story_told();
    int again = checker_connection(s.c, s.bob_device);

    checker_starts(s.c, again, ROOM, 0);
    checker_saw(s.c, again, ROOM, 2, "b1", "bob");
    story_ends(&s, 1, "a connection of bob goes from seq 0 to 2 without 1");
}

static void a_frame_before_the_announced_start_is_found(void **state)
{
    (void)state;
    struct story s = story_told();
    int again = checker_connection(s.c, s.bob_device);

    checker_starts(s.c, again, ROOM, 3);
    checker_saw(s.c, again, ROOM, 3, "a2", "ann");
    story_ends(&s, 1, "a connection of bob has seen seq 3 after 3 was announced");
}

static void frames_out_of_order_are_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_saw(s.c, s.bob, ROOM, 1, "a1", "ann");
    story_ends(&s, 1, "a connection of bob has seen seq 1 after 3");
}

static void a_new_connection_may_begin_anywhere_and_repeat(void **state)
{
    (void)state;
    struct story s = story_told();
    int again = checker_connection(s.c, s.bob_device);

    checker_saw(s.c, again, ROOM, 2, "b1", "bob");
    checker_saw(s.c, again, ROOM, 3, "a2", "ann");
    story_ends(&s, 0, "");
}

static void a_frame_unlike_the_history_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    checker_saw(s.c, checker_connection(s.c, s.bob_device), ROOM, 1, "a2", "ann");
    story_ends(&s, 1, "bob has seen \"a2\" as seq 1, the history has \"a1\"");
}

static void a_foreign_message_is_found(void **state)
{
    (void)state;
    struct story s = story_told();
    int eve = checker_connection(s.c, checker_device(s.c, "eve"));

    checker_saw(s.c, eve, ROOM, 2, "b1", "bob");
    story_ends(&s, 1, "eve has seen seq 2, which is not theirs");
}

static void a_foreign_history_is_found(void **state)
{
    (void)state;
    struct story s = story_told();

    reads(&s, "eve");
    story_ends(&s, 3, "1 times in the history of eve, who may not know it");
}

static void a_former_member_knows_what_was_before(void **state)
{
    (void)state;
    struct story s = story_told();
    int eve = checker_connection(s.c, checker_device(s.c, "eve"));

    checker_member(s.c, ROOM, "eve", 2, 2);
    checker_saw(s.c, eve, ROOM, 2, "b1", "bob");
    checker_reader(s.c, "eve", ROOM);
    reads_one(&s, "eve", 2);
    story_ends(&s, 0, "");
}

static void member_records_count_as_records(void **state)
{
    (void)state;
    struct story s = story_told();

    for (int i = 0; i < 2; i++) {
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, NULL, "cid");
        checker_saw(s.c, i ? s.ann : s.bob, ROOM, 4, NULL, "cid");
    }
    story_ends(&s, 0, "");
}

/* Both are sent, then both acked: the other way round. */
static struct story two_acked_in_reverse(int attempts_of_first)
{
    struct story s = story_told();

    for (int i = 0; i < attempts_of_first; i++)
        checker_sent(s.c, s.ann, ROOM, "a3");
    checker_sent(s.c, s.ann, ROOM, "a4");
    checker_acked(s.c, "a3", 5);
    checker_acked(s.c, "a4", 4);
    for (int i = 0; i < 2; i++) {
        checker_read(s.c, i ? "ann" : "bob", ROOM, 4, "a4", "ann");
        checker_read(s.c, i ? "ann" : "bob", ROOM, 5, "a3", "ann");
    }
    checker_saw(s.c, s.bob, ROOM, 4, "a4", "ann");
    checker_saw(s.c, s.bob, ROOM, 5, "a3", "ann");
    return s;
}

static void a_sender_s_messages_in_another_order_are_found(void **state)
{
    (void)state;
    struct story s = two_acked_in_reverse(1);

    story_ends(&s, 1, "\"a3\" (seq 5) was sent before \"a4\" (seq 4)");
}

static void a_message_sent_again_may_be_overtaken(void **state)
{
    (void)state;
    struct story s = two_acked_in_reverse(2);

    story_ends(&s, 0, "");
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
        cmocka_unit_test(an_unknown_outcome_may_be_there_or_not),
        cmocka_unit_test(a_message_that_nobody_sent_is_found),
        cmocka_unit_test(a_message_under_another_name_is_found),
        cmocka_unit_test(a_gap_in_a_history_is_found),
        cmocka_unit_test(an_empty_history_is_found),
        cmocka_unit_test(two_histories_that_differ_are_found),
        cmocka_unit_test(a_missing_delivery_is_found),
        cmocka_unit_test(a_gap_on_a_connection_is_found_even_when_another_one_filled_it),
        cmocka_unit_test(a_gap_behind_the_announced_start_is_found),
        cmocka_unit_test(a_frame_before_the_announced_start_is_found),
        cmocka_unit_test(frames_out_of_order_are_found),
        cmocka_unit_test(a_new_connection_may_begin_anywhere_and_repeat),
        cmocka_unit_test(a_frame_unlike_the_history_is_found),
        cmocka_unit_test(a_foreign_message_is_found),
        cmocka_unit_test(a_foreign_history_is_found),
        cmocka_unit_test(a_former_member_knows_what_was_before),
        cmocka_unit_test(member_records_count_as_records),
        cmocka_unit_test(a_sender_s_messages_in_another_order_are_found),
        cmocka_unit_test(a_message_sent_again_may_be_overtaken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
