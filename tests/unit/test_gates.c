#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gates.h"

#define T INT64_C(1000)
#define MANY 64

static const struct gate_limits LIMITS = {
    .total = 20, .per_channel = 12, .per_host = 8, .breaker = {3, 100, 400}};

static struct gate *host(struct gates *g, const char *name)
{
    char whole[64];

    (void)snprintf(whole, sizeof whole, "webhook %s", name);
    return gates_get(g, str_of(whole), true, T);
}

/* As many as may go are let in; returns how many. */
static int let_go(struct gates *g, struct gate *gate, int n)
{
    static struct gate_waiter none;
    int went = 0;

    for (; went < n; went++)
        if (gate->in_flight >= gate->window || gates_enter(g, gate, &none, false, T) != GATE_GO)
            break;
    return went;
}

static void leave_all(struct gates *g, struct gate *gate)
{
    while (gate->in_flight > 0)
        gates_leave(g, gate, GATE_WORKED, T);
}

static void finish(struct gates *g)
{
    struct gate *gate;
    size_t at = 0;

    while ((gate = gates_each(g, &at)) != NULL) {
        while (gates_evict(g, gate) != NULL)
            ;
        leave_all(g, gate);
    }
    gates_free(&g);
}

static void a_gate_is_found_again(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = host(g, "http://one:80");

    (void)state;
    assert_string_equal(one->name, "webhook http://one:80");
    assert_ptr_equal(gates_named(g, STR("webhook http://one:80"), T), one);
    assert_ptr_not_equal(gates_get(g, STR("ntfy http://one:80"), true, T), one);
    assert_null(gates_named(g, STR("nonsense"), T));
    assert_null(gates_named(g, STR("webhook "), T));
    finish(g);
}

static void an_unknown_host_gets_a_few_and_more_with_each_answer(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = host(g, "one");

    (void)state;
    assert_int_equal(let_go(g, one, MANY), 4);
    leave_all(g, one); /* four answers */
    assert_int_equal(let_go(g, one, MANY), 8);
    leave_all(g, one);
    assert_int_equal(let_go(g, one, MANY), 8); /* its limit */
    gates_leave(g, one, GATE_FAILED, T);
    assert_int_equal(one->window, 4);
    gates_leave(g, one, GATE_BUSY, T); /* narrows it as well, but is no failure */
    assert_int_equal(one->window, 2);
    assert_int_equal(one->breaker.failures, 0);
    leave_all(g, one);
    assert_int_equal(let_go(g, one, MANY), 8);
    finish(g);
}

static void a_host_of_the_operator_s_own_may_have_its_channel_s_all(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = gates_get(g, STR("fcm one"), false, T);

    (void)state;
    for (int i = 0; i < 5; i++) {
        (void)let_go(g, one, MANY);
        leave_all(g, one);
    }
    assert_int_equal(let_go(g, one, MANY), 12);
    finish(g);
}

static void some_wait_and_the_rest_is_parked(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = host(g, "one");
    struct gate_waiter w[34];
    struct gate *gate;

    (void)state;
    assert_int_equal(let_go(g, one, MANY), 4);
    for (int i = 0; i < 32; i++) {
        assert_int_equal(gate_has_plenty(one), i >= 16);
        assert_int_equal(gates_enter(g, one, &w[i], false, T), GATE_WAIT);
    }
    assert_int_equal(gates_enter(g, one, &w[32], false, T), GATE_PARK);
    assert_null(gates_next(g, &gate));
    gates_leave(g, one, GATE_WORKED, T);
    assert_ptr_equal(gates_next(g, &gate), &w[0]); /* in order */
    assert_ptr_equal(gate, one);
    assert_ptr_equal(gates_next(g, &gate), &w[1]); /* the window has grown by one */
    assert_null(gates_next(g, &gate));
    assert_int_equal(gates_enter(g, one, &w[33], false, T), GATE_WAIT); /* behind the others */
    gates_leave(g, one, GATE_WORKED, T);
    assert_ptr_equal(gates_next(g, &gate), &w[2]);
    finish(g);
}

static void what_is_in_the_lane_has_half_of_the_places(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = host(g, "one");
    struct gate_waiter w[5];

    (void)state;
    one->parked = true;
    assert_int_equal(gates_room(g, one, T), 8);
    assert_int_equal(let_go(g, one, MANY), 4);
    assert_int_equal(gates_enter(g, one, &w[0], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, one, &w[1], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, one, &w[2], false, T), GATE_PARK);
    assert_int_equal(gates_room(g, one, T), 2);
    assert_int_equal(gates_enter(g, one, &w[3], true, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, one, &w[4], true, T), GATE_WAIT);
    assert_int_equal(gates_room(g, one, T), 0);
    finish(g);
}

static void a_channel_leaves_room_for_the_others(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *a = host(g, "a");
    struct gate *b = host(g, "b");
    struct gate *c = host(g, "c");
    struct gate *d = host(g, "d");
    struct gate *other = gates_get(g, STR("ntfy a"), true, T);
    struct gate_waiter w;

    (void)state;
    assert_int_equal(let_go(g, a, MANY) + let_go(g, b, MANY) + let_go(g, c, MANY), 12);
    assert_int_equal(gates_enter(g, d, &w, false, T), GATE_WAIT); /* the channel has its fill */
    assert_int_equal(let_go(g, other, MANY), 4);
    assert_int_equal(gates_in_flight(g), 16);
    struct gate *more = gates_get(g, STR("email a"), true, T);
    struct gate *last = gates_get(g, STR("slack a"), true, T);
    assert_int_equal(let_go(g, more, MANY), 4); /* and now the server */
    assert_int_equal(let_go(g, last, MANY), 0);
    assert_int_equal(gates_room(g, last, T), 0);
    finish(g);
}

