/* The checker on `sync`: whole or not at all, and `synced` after all. */
#include "checker_story.h"

#define BEHIND_MAX 500

/* Bob comes back: he has seq 1 to 3, and the room goes to 6. */
struct absence {
    struct story s;
    int again;
};

static struct absence bob_was_away(void)
{
    struct absence a = {.s = story_exchange()};

    (void)says(&a.s, a.s.ann, "a3");
    (void)says(&a.s, a.s.ann, "a4");
    (void)says(&a.s, a.s.ann, "a5");
    a.again = checker_connection(a.s.c, a.s.bob_device);
    return a;
}

static void asks_from(struct absence *a, int64_t position, bool in_order)
{
    checker_sync(a->s.c, a->again, &(struct checker_sync){ROOM, position, in_order, true});
}

static void is_told(struct absence *a, bool recovered, int64_t seq)
{
    checker_synced(a->s.c, a->again, ROOM, recovered, seq, false);
}

static void ends(struct absence *a, size_t findings, const char *about)
{
    both_read(&a->s);
    story_ends(&a->s, findings, about);
}

static void a_sync_before_ready_is_accepted(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    asks_from(&a, 3, true);
    checker_starts(a.s.c, a.again, ROOM, 6, true);
    sees(&a.s, a.again, 4, 6);
    is_told(&a, true, 6);
    sees(&a.s, a.again, 7, says(&a.s, a.s.ann, "a6"));
    ends(&a, 0, "");
}

static void a_sync_after_live_frames_is_accepted(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 5, true);
    sees(&a.s, a.again, 6, 6);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 5);
    is_told(&a, true, 6);
    ends(&a, 0, "");
}

static void a_sync_with_nothing_missed_is_accepted(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 3, true);
    asks_from(&a, 3, false);
    is_told(&a, true, 3);
    sees(&a.s, a.again, 4, 6);
    ends(&a, 0, "");
}

static void a_position_ahead_of_the_server_is_accepted(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    asks_from(&a, 6, true);
    checker_starts(a.s.c, a.again, ROOM, 4, true);
    is_told(&a, true, 6);
    sees(&a.s, a.again, 5, 6);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, 4);
    ends(&a, 0, "");
}

static void a_gap_in_a_sync_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    asks_from(&a, 3, true);
    checker_starts(a.s.c, a.again, ROOM, 6, true);
    sees(&a.s, a.again, 4, 4);
    sees(&a.s, a.again, 6, 6);
    is_told(&a, true, 6);
    ends(&a, 3, "a connection of bob goes from seq 4 to 6 without 5");
}

static void a_gap_in_a_sync_after_live_frames_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 4);
    sees(&a.s, a.again, 6, 6);
    is_told(&a, true, 6);
    ends(&a, 3, "a sync of bob goes from seq 4 to 6 without 5");
}

static void a_sync_in_another_order_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 6);
    sees(&a.s, a.again, 5, 5);
    is_told(&a, true, 6);
    ends(&a, 2, "a sync of bob gives seq 5 after 6");
}

static void a_sync_that_claims_too_much_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 5);
    is_told(&a, true, 6);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 6, 6);
    ends(&a, 1, "says that all from 3 to 6 came, but not 6");
}

static void frames_after_synced_are_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 5, false);
    sees(&a.s, a.again, 6, 6);
    is_told(&a, true, 6);
    sees(&a.s, a.again, 4, 4);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 5, 5);
    ends(&a, 1, "a connection of bob has seen seq 4 after 6 was announced");
}

static void an_own_message_beside_its_ack_may_be_left_out(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    sends(&a.s, a.again, "b2");
    checker_acked(a.s.c, a.again, "b2", adds(&a.s, "b2", "bob", ACTION_OTHER), false);
    sees(&a.s, a.s.ann, 7, 7);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 6);
    is_told(&a, true, 7);
    ends(&a, 0, "");
}

static void a_repeat_is_found_unless_it_is_late(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct absence a = bob_was_away();
        checker_starts(a.s.c, a.again, ROOM, 5, true);
        sees(&a.s, a.again, 6, 6);
        asks_from(&a, 3, false);
        sees(&a.s, a.again, 4, 6);
        checker_synced(a.s.c, a.again, ROOM, true, 6, late);
        ends(&a, late ? 0 : 1, late ? "" : "a sync of bob repeats seq 6");
    }
}

