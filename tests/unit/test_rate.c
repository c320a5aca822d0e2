#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rate.h"

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define START_US (1000 * MINUTE_US)

/* How many of `tries` at one moment are allowed. */
static int64_t burst(struct rate *r, int64_t per_minute, int64_t now_us, int64_t tries)
{
    int64_t n = 0;
    for (int64_t i = 0; i < tries; i++)
        n += rate_allow(r, per_minute, now_us);
    return n;
}

static void a_full_minutes_allowance_may_be_used_at_once(void **state)
{
    (void)state;
    for (int64_t per_minute = 1; per_minute <= 1000; per_minute++) {
        struct rate r = {0};
        assert_int_equal(burst(&r, per_minute, START_US, per_minute + 10), per_minute);
    }
}

static void the_clock_may_begin_at_zero(void **state)
{
    (void)state;
    struct rate r = {0};
    assert_int_equal(burst(&r, 3, 0, 10), 3);
}

static void the_allowance_comes_back_evenly(void **state)
{
    (void)state;
    struct rate r = {0};
    assert_int_equal(burst(&r, 60, START_US, 100), 60);
    assert_false(rate_allow(&r, 60, START_US + SECOND_US - 1));
    assert_true(rate_allow(&r, 60, START_US + SECOND_US));
    assert_false(rate_allow(&r, 60, START_US + SECOND_US));
    assert_int_equal(burst(&r, 60, START_US + 11 * SECOND_US, 100), 10);
}

static void a_quiet_minute_gives_all_of_it_back_and_no_more(void **state)
{
    (void)state;
    struct rate r = {0};
    assert_int_equal(burst(&r, 10, START_US, 100), 10);
    assert_int_equal(burst(&r, 10, START_US + MINUTE_US, 100), 10);
    assert_int_equal(burst(&r, 10, START_US + 500 * MINUTE_US, 100), 10);
}

static void what_is_refused_is_not_counted(void **state)
{
    (void)state;
    struct rate r = {0};
    (void)burst(&r, 6, START_US, 6);
    struct rate before = r;
    assert_int_equal(burst(&r, 6, START_US + SECOND_US, 1000), 0);
    assert_int_equal(r.due_us, before.due_us);
    assert_true(rate_allow(&r, 6, START_US + 10 * SECOND_US));
}

static void over_an_hour_the_average_holds(void **state)
{
    (void)state;
    struct rate r = {0};
    int64_t n = 0;
    for (int64_t t = 0; t < 60 * MINUTE_US; t += SECOND_US / 4)
        n += rate_allow(&r, 30, START_US + t);
    assert_in_range(n, 30 * 60, 30 * 61);
}

static void zero_is_no_limit(void **state)
{
    (void)state;
    struct rate r = {0};
    assert_int_equal(burst(&r, 0, START_US, 100000), 100000);
    assert_int_equal(r.due_us, 0);
}

static void two_rates_know_nothing_of_each_other(void **state)
{
    (void)state;
    struct rate a = {0};
    struct rate b = {0};
    assert_int_equal(burst(&a, 5, START_US, 9), 5);
    assert_int_equal(burst(&b, 5, START_US, 9), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_minutes_allowance_may_be_used_at_once),
        cmocka_unit_test(the_clock_may_begin_at_zero),
        cmocka_unit_test(the_allowance_comes_back_evenly),
        cmocka_unit_test(a_quiet_minute_gives_all_of_it_back_and_no_more),
        cmocka_unit_test(what_is_refused_is_not_counted),
        cmocka_unit_test(over_an_hour_the_average_holds),
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(two_rates_know_nothing_of_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
