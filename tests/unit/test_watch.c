#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "watch.h"

#define MUTUAL 3
#define OBSERVERS 30
#define SUBJECTS 20
#define ROUNDS 20000

static struct watch_book BOOK;
static const struct node HERE = {.id = {"aaaaaaaaaaaaaaaaaaaaaaaa"}};
static const struct node THERE = {.id = {"bbbbbbbbbbbbbbbbbbbbbbbb"}};
static const struct node ELSEWHERE = {.id = {"cccccccccccccccccccccccc"}};

static int begin(void **state)
{
    BOOK = (struct watch_book){0};
    *state = &BOOK;
    return 0;
}

static int end(void **state)
{
    const struct watch_book *book = *state;

    assert_int_equal(book->watches, 0);
    assert_int_equal(book->subjects.n, 0);
    watch_fini(*state);
    return 0;
}

static void set(struct watch_book *book, struct observer *o, const char *name, int mask)
{
    struct subject *s = watch_hold(book, str_of(name));

    (void)watch_set(book, o, watch_find(o, s), s, mask);
    watch_release(book, s);
}

static struct subject *watched(struct watch_book *book, struct observer *o, const char *name)
{
    set(book, o, name, MUTUAL);
    return watch_subject(book, str_of(name));
}

static void news(struct watch_book *book, struct subject *s, const struct node *node,
                 int64_t version, enum status status, const char *text)
{
    watch_news(book, s,
               &(struct part_news){.node = node,
                                   .version = version,
                                   .time_ms = 1000 + version,
                                   .status = status,
                                   .text = str_of(text)});
}

static void read_part(struct watch_book *book, struct subject *s, const struct node *node,
                      int64_t version, enum status status)
{
    watch_read_part(book, s,
                    &(struct part_news){.node = node,
                                        .version = version,
                                        .time_ms = 1000 + version,
                                        .status = status,
                                        .text = STR("")});
}

/* Read, and nobody there. */
static void become_known(struct watch_book *book, struct subject *s)
{
    watch_read_begins(book, s);
    assert_true(watch_read_ends(book, s, &HERE, 0));
}

static unsigned changes;

static void count(void *context, struct subject *s)
{
    (void)context;
    (void)s;
    changes++;
}

static unsigned flush(struct watch_book *book)
{
    changes = 0;
    watch_flush(book, count, NULL);
    return changes;
}

static void who_sees_each_other_is_watched(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};

    set(book, &ann, "bob", 1);
    assert_int_equal(ann.n, 1);
    assert_int_equal(book->watches, 0);
    set(book, &ann, "bob", MUTUAL);
    assert_int_equal(book->watches, 1);
    assert_int_equal(ann.unknown, 1);
    assert_int_equal(watch_subject(book, STR("bob"))->watchers_n, 1);
    set(book, &ann, "bob", MUTUAL | 8); /* blocked */
    assert_int_equal(ann.n, 1);
    assert_int_equal(book->watches, 0);
    assert_int_equal(ann.unknown, 0);
    set(book, &ann, "bob", 0);
    assert_int_equal(ann.n, 0);
    assert_null(watch_subject(book, STR("bob")));
    watch_forget_all(book, &ann);
}

static void what_is_there_when_it_becomes_known_is_no_change(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    watch_read_begins(book, bob);
    read_part(book, bob, &THERE, 4, STATUS_AWAY);
    assert_int_equal(flush(book), 0);
    assert_true(watch_read_ends(book, bob, &HERE, 77));
    assert_int_equal(flush(book), 0);
    assert_int_equal(bob->shown, STATUS_AWAY);
    assert_int_equal(bob->seen_ms, 77);
    assert_int_equal(ann.unknown, 0);
    watch_forget_all(book, &ann);
}

static void news_is_told_once_and_what_cancels_out_never(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 1, STATUS_ONLINE, NULL);
    assert_int_equal(flush(book), 1);
    assert_int_equal(flush(book), 0);
    news(book, bob, &THERE, 2, STATUS_BUSY, NULL);
    news(book, bob, &THERE, 3, STATUS_ONLINE, NULL);
    assert_int_equal(flush(book), 0);
    news(book, bob, &THERE, 4, STATUS_ONLINE, "a text");
    assert_int_equal(flush(book), 1);
    assert_string_equal(bob->shown_text, "a text");
    watch_forget_all(book, &ann);
}

