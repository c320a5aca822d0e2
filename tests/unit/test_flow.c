#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow.h"

#define T INT64_C(5000)

static void count(struct flow *flow, int64_t now_ms, int n)
{
    for (int i = 0; i < n; i++)
        flow_count(flow, now_ms);
}

static void a_new_one_is_taken_for_fast_for_a_moment(void **state)
{
    struct flow flow = flow_new(T);

    (void)state;
    assert_true(flow_is_fast(&flow, T));
    count(&flow, T, 1);
    assert_true(flow_is_fast(&flow, T + FLOW_NEW_MS - 1));
    assert_false(flow_is_fast(&flow, T + FLOW_NEW_MS));
}

static void much_in_a_short_time_is_fast(void **state)
{
    struct flow flow = flow_new(T - 1000);

    (void)state;
    count(&flow, T, 2 * FLOW_WINDOW_MS - 1);
    assert_false(flow_is_fast(&flow, T));
    count(&flow, T + FLOW_WINDOW_MS - 1, 1);
    assert_true(flow_is_fast(&flow, T + FLOW_WINDOW_MS));
    count(&flow, T + FLOW_WINDOW_MS, 1); /* the next window has just begun */
    assert_true(flow_is_fast(&flow, T + FLOW_WINDOW_MS));
    count(&flow, T + 2 * FLOW_WINDOW_MS, 1); /* and had one */
    assert_false(flow_is_fast(&flow, T + 2 * FLOW_WINDOW_MS));
}

static void what_stands_still_is_not_fast(void **state)
{
    struct flow flow = flow_new(T - 1000);

    (void)state;
    count(&flow, T, 1000);
    assert_true(flow_is_fast(&flow, T + 2 * FLOW_WINDOW_MS - 1));
    assert_false(flow_is_fast(&flow, T + 2 * FLOW_WINDOW_MS));
    count(&flow, T + 1000, 1);
    assert_false(flow_is_fast(&flow, T + 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_one_is_taken_for_fast_for_a_moment),
        cmocka_unit_test(much_in_a_short_time_is_fast),
        cmocka_unit_test(what_stands_still_is_not_fast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
