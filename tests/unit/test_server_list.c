#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "registry/server_list.h"

#define NOW INT64_C(1000000)

static struct server_list list;
static uint32_t seed;

/* A sequence of its own, the same each time: xorshift. */
static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static int begin(void **state)
{
    (void)state;
    seed = 2463534242;
    list = (struct server_list){0};
    return 0;
}

static void add_to(struct server_list *to, const char *url, int id, int64_t connections,
                   int64_t lag_ms, int64_t told_ms)
{
    struct instance instance = {.connections = connections, .lag_ms = lag_ms};

    (void)snprintf(instance.url, sizeof instance.url, "%s", url);
    (void)snprintf(instance.id, sizeof instance.id, "%024d", id);
    server_list_add(to, &instance, told_ms);
}

static void add_limited(const char *url, int id, int64_t connections, int64_t connections_max)
{
    struct instance instance = {.connections = connections, .connections_max = connections_max};

    (void)snprintf(instance.url, sizeof instance.url, "%s", url);
    (void)snprintf(instance.id, sizeof instance.id, "%024d", id);
    server_list_add(&list, &instance, NOW);
}

static void add(const char *url, int id, int64_t connections, int64_t lag_ms)
{
    add_to(&list, url, id, connections, lag_ms, NOW);
}

static int sent_to(const char *url, int n, int64_t now_ms)
{
    int hits = 0;

    for (int i = 0; i < n; i++)
        hits += strcmp(server_list_choose(&list, STR_NONE, now_ms, draw())->url, url) == 0;
    return hits;
}

static void choose_many(int n, int *counts)
{
    for (int i = 0; i < n; i++) {
        const struct server *server = server_list_choose(&list, STR_NONE, NOW + 10 + i, draw());
        counts[server->url[0] - 'a']++;
    }
}

static void there_is_none_in_an_empty_list(void **state)
{
    (void)state;
    assert_null(server_list_choose(&list, STR_NONE, NOW, 0));
}

static void a_thousand_spread_evenly_over_four(void **state)
{
    int counts[4] = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        add((const char *[]){"a", "b", "c", "d"}[i], i, 0, 0);
    choose_many(1000, counts);
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], 240, 260);
}

static void a_new_server_fills_up_first(void **state)
{
    int counts[4] = {0};

    (void)state;
    add("a", 1, 500, 0);
    add("b", 2, 500, 0);
    add("c", 3, 500, 0);
    add("d", 4, 0, 0);
    choose_many(900, counts);
    /* It is one of two in half of all draws, and then takes them. */
    assert_in_range(counts[3], 400, 500);
}

static void two_servers_are_made_even(void **state)
{
    int counts[4] = {0};

    (void)state;
    add("a", 1, 300, 0);
    add("b", 2, 100, 0);
    choose_many(600, counts);
    assert_in_range(counts[0], 199, 201);
    assert_in_range(counts[1], 399, 401);
}

static void a_late_loop_gets_less(void **state)
{
    int counts[4] = {0};

    (void)state;
    add("a", 1, 0, 300);
    add("b", 2, 0, 90);
    choose_many(400, counts);
    assert_in_range(counts[0], 95, 105);
}

static void a_lag_that_is_usual_says_nothing(void **state)
{
    int counts[4] = {0};

    (void)state;
    add("a", 1, 0, 99);
    add("b", 2, 0, 0);
    choose_many(400, counts);
    assert_in_range(counts[0], 199, 201);
}

/* Three workers under one URL, and a server of one process. */
static void workers_are_one_server_with_their_loads_added(void **state)
{
    int counts[4] = {0};

    (void)state;
    add("a", 1, 100, 0);
    add("a", 2, 50, 0);
    add("b", 3, 350, 0);
    add("a", 4, 100, 0);
    assert_int_equal(list.n, 2);
    choose_many(100, counts);
    assert_int_equal(counts[0], 100);                              /* 250 there, 350 here */
    assert_string_equal(list.v[0].id, "000000000000000000000002"); /* the least loaded of them */
}

static void who_has_arrived_is_not_counted_twice(void **state)
{
    struct server_list next = {0};

    (void)state;
    add("a", 1, 0, 0);
    assert_int_equal(sent_to("a", 200, NOW + 50), 200);
    /* A second later a has told of the 200; b has not told anything new since then. */
    add_to(&next, "a", 1, 200, 0, NOW + 1000);
    add_to(&next, "b", 2, 200, 0, NOW + 1000);
    server_list_take_over(&next, &list);
    list = next;
    assert_in_range(sent_to("a", 100, NOW + 1100), 49, 51);
}

