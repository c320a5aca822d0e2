#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdatomic.h>

#include "daemon/rounds.h"

static _Atomic int made;
static int64_t next_ms;

static int64_t make_round(void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
    return next_ms;
}

static void the_first_round_is_made_at_once_and_others_follow(void **state)
{
    (void)state;
    next_ms = 1;
    atomic_store(&made, 0);
    struct rounds *rounds = rounds_start(make_round, &made);
    while (atomic_load(&made) < 3)
        (void)sched_yield();
    rounds_stop(&rounds);
    assert_null(rounds);
}

/* It would take an hour otherwise. */
static void stopping_does_not_wait_for_the_next_round(void **state)
{
    (void)state;
    next_ms = 3600 * 1000;
    atomic_store(&made, 0);
    struct rounds *rounds = rounds_start(make_round, &made);
    while (atomic_load(&made) < 1)
        (void)sched_yield();
    rounds_stop(&rounds);
    assert_int_equal(atomic_load(&made), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_round_is_made_at_once_and_others_follow),
        cmocka_unit_test(stopping_does_not_wait_for_the_next_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