/* One host has much to send, the others little: each has its turn. */
static void hosts_take_turns(void **state)
{
    const struct gate_limits narrow = {.total = 1, .per_channel = 1, .per_host = 8};
    struct gates *g = gates_new(&narrow);
    struct gate *gates[3] = {host(g, "a"), host(g, "b"), host(g, "c")};
    struct gate_waiter first;
    struct gate_waiter w[9];
    struct gate *gate;
    int turns[3] = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        gates[i]->window = gates[i]->limit = 8;
    assert_int_equal(gates_enter(g, gates[0], &first, false, T), GATE_GO);
    for (int i = 0; i < 5; i++)
        assert_int_equal(gates_enter(g, gates[0], &w[i], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, gates[1], &w[5], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, gates[1], &w[6], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, gates[2], &w[7], false, T), GATE_WAIT);
    gates_leave(g, gates[0], GATE_WORKED, T);
    for (int round = 0; round < 8; round++) {
        struct gate_waiter *waiter = gates_next(g, &gate);
        assert_non_null(waiter);
        for (int i = 0; i < 3; i++)
            turns[i] += gate == gates[i];
        if (round == 2) /* one of each among the first three */
            assert_true(turns[0] == 1 && turns[1] == 1 && turns[2] == 1);
        gates_leave(g, gate, GATE_WORKED, T);
    }
    assert_int_equal(turns[0], 5);
    assert_int_equal(turns[1], 2);
    assert_int_equal(turns[2], 1);
    assert_null(gates_next(g, &gate));
    finish(g);
}

static void channels_take_turns_too(void **state)
{
    const struct gate_limits narrow = {.total = 1, .per_channel = 1, .per_host = 1};
    struct gates *g = gates_new(&narrow);
    struct gate *a = host(g, "a");
    struct gate *b = gates_get(g, STR("ntfy b"), true, T);
    struct gate_waiter w[3];
    struct gate *gate;

    (void)state;
    assert_int_equal(gates_enter(g, a, &w[0], false, T), GATE_GO);
    assert_int_equal(gates_enter(g, a, &w[1], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, b, &w[2], false, T), GATE_WAIT);
    gates_leave(g, a, GATE_WORKED, T);
    struct gate_waiter *one = gates_next(g, &gate);
    gates_leave(g, gate, GATE_WORKED, T);
    struct gate_waiter *two = gates_next(g, &gate);
    assert_true((one == &w[1] && two == &w[2]) || (one == &w[2] && two == &w[1]));
    finish(g);
}

static void a_dead_host_is_asked_by_one_at_a_time(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate *one = host(g, "one");
    struct gate_waiter w[4];
    struct gate *gate;

    (void)state;
    assert_int_equal(let_go(g, one, MANY), 4);
    assert_int_equal(gates_enter(g, one, &w[0], false, T), GATE_WAIT);
    assert_int_equal(gates_enter(g, one, &w[1], false, T), GATE_WAIT);
    for (int i = 0; i < 3; i++)
        gates_leave(g, one, GATE_FAILED, T);
    assert_int_equal(gates_open_breakers(g), 1);
    assert_null(gates_next(g, &gate)); /* those that wait do not go */
    assert_ptr_equal(gates_evict(g, one), &w[0]);
    assert_ptr_equal(gates_evict(g, one), &w[1]);
    assert_null(gates_evict(g, one));
    gates_leave(g, one, GATE_FAILED, T);
    assert_int_equal(gates_enter(g, one, &w[0], true, T + 99), GATE_PARK);
    assert_int_equal(gates_room(g, one, T + 99), 0);
    assert_int_equal(gates_room(g, one, T + 100), 1);
    assert_int_equal(gates_enter(g, one, &w[0], true, T + 100), GATE_GO);
    assert_int_equal(gates_enter(g, one, &w[1], true, T + 100), GATE_PARK);
    assert_int_equal(gates_room(g, one, T + 100), 0);
    gates_leave(g, one, GATE_FAILED, T + 110);
    assert_int_equal(gates_room(g, one, T + 309), 0); /* twice as long */
    assert_int_equal(gates_enter(g, one, &w[0], true, T + 310), GATE_GO);
    gates_leave(g, one, GATE_WORKED, T + 320);
    assert_int_equal(gates_open_breakers(g), 0);
    assert_int_equal(gates_enter(g, one, &w[0], true, T + 320), GATE_GO);
    finish(g);
}

static void what_is_idle_is_forgotten(void **state)
{
    struct gates *g = gates_new(&LIMITS);
    struct gate_waiter w;
    size_t at = 0;

    (void)state;
    for (int i = 0; i < 600; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "host-%d", i);
        (void)host(g, name);
    }
    struct gate *busy = host(g, "busy");
    assert_int_equal(gates_enter(g, busy, &w, false, T), GATE_GO);
    host(g, "parked")->parked = true;
    for (int i = 0; i < 3; i++)
        gates_forget(g, T + 61000);
    assert_non_null(gates_each(g, &at));
    assert_non_null(gates_each(g, &at));
    assert_null(gates_each(g, &at));
    finish(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_is_found_again),
        cmocka_unit_test(an_unknown_host_gets_a_few_and_more_with_each_answer),
        cmocka_unit_test(a_host_of_the_operator_s_own_may_have_its_channel_s_all),
        cmocka_unit_test(some_wait_and_the_rest_is_parked),
        cmocka_unit_test(what_is_in_the_lane_has_half_of_the_places),
        cmocka_unit_test(a_channel_leaves_room_for_the_others),
        cmocka_unit_test(hosts_take_turns),
        cmocka_unit_test(channels_take_turns_too),
        cmocka_unit_test(a_dead_host_is_asked_by_one_at_a_time),
        cmocka_unit_test(what_is_idle_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