static void who_has_not_arrived_still_counts_in_a_newer_list(void **state)
{
    struct server_list next = {0};

    (void)state;
    add("a", 1, 0, 0);
    assert_int_equal(sent_to("a", 200, NOW + 550), 200);
    add_to(&next, "a", 1, 0, 0, NOW + 300); /* told before they were sent */
    add_to(&next, "b", 2, 0, 0, NOW + 900);
    server_list_take_over(&next, &list);
    list = next;
    assert_int_equal(sent_to("b", 200, NOW + 1000), 200);
}

static void what_was_sent_is_forgotten_in_time(void **state)
{
    (void)state;
    add("a", 1, 0, 0);
    add("b", 2, 0, 0);
    list.n = 1;
    assert_int_equal(sent_to("a", 50, NOW), 50);
    list.n = 2;
    /* Even if neither has told anything new: the ring ends. */
    assert_in_range(sent_to("a", 100, NOW + SENT_FOR_MS + SENT_PERIOD_MS), 49, 51);
}

/* Four servers that tell once a second, each at its own time, and an api-server that reads once a second; each ms of which
 * `every` is a divisor somebody asks, and connects `delay_ms` later (-1: never). In ms after NOW. */
struct world {
    int64_t connections[4];
    int64_t asked[4];
    struct instance word[4];
    int64_t word_ms[4];
    struct server_list read;
    int arrivals[20000]; /* by ms: who arrives, plus one */
};

static void tell(struct world *w, int i, int64_t ms)
{
    struct instance *word = &w->word[i];

    (void)snprintf(word->url, sizeof word->url, "%c", 'a' + i);
    (void)snprintf(word->id, sizeof word->id, "%024d", i);
    word->connections = w->connections[i];
    w->word_ms[i] = NOW + ms;
}

static void read_all(struct world *w)
{
    struct server_list *next = calloc(1, sizeof *next);

    assert_non_null(next);
    for (int i = 0; i < 4; i++)
        server_list_add(next, &w->word[i], w->word_ms[i]);
    server_list_take_over(next, &w->read);
    w->read = *next;
    free(next);
}

static void live(struct world *w, int for_ms, int every, int delay_ms)
{
    for (int i = 0; i < 4; i++)
        tell(w, i, 0);
    for (int ms = 0; ms < for_ms; ms++) {
        if (w->arrivals[ms] > 0)
            w->connections[w->arrivals[ms] - 1]++;
        for (int i = 0; i < 4; i++)
            if (ms % 1000 == i * 249)
                tell(w, i, ms);
        if (ms % 1000 == 0)
            read_all(w);
        if (ms % every != 0)
            continue;
        int to = server_list_choose(&w->read, STR_NONE, NOW + ms, draw())->url[0] - 'a';
        w->asked[to]++;
        if (delay_ms >= 0)
            w->arrivals[ms + delay_ms] = to + 1;
    }
}

static void expect_even(const int64_t *counts, int64_t sum)
{
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], sum / 4 * 9 / 10, sum / 4 * 11 / 10);
}

static void askers_are_spread_evenly_whether_they_connect_or_not(void **state)
{
    static const int DELAYS[] = {-1, 1, 50, 400, 1500};
    static const int TIMES[] = {1000, 2000, 5000, 15000};

    (void)state;
    for (size_t i = 0; i < sizeof DELAYS / sizeof DELAYS[0]; i++)
        for (size_t k = 0; k < sizeof TIMES / sizeof TIMES[0]; k++) {
            struct world *w = calloc(1, sizeof *w);
            assert_non_null(w);
            live(w, TIMES[k], TIMES[k] / 1000, DELAYS[i]); /* a thousand */
            expect_even(w->asked, 1000);
            free(w);
        }
}

static void a_storm_that_lasts_is_spread_evenly(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    (void)state;
    assert_non_null(w);
    live(w, 10000, 1, 120);
    expect_even(w->asked, 10000);
    free(w);
}

static void the_one_that_was_tried_is_not_named_again(void **state)
{
    (void)state;
    add("a", 1, 0, 0);
    add("b", 2, 1000, 0);
    for (int i = 0; i < 20; i++)
        assert_string_equal(server_list_choose(&list, STR("a"), NOW, draw())->url, "b");
    list.n = 1;
    assert_null(server_list_choose(&list, STR("a"), NOW, draw()));
}

static void one_that_did_not_answer_is_avoided_for_a_while(void **state)
{
    (void)state;
    add("a", 1, 0, 0);
    add("b", 2, 1000, 0);
    server_list_avoid(&list, STR("a"), NOW + 3000);
    assert_int_equal(sent_to("b", 20, NOW), 20);
    assert_int_equal(sent_to("a", 20, NOW + 3000), 20);
    server_list_avoid(&list, STR("nobody"), NOW + 3000);
}

static void it_is_better_than_none(void **state)
{
    (void)state;
    add("a", 1, 0, 0);
    server_list_avoid(&list, STR("a"), NOW + 3000);
    assert_int_equal(sent_to("a", 1, NOW), 1);
}