static void old_news_is_no_news(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 5, STATUS_BUSY, NULL);
    news(book, bob, &THERE, 4, STATUS_ONLINE, NULL);
    news(book, bob, &THERE, 5, STATUS_ONLINE, NULL);
    (void)flush(book);
    assert_int_equal(bob->shown, STATUS_BUSY);
    watch_forget_all(book, &ann);
}

static void the_most_available_part_shows(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 1, STATUS_BUSY, "there");
    news(book, bob, &HERE, 1, STATUS_AWAY, "here");
    assert_int_equal(flush(book), 1);
    assert_int_equal(bob->shown, STATUS_AWAY);
    assert_string_equal(bob->shown_text, "here");
    news(book, bob, &HERE, 2, STATUS_OFFLINE, NULL);
    assert_int_equal(flush(book), 1);
    assert_int_equal(bob->shown, STATUS_BUSY);
    assert_string_equal(bob->shown_text, "there");
    watch_forget_all(book, &ann);
}

static void who_moves_to_another_server_does_not_flicker(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 1, STATUS_ONLINE, NULL);
    (void)flush(book);
    news(book, bob, &HERE, 1, STATUS_ONLINE, NULL);
    assert_int_equal(flush(book), 0);
    watch_node_died(book, &THERE, 5000);
    assert_int_equal(flush(book), 0);
    watch_forget_all(book, &ann);
}

static void whose_server_dies_was_last_here_when_it_last_beat(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");
    struct subject *cat = watched(book, &ann, "cat");

    become_known(book, bob);
    become_known(book, cat);
    news(book, bob, &THERE, 1, STATUS_ONLINE, NULL);
    (void)flush(book);
    watch_node_died(book, &THERE, 5000);
    assert_int_equal(flush(book), 1);
    assert_int_equal(bob->shown, STATUS_OFFLINE);
    assert_int_equal(bob->seen_ms, 5000);
    assert_int_equal(cat->seen_ms, 0);
    watch_forget_all(book, &ann);
}

static void a_read_takes_away_what_is_not_in_it(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 1, STATUS_ONLINE, NULL);
    news(book, bob, &ELSEWHERE, 1, STATUS_BUSY, NULL);
    news(book, bob, &HERE, 1, STATUS_BUSY, "own");
    (void)flush(book);
    watch_read_begins(book, bob);
    read_part(book, bob, &ELSEWHERE, 1, STATUS_BUSY);
    assert_false(watch_read_ends(book, bob, &HERE, 0));
    assert_int_equal(bob->parts_n, 2); /* this server's own is not up to Redis */
    assert_int_equal(flush(book), 1);
    assert_int_equal(bob->shown, STATUS_BUSY);
    watch_forget_all(book, &ann);
}

static void news_heard_during_a_read_outlives_it(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    watch_read_begins(book, bob);
    news(book, bob, &THERE, 9, STATUS_ONLINE, NULL);
    (void)watch_read_ends(book, bob, &HERE, 0); /* from before it */
    assert_int_equal(flush(book), 1);
    assert_int_equal(bob->shown, STATUS_ONLINE);
    watch_forget_all(book, &ann);
}

static void an_older_answer_does_not_bring_back_who_left_meanwhile(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 5, STATUS_ONLINE, NULL);
    (void)flush(book);
    watch_read_begins(book, bob);
    news(book, bob, &THERE, 6, STATUS_OFFLINE, NULL);
    assert_int_equal(flush(book), 1);
    read_part(book, bob, &THERE, 5, STATUS_ONLINE);
    (void)watch_read_ends(book, bob, &HERE, 0);
    assert_int_equal(flush(book), 0);
    assert_int_equal(bob->shown, STATUS_OFFLINE);
    assert_int_equal(bob->parts_n, 0);
    assert_int_equal(bob->seen_ms, 1006);
    watch_forget_all(book, &ann);
}

static void a_failed_read_changes_nothing(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 5, STATUS_ONLINE, NULL);
    (void)flush(book);
    watch_read_begins(book, bob);
    watch_read_fails(bob);
    assert_int_equal(flush(book), 0);
    assert_int_equal(bob->shown, STATUS_ONLINE);
    assert_true(bob->known);
    watch_forget_all(book, &ann);
}

static void nobody_watching_means_nothing_is_known(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watched(book, &ann, "bob");

    become_known(book, bob);
    news(book, bob, &THERE, 5, STATUS_ONLINE, "text");
    (void)flush(book);
    set(book, &ann, "bob", 1);
    assert_false(bob->known);
    assert_int_equal(bob->parts_n, 0);
    assert_null(bob->shown_text);
    news(book, bob, &THERE, 6, STATUS_ONLINE, NULL);
    assert_int_equal(bob->parts_n, 0);
    set(book, &ann, "bob", MUTUAL);
    assert_int_equal(ann.unknown, 1);
    watch_forget_all(book, &ann);
}