static void a_live_frame_between_ready_and_a_sync_in_order_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    asks_from(&a, 3, true);
    checker_starts(a.s.c, a.again, ROOM, 5, true);
    sees(&a.s, a.again, 6, 6);
    sees(&a.s, a.again, 4, 5);
    is_told(&a, true, 5);
    ends(&a, 2, "a connection of bob has seen seq 4 after 6");
}

static void a_sync_that_ends_before_ready_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    sees(&a.s, a.again, 4, 4);
    is_told(&a, true, 4);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 5, 6);
    ends(&a, 1, "a sync of bob ends at 4, before the start at 6");
}

static void a_part_that_is_not_recovered_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    checker_sync(a.s.c, a.again, &(struct checker_sync){ROOM, 3, false, false});
    sees(&a.s, a.again, 4, 4);
    is_told(&a, false, 6);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, 6);
    ends(&a, 1, "is not recovered, but has given 1");
}

static void a_refusal_without_a_reason_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    is_told(&a, false, 6);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, 6);
    ends(&a, 1, "a sync of bob is not recovered from 3 to 6");
}

static void a_refusal_of_who_is_too_far_behind_is_accepted(void **state)
{
    (void)state;
    static char ids[BEHIND_MAX][8];
    struct absence a = bob_was_away();

    for (int i = 0; i < BEHIND_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "m%d", i);
        (void)says(&a.s, a.s.ann, ids[i]);
    }
    checker_starts(a.s.c, a.again, ROOM, a.s.top, true);
    asks_from(&a, 3, false);
    is_told(&a, false, a.s.top);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, a.s.top);
    ends(&a, 0, "");
}

static void an_answer_as_to_a_stranger_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 6, true);
    asks_from(&a, 3, false);
    is_told(&a, false, 0);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, 6);
    ends(&a, 1, "a sync of bob, a member, is answered like a stranger's");
}

static void a_synced_that_nobody_asked_for_is_found(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    checker_starts(a.s.c, a.again, ROOM, 3, true);
    sees(&a.s, a.again, 4, 6);
    is_told(&a, true, 6);
    ends(&a, 1, "bob got a `synced` that was not asked for");
}

static void after_a_sync_that_failed_frames_go_on(void **state)
{
    (void)state;
    struct absence a = bob_was_away();

    asks_from(&a, 3, true);
    checker_starts(a.s.c, a.again, ROOM, 5, true);
    checker_sync_failed(a.s.c, a.again, ROOM);
    sees(&a.s, a.again, 6, 6);
    sees(&a.s, checker_connection(a.s.c, a.s.bob_device), 4, 5);
    ends(&a, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sync_before_ready_is_accepted),
        cmocka_unit_test(a_sync_after_live_frames_is_accepted),
        cmocka_unit_test(a_sync_with_nothing_missed_is_accepted),
        cmocka_unit_test(a_position_ahead_of_the_server_is_accepted),
        cmocka_unit_test(a_gap_in_a_sync_is_found),
        cmocka_unit_test(a_gap_in_a_sync_after_live_frames_is_found),
        cmocka_unit_test(a_sync_in_another_order_is_found),
        cmocka_unit_test(a_sync_that_claims_too_much_is_found),
        cmocka_unit_test(frames_after_synced_are_found),
        cmocka_unit_test(an_own_message_beside_its_ack_may_be_left_out),
        cmocka_unit_test(a_repeat_is_found_unless_it_is_late),
        cmocka_unit_test(a_live_frame_between_ready_and_a_sync_in_order_is_found),
        cmocka_unit_test(a_sync_that_ends_before_ready_is_found),
        cmocka_unit_test(a_part_that_is_not_recovered_is_found),
        cmocka_unit_test(a_refusal_without_a_reason_is_found),
        cmocka_unit_test(a_refusal_of_who_is_too_far_behind_is_accepted),
        cmocka_unit_test(an_answer_as_to_a_stranger_is_found),
        cmocka_unit_test(a_synced_that_nobody_asked_for_is_found),
        cmocka_unit_test(after_a_sync_that_failed_frames_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
