#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "histogram.h"

static void an_empty_one_says_zero(void **state)
{
    static struct histogram h;
    (void)state;
    assert_int_equal(histogram_quantile(&h, 0.99), 0);
}

static void quantiles_are_within_two_percent(void **state)
{
    static struct histogram h;
    (void)state;
    for (int64_t us = 1; us <= 100000; us++)
        histogram_add(&h, us);
    assert_int_equal(h.n, 100000);
    assert_in_range(histogram_quantile(&h, 0.5), 50000, 51000);
    assert_in_range(histogram_quantile(&h, 0.99), 99000, 100000);
    assert_int_equal(histogram_quantile(&h, 1), 100000);
}

static void small_values_are_exact(void **state)
{
    static struct histogram h;
    (void)state;
    histogram_add(&h, 3);
    histogram_add(&h, 3);
    histogram_add(&h, 63);
    assert_int_equal(histogram_quantile(&h, 0.5), 3);
    assert_int_equal(histogram_quantile(&h, 1), 63);
}

static void the_extremes_have_a_place(void **state)
{
    static struct histogram h;
    (void)state;
    histogram_add(&h, -5);
    histogram_add(&h, INT64_MAX);
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    assert_int_equal(h.max, INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_says_zero),
        cmocka_unit_test(quantiles_are_within_two_percent),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(the_extremes_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
