#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "breaker.h"

static const struct breaker_policy POLICY = {.failures = 3, .first_ms = 100, .longest_ms = 350};

static void fail_times(struct breaker *b, int n, int64_t now_ms)
{
    for (int i = 0; i < n; i++)
        breaker_failed(b, &POLICY, now_ms);
}

static void it_opens_after_so_many_failures_in_a_row(void **state)
{
    struct breaker b = {0};

    (void)state;
    fail_times(&b, 2, 0);
    assert_true(breaker_allows(&b, 0));
    breaker_succeeded(&b); /* not in a row */
    fail_times(&b, 2, 0);
    assert_false(breaker_is_open(&b));
    fail_times(&b, 1, 0);
    assert_true(breaker_is_open(&b));
    assert_false(breaker_allows(&b, 99));
}

static void one_is_let_through_to_see(void **state)
{
    struct breaker b = {0};

    (void)state;
    fail_times(&b, 3, 0);
    assert_true(breaker_allows(&b, 100));
    breaker_went(&b);
    assert_false(breaker_allows(&b, 1000)); /* one is enough */
    breaker_succeeded(&b);
    assert_false(breaker_is_open(&b));
    assert_true(breaker_allows(&b, 100));
}

static void each_time_it_stays_open_for_longer(void **state)
{
    static const int64_t OPEN_MS[] = {100, 200, 350, 350};
    struct breaker b = {0};
    int64_t now_ms = 0;

    (void)state;
    fail_times(&b, 3, now_ms);
    for (int i = 0; i < 4; i++) {
        assert_false(breaker_allows(&b, now_ms + OPEN_MS[i] - 1));
        now_ms += OPEN_MS[i];
        assert_true(breaker_allows(&b, now_ms));
        breaker_went(&b);
        fail_times(&b, 1, now_ms);
    }
    now_ms += 350;
    breaker_went(&b);
    breaker_succeeded(&b);
    fail_times(&b, 3, now_ms); /* and from the beginning again */
    assert_true(breaker_allows(&b, now_ms + 100));
}

static void those_that_were_under_way_do_not_count_twice(void **state)
{
    struct breaker b = {0};

    (void)state;
    fail_times(&b, 10, 0);
    assert_true(breaker_allows(&b, 100));
}

static void one_that_never_asked_leaves_the_place_to_another(void **state)
{
    struct breaker b = {0};

    (void)state;
    fail_times(&b, 3, 0);
    breaker_went(&b);
    breaker_forget(&b);
    assert_true(breaker_allows(&b, 100));
    assert_true(breaker_is_open(&b));
}

static void it_can_be_switched_off(void **state)
{
    const struct breaker_policy off = {0, 100, 100};
    struct breaker b = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        breaker_failed(&b, &off, 0);
    assert_true(breaker_allows(&b, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_so_many_failures_in_a_row),
        cmocka_unit_test(one_is_let_through_to_see),
        cmocka_unit_test(each_time_it_stays_open_for_longer),
        cmocka_unit_test(those_that_were_under_way_do_not_count_twice),
        cmocka_unit_test(one_that_never_asked_leaves_the_place_to_another),
        cmocka_unit_test(it_can_be_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