static void one_that_is_full_is_not_named(void **state)
{
    (void)state;
    add_limited("a", 1, 10, 10);
    assert_null(server_list_choose(&list, STR_NONE, NOW, draw()));
    add_limited("b", 2, 1000, 0);
    assert_int_equal(sent_to("b", 20, NOW), 20);
    server_list_avoid(&list, STR("b"), NOW + 3000); /* a full one is no way out */
    assert_int_equal(sent_to("b", 20, NOW), 20);
}

/* It has not told of them yet. */
static void who_was_sent_there_fills_it(void **state)
{
    int counts[4] = {0};

    (void)state;
    add_limited("a", 1, 4, 10);
    add_limited("b", 2, 500, 1000);
    choose_many(100, counts);
    assert_int_equal(counts[0], 6);
    assert_int_equal(counts[1], 94);
}

/* Who asks need not connect: to ask again and again takes no place from anybody. */
static void who_was_sent_there_does_not_make_it_full(void **state)
{
    int counts[4] = {0};

    (void)state;
    add_limited("a", 1, 0, 3);
    add_limited("b", 2, 1, 3);
    choose_many(5, counts);
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 2);
    choose_many(100, counts);
    assert_in_range(counts[0], 50, 55);
    add_limited("c", 3, 500, 1000); /* better than those that may be full soon */
    assert_int_equal(sent_to("c", 20, NOW + 100), 20);
    server_list_avoid(&list, STR("c"),
                      NOW + 3000); /* but they are better than one that does not answer */
    assert_int_equal(sent_to("c", 20, NOW + 100), 0);
}

/* All were cut off, and ask again before it has told that they are gone, and after. */
static void who_comes_back_is_not_refused_for_having_been_there(void **state)
{
    struct server_list next = {0};
    struct instance instance = {.url = "a", .connections = 3, .connections_max = 10};

    (void)state;
    add_limited("a", 1, 8, 10);
    assert_int_equal(sent_to("a", 8, NOW + 100), 8);
    server_list_add(&next, &instance, NOW + 1000);
    server_list_take_over(&next, &list);
    list = next;
    assert_int_equal(sent_to("a", 8, NOW + 1100), 8);
}

static void all_are_full_at_last(void **state)
{
    (void)state;
    add_limited("a", 1, 3, 3);
    add_limited("b", 2, 4, 3);
    assert_null(server_list_choose(&list, STR_NONE, NOW, draw()));
    server_list_avoid(&list, STR("a"), NOW + 3000);
    assert_null(server_list_choose(&list, STR_NONE, NOW, draw()));
}

static void workers_take_what_they_take_together(void **state)
{
    (void)state;
    add_limited("a", 1, 10, 10);
    add_limited("a", 2, 8, 10);
    assert_int_equal(sent_to("a", 2, NOW), 2);
    add_limited("a", 3, 12, 10);
    assert_null(server_list_choose(&list, STR_NONE, NOW, draw()));
    add_limited("a", 4, 1000, 0); /* that takes any number */
    assert_int_equal(sent_to("a", 20, NOW), 20);
}

static void more_than_fit_are_left_out(void **state)
{
    char url[16];

    (void)state;
    for (int i = 0; i < SERVER_LIST_MAX + 10; i++) {
        (void)snprintf(url, sizeof url, "u%d", i);
        add(url, i, 0, 0);
    }
    assert_int_equal(list.n, SERVER_LIST_MAX);
    assert_non_null(server_list_choose(&list, STR_NONE, NOW, draw()));
}

#define CASE(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(there_is_none_in_an_empty_list),
        CASE(a_thousand_spread_evenly_over_four),
        CASE(a_new_server_fills_up_first),
        CASE(two_servers_are_made_even),
        CASE(a_late_loop_gets_less),
        CASE(a_lag_that_is_usual_says_nothing),
        CASE(workers_are_one_server_with_their_loads_added),
        CASE(who_has_arrived_is_not_counted_twice),
        CASE(who_has_not_arrived_still_counts_in_a_newer_list),
        CASE(what_was_sent_is_forgotten_in_time),
        CASE(askers_are_spread_evenly_whether_they_connect_or_not),
        CASE(a_storm_that_lasts_is_spread_evenly),
        CASE(the_one_that_was_tried_is_not_named_again),
        CASE(one_that_did_not_answer_is_avoided_for_a_while),
        CASE(it_is_better_than_none),
        CASE(one_that_is_full_is_not_named),
        CASE(who_was_sent_there_fills_it),
        CASE(who_was_sent_there_does_not_make_it_full),
        CASE(who_comes_back_is_not_refused_for_having_been_there),
        CASE(all_are_full_at_last),
        CASE(workers_take_what_they_take_together),
        CASE(more_than_fit_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
