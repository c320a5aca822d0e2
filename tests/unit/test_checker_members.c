/* The checker on membership: strangers and those who have left know nothing. */
#include "checker_story.h"

/* Eve was added with seq 4, heard bob's b2 with seq 5, and was removed with seq 6; ann's a3 is
 * seq 7. */
struct guest {
    struct story s;
    int device;
    int eve;
};

static void removed(struct guest *g)
{
    checker_changes(g->s.c, ROOM, "eve", CHANGE_REMOVING);
    checker_changes(g->s.c, ROOM, "eve", CHANGE_REMOVED);
}

static void added(struct guest *g)
{
    checker_changes(g->s.c, ROOM, "eve", CHANGE_ADDING);
    checker_changes(g->s.c, ROOM, "eve", CHANGE_ADDED);
}

/* A record that the three see who are there. */
static int64_t all_see(struct guest *g, int64_t seq, bool eve_too)
{
    if (g->s.records[seq - 1].id == NULL || strcmp(g->s.records[seq - 1].from, "ann") != 0)
        sees(&g->s, g->s.ann, seq, seq);
    if (g->s.records[seq - 1].id == NULL || strcmp(g->s.records[seq - 1].from, "bob") != 0)
        sees(&g->s, g->s.bob, seq, seq);
    if (eve_too)
        sees(&g->s, g->eve, seq, seq);
    return seq;
}

static struct guest eve_came_and_left(void)
{
    struct guest g = {.s = story_exchange()};

    g.device = checker_device(g.s.c, "eve");
    g.eve = checker_connection(g.s.c, g.device);
    added(&g);
    checker_starts(g.s.c, g.eve, ROOM, 3, true);
    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_JOINED), true);
    (void)all_see(&g, says(&g.s, g.s.bob, "b2"), true);
    removed(&g);
    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_LEFT), true);
    (void)all_see(&g, says(&g.s, g.s.ann, "a3"), false);
    return g;
}

static void eve_comes_again(struct guest *g)
{
    added(g);
    checker_starts(g->s.c, g->eve, ROOM, g->s.top, true);
    (void)all_see(g, adds(&g->s, NULL, "eve", ACTION_JOINED), true);
}

static int page_of(struct guest *g, int64_t after)
{
    int pages = checker_connection(g->s.c, g->device);

    checker_page(g->s.c, pages, ROOM, after, checker_now(g->s.c));
    return pages;
}

static void ends(struct guest *g, size_t findings, const char *about)
{
    both_read(&g->s);
    story_ends(&g->s, findings, about);
}

static void who_comes_and_goes_may_know_the_time_between(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    checker_reader(g.s.c, "eve", ROOM); /* and gets nothing */
    ends(&g, 0, "");
}

static void a_foreign_message_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sees(&s, checker_connection(s.c, checker_device(s.c, "mallory")), 2, 2);
    both_read(&s);
    story_ends(&s, 1, "mallory has seen seq 2, which is not theirs");
}

static void a_foreign_history_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    both_read(&s);
    reads(&s, "mallory");
    story_ends(&s, 3, "1 times in the history of mallory, who may not know it");
}

static void a_foreign_message_in_the_history_is_found(void **state)
{
    (void)state;
    struct story s = story_exchange();

    sends(&s, checker_connection(s.c, checker_device(s.c, "mallory")), "m1");
    (void)adds(&s, "m1", "mallory", ACTION_OTHER);
    sees(&s, s.ann, 4, 4);
    sees(&s, s.bob, 4, 4);
    both_read(&s);
    story_ends(&s, 1, "seq 4, \"m1\", is of mallory, who was no member");
}

static void a_message_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    sees(&g.s, g.eve, 7, 7);
    ends(&g, 2, "eve has seen seq 7, which is not theirs");
}

static void a_message_after_leaving_is_found_on_a_new_connection_too(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    sees(&g.s, checker_connection(g.s.c, g.device), 7, 7);
    ends(&g, 1, "eve has seen seq 7, which is not theirs");
}

static void a_receipt_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    checker_heard(g.s.c, g.eve, ROOM);
    ends(&g, 1, "a connection of eve hears of it after their leaving");
}

static void a_page_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    sees(&g.s, page_of(&g, 3), 4, 5);
    ends(&g, 2, "eve has read seq 4 after leaving");
}

static void a_page_that_was_asked_for_before_may_come_after_leaving(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();
    int pages = checker_connection(g.s.c, g.device);

    checker_page(g.s.c, pages, ROOM, 3, 1);
    sees(&g.s, pages, 4, 5);
    ends(&g, 0, "");
}