static void a_watch_that_begins_during_a_read_has_all_of_it(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct observer eve = {0};
    struct subject *bob = watched(book, &ann, "bob");

    set(book, &eve, "bob", 1);
    watch_read_begins(book, bob);
    news(book, bob, &THERE, 9, STATUS_BUSY, NULL);
    set(book, &ann, "bob", 0);
    set(book, &eve, "bob", MUTUAL);
    read_part(book, bob, &THERE, 8, STATUS_ONLINE);
    assert_true(watch_read_ends(book, bob, &HERE, 0));
    assert_int_equal(bob->shown, STATUS_BUSY);
    assert_int_equal(eve.unknown, 0);
    watch_forget_all(book, &eve);
    watch_forget_all(book, &ann);
}

static void a_read_that_nobody_waits_for_any_more_leaves_nothing(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};
    struct subject *bob = watch_hold(book, STR("bob"));

    set(book, &ann, "bob", MUTUAL);
    watch_read_begins(book, bob);
    watch_forget_all(book, &ann);
    read_part(book, bob, &THERE, 1, STATUS_ONLINE);
    assert_false(watch_read_ends(book, bob, &HERE, 0));
    assert_false(bob->known);
    assert_int_equal(bob->parts_n, 0);
    assert_int_equal(flush(book), 0);
    watch_release(book, bob);
}

static void whoever_is_freed_is_not_told_of(void **state)
{
    struct watch_book *book = *state;
    struct observer ann = {0};

    for (int i = 0; i < 3; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "bob%d", i);
        struct subject *bob = watched(book, &ann, name);
        become_known(book, bob);
        news(book, bob, &THERE, 1, STATUS_ONLINE, NULL);
    }
    set(book, &ann, "bob1", 0);
    assert_int_equal(flush(book), 2);
    watch_forget_all(book, &ann);
}

/* Both sides name each other's place, whatever happens. */
static void check_places(const struct observer *observers)
{
    for (int i = 0; i < OBSERVERS; i++)
        for (uint32_t j = 0; j < observers[i].n; j++) {
            const struct contact *c = &observers[i].contacts[j];
            if (!watch_is_watched(c))
                continue;
            assert_ptr_equal(c->subject->watchers[c->at].observer, &observers[i]);
            assert_int_equal(c->subject->watchers[c->at].at, j);
        }
}

static void both_sides_agree_after_many_changes(void **state)
{
    struct watch_book *book = *state;
    struct observer observers[OBSERVERS] = {0};
    char name[16];
    unsigned random = 12345;

    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1103515245 + 12345;
        (void)snprintf(name, sizeof name, "user%u", (random >> 8) % SUBJECTS);
        set(book, &observers[(random >> 16) % OBSERVERS], name, (int)((random >> 4) % 4));
        if (i % 1000 == 0)
            check_places(observers);
    }
    check_places(observers);
    for (int i = 0; i < OBSERVERS; i++)
        watch_forget_all(book, &observers[i]);
}

#define WATCH_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCH_TEST(who_sees_each_other_is_watched),
        WATCH_TEST(what_is_there_when_it_becomes_known_is_no_change),
        WATCH_TEST(news_is_told_once_and_what_cancels_out_never),
        WATCH_TEST(old_news_is_no_news),
        WATCH_TEST(the_most_available_part_shows),
        WATCH_TEST(who_moves_to_another_server_does_not_flicker),
        WATCH_TEST(whose_server_dies_was_last_here_when_it_last_beat),
        WATCH_TEST(a_read_takes_away_what_is_not_in_it),
        WATCH_TEST(news_heard_during_a_read_outlives_it),
        WATCH_TEST(an_older_answer_does_not_bring_back_who_left_meanwhile),
        WATCH_TEST(a_failed_read_changes_nothing),
        WATCH_TEST(nobody_watching_means_nothing_is_known),
        WATCH_TEST(a_watch_that_begins_during_a_read_has_all_of_it),
        WATCH_TEST(a_read_that_nobody_waits_for_any_more_leaves_nothing),
        WATCH_TEST(whoever_is_freed_is_not_told_of),
        WATCH_TEST(both_sides_agree_after_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
