/* The checker on markers, unread counts and typing. */
#include "checker_story.h"

static void bob_reads(struct story *s, int64_t seq)
{
    checker_marks(s->c, ROOM, "bob", MARKER_READ, seq);
}

static void bob_sees_on_his_list(struct story *s, int64_t read, int64_t unread, int64_t asked_at)
{
    checker_view(s->c, ROOM, "bob", &(struct checker_view){s->top, read, unread}, asked_at);
}

static void ends(struct story *s, size_t findings, const char *about)
{
    both_read(s);
    story_ends(s, findings, about);
}

static void markers_that_move_forward_are_accepted(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_sees_on_his_list(&s, 2, 1, checker_now(s.c)); /* who writes has read */
    checker_marks(s.c, ROOM, "bob", MARKER_RECEIVED, 1);
    checker_receipt(s.c, s.ann, ROOM, "bob", 0, 1);
    bob_reads(&s, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 3);
    bob_sees_on_his_list(&s, 3, 0, checker_now(s.c));
    ends(&s, 0, "");
}

static void a_receipt_that_goes_back_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_reads(&s, 1);
    bob_reads(&s, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 1, 0);
    ends(&s, 1, "bob had read 3 and received 3, then came 1 and 0");
}

static void a_receipt_that_comes_twice_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_marks(s.c, ROOM, "bob", MARKER_RECEIVED, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 0, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 0, 3);
    ends(&s, 1, "bob had read 0 and received 3, then came 0 and 3");
}

static void each_connection_hears_of_it_for_itself(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_reads(&s, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 3);
    checker_receipt(s.c, checker_connection(s.c, s.ann_device), ROOM, "bob", 3, 3);
    ends(&s, 0, "");
}

static void a_receipt_without_a_cause_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_marks(s.c, ROOM, "bob", MARKER_RECEIVED, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 0);
    ends(&s, 1, "a receipt says that bob has read 3, who has not");
}

static void a_received_receipt_without_a_cause_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_receipt(s.c, s.ann, ROOM, "bob", 0, 2);
    ends(&s, 1, "a receipt says that bob has received 2, who has not");
}

static void a_marker_that_goes_back_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_reads(&s, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 3);
    bob_sees_on_his_list(&s, 2, 1, checker_now(s.c));
    ends(&s, 1, "bob had read 3, and now only 2");
}

static void a_marker_that_goes_back_on_the_list_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_reads(&s, 3);
    bob_sees_on_his_list(&s, 3, 0, checker_now(s.c));
    bob_sees_on_his_list(&s, 2, 1, checker_now(s.c));
    ends(&s, 1, "bob had read 3, and now only 2");
}

static void a_list_that_was_asked_for_before_may_not_know_yet(void **state)
{
    (void)state;
    struct story s = story_exchange();
    int64_t asked_at = checker_now(s.c);

    bob_reads(&s, 3);
    checker_receipt(s.c, s.ann, ROOM, "bob", 3, 3);
    bob_sees_on_his_list(&s, 2, 1, asked_at);
    ends(&s, 0, "");
}

static void who_has_written_has_read(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_sees_on_his_list(&s, 0, 3, checker_now(s.c));
    ends(&s, 1, "bob had read 2, and now only 0");
}

static void a_wrong_count_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_sees_on_his_list(&s, 2, 2, checker_now(s.c));
    ends(&s, 1, "bob has read 2 of 3, but 2 are unread");
}

static void a_marker_that_nobody_moved_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    bob_sees_on_his_list(&s, 3, 0, checker_now(s.c));
    ends(&s, 1, "bob is said to have read 3, without a cause");
}

static void typing_is_accepted_of_who_types(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_types(s.c, ROOM, "bob");
    checker_typing(s.c, s.ann, ROOM, "bob");
    ends(&s, 0, "");
}

static void typing_of_who_does_not_type_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_typing(s.c, s.ann, ROOM, "bob");
    checker_types(s.c, ROOM, "bob");
    ends(&s, 1, "bob is said to be typing, who is not");
}

static void typing_of_a_stranger_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    checker_types(s.c, ROOM, "mallory");
    checker_typing(s.c, s.ann, ROOM, "mallory");
    ends(&s, 1, "mallory is said to be typing, who is not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markers_that_move_forward_are_accepted),
        cmocka_unit_test(a_receipt_that_goes_back_is_found),
        cmocka_unit_test(a_receipt_that_comes_twice_is_found),
        cmocka_unit_test(each_connection_hears_of_it_for_itself),
        cmocka_unit_test(a_receipt_without_a_cause_is_found),
        cmocka_unit_test(a_received_receipt_without_a_cause_is_found),
        cmocka_unit_test(a_marker_that_goes_back_is_found),
        cmocka_unit_test(a_marker_that_goes_back_on_the_list_is_found),
        cmocka_unit_test(a_list_that_was_asked_for_before_may_not_know_yet),
        cmocka_unit_test(who_has_written_has_read),
        cmocka_unit_test(a_wrong_count_is_found),
        cmocka_unit_test(a_marker_that_nobody_moved_is_found),
        cmocka_unit_test(typing_is_accepted_of_who_types),
        cmocka_unit_test(typing_of_who_does_not_type_is_found),
        cmocka_unit_test(typing_of_a_stranger_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