static void a_history_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    reads_some(&g.s, "eve", 4, 5);
    ends(&g, 2, "seq 4 is 1 times in the history of eve, who may not know it");
}

static void being_told_of_it_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    checker_starts(g.s.c, checker_connection(g.s.c, g.device), ROOM, 7, true);
    ends(&g, 1, "eve, who is no member, was told of it");
}

static void being_on_the_list_after_leaving_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();
    struct checker_view view = {6, 4, 2};

    checker_view(g.s.c, ROOM, "eve", &view, 1); /* asked for before */
    checker_view(g.s.c, ROOM, "eve", &view, checker_now(g.s.c));
    ends(&g, 1, "is on the list of eve, who is no member");
}

static void who_comes_again_may_read_what_was_between(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    eve_comes_again(&g);
    sees(&g.s, page_of(&g, 3), 4, 7);
    reads(&g.s, "eve");
    ends(&g, 0, "");
}

static void reading_what_was_between_before_coming_again_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();
    int pages = checker_connection(g.s.c, g.device);

    checker_page(g.s.c, pages, ROOM, 6, 1);
    sees(&g.s, pages, 7, 7);
    eve_comes_again(&g);
    reads(&g.s, "eve");
    ends(&g, 1, "eve has seen seq 7, which is not theirs");
}

/* The server was late: to a member of now it may tell what was between, but not before. */
static void what_was_between_may_be_delivered_to_who_comes_again(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    added(&g);
    checker_starts(g.s.c, g.eve, ROOM, 6, true);
    sees(&g.s, g.eve, 7, 7);
    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_JOINED), true);
    reads(&g.s, "eve");
    ends(&g, 0, "");
}

static void what_was_between_delivered_before_coming_again_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    sees(&g.s, checker_connection(g.s.c, g.device), 7, 7);
    eve_comes_again(&g);
    reads(&g.s, "eve");
    ends(&g, 1, "eve has seen seq 7, which is not theirs");
}

static void who_came_again_and_is_told_nothing_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    added(&g);
    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_JOINED), false);
    reads(&g.s, "eve");
    ends(&g, 1, "a device of eve has never seen seq 8");
}

static void a_change_that_was_answered_and_is_not_there_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    added(&g);
    ends(&g, 1, "eve was added 2 times, 2 of them answered, and the history has 1");
}

static void a_change_that_is_there_twice_is_found(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_JOINED), false);
    (void)all_see(&g, adds(&g.s, NULL, "eve", ACTION_LEFT), false);
    ends(&g, 2, "eve was removed 1 times, 1 of them answered, and the history has 2");
}

static void a_change_without_an_answer_may_be_there_or_not(void **state)
{
    (void)state;
    struct guest g = eve_came_and_left();

    checker_changes(g.s.c, ROOM, "eve", CHANGE_ADDING);
    ends(&g, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_and_goes_may_know_the_time_between),
        cmocka_unit_test(a_foreign_message_is_found),
        cmocka_unit_test(a_foreign_history_is_found),
        cmocka_unit_test(a_foreign_message_in_the_history_is_found),
        cmocka_unit_test(a_message_after_leaving_is_found),
        cmocka_unit_test(a_message_after_leaving_is_found_on_a_new_connection_too),
        cmocka_unit_test(a_receipt_after_leaving_is_found),
        cmocka_unit_test(a_page_after_leaving_is_found),
        cmocka_unit_test(a_page_that_was_asked_for_before_may_come_after_leaving),
        cmocka_unit_test(a_history_after_leaving_is_found),
        cmocka_unit_test(being_told_of_it_after_leaving_is_found),
        cmocka_unit_test(being_on_the_list_after_leaving_is_found),
        cmocka_unit_test(who_comes_again_may_read_what_was_between),
        cmocka_unit_test(reading_what_was_between_before_coming_again_is_found),
        cmocka_unit_test(what_was_between_may_be_delivered_to_who_comes_again),
        cmocka_unit_test(what_was_between_delivered_before_coming_again_is_found),
        cmocka_unit_test(who_came_again_and_is_told_nothing_is_found),
        cmocka_unit_test(a_change_that_was_answered_and_is_not_there_is_found),
        cmocka_unit_test(a_change_that_is_there_twice_is_found),
        cmocka_unit_test(a_change_without_an_answer_may_be_there_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
