#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "retry.h"

#define LEAST 0u
#define MOST UINT32_MAX

static const struct retry_policy POLICY = {
    .first_ms = 1000, .longest_ms = 60000, .asked_max_ms = 3600000, .attempts_max = 8};

static void it_waits_twice_as_long_each_time(void **state)
{
    static const int64_t UP_TO[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000};

    (void)state;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(retry_wait(&POLICY, i + 1, 0, LEAST), UP_TO[i] / 2);
        int64_t most = retry_wait(&POLICY, i + 1, 0, MOST);
        assert_true(most <= UP_TO[i] && most >= UP_TO[i] - 1);
    }
}

static void chance_spreads_it(void **state)
{
    int64_t low = retry_wait(&POLICY, 4, 0, UINT32_MAX / 4);
    int64_t high = retry_wait(&POLICY, 4, 0, UINT32_MAX / 4 * 3);

    (void)state;
    assert_true(low > 4900 && low < 5100);
    assert_true(high > 6900 && high < 7100);
}

static void it_gives_up_after_the_last_attempt(void **state)
{
    const struct retry_policy once = {1000, 1000, 1000, 1};

    (void)state;
    assert_int_equal(retry_wait(&POLICY, 8, 0, 0), RETRY_NEVER);
    assert_int_equal(retry_wait(&POLICY, 9, 5000, 0), RETRY_NEVER);
    assert_int_equal(retry_wait(&once, 1, 0, 0), RETRY_NEVER);
    assert_int_not_equal(retry_wait(&POLICY, 7, 0, 0), RETRY_NEVER);
}

static void what_the_other_end_asks_for_is_heard(void **state)
{
    (void)state;
    assert_int_equal(retry_wait(&POLICY, 1, 30000, LEAST), 30000); /* never earlier */
    int64_t most = retry_wait(&POLICY, 1, 30000, MOST);
    assert_true(most > 32000 && most <= 33000);
    assert_int_equal(retry_wait(&POLICY, 7, 1000, LEAST), 30000); /* we would wait longer anyway */
}

static void but_not_for_ever(void **state)
{
    (void)state;
    assert_int_equal(retry_wait(&POLICY, 1, INT64_MAX, LEAST), 3600000);
    assert_true(retry_wait(&POLICY, 1, INT64_MAX, MOST) <= 3600000 + 360000);
    assert_int_equal(retry_wait(&POLICY, 1, -5, LEAST), 500);
}

static void many_attempts_do_not_overflow(void **state)
{
    const struct retry_policy long_one = {1000, 86400000, 0, INT64_MAX};

    (void)state;
    assert_int_equal(retry_wait(&long_one, INT64_MAX - 1, 0, LEAST), 43200000);
    assert_int_equal(retry_wait(&long_one, 0, 0, LEAST), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_twice_as_long_each_time),
        cmocka_unit_test(chance_spreads_it),
        cmocka_unit_test(it_gives_up_after_the_last_attempt),
        cmocka_unit_test(what_the_other_end_asks_for_is_heard),
        cmocka_unit_test(but_not_for_ever),
        cmocka_unit_test(many_attempts_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
