#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"

/* As printf writes it, and not a byte more. */
static void assert_as_printf(int64_t value)
{
    char expected[DECIMAL_MAX + 1];
    char got[DECIMAL_MAX + 1];

    memset(got, '#', sizeof got);
    int n = snprintf(expected, sizeof expected, "%" PRId64, value);
    assert_int_equal(decimal_write(got, value), n);
    assert_memory_equal(got, expected, (size_t)n);
    assert_int_equal(got[n], '#');
}

static void digits_are_those_of_printf(void **state)
{
    const int64_t values[] = {0, 1, -1, 9, 10, -10, 99, 100, 12345678901234, INT64_MAX, INT64_MIN};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_as_printf(values[i]);
    (void)state;
}

static void every_power_of_ten_and_its_neighbours_is_right(void **state)
{
    for (int64_t power = 1; power < INT64_MAX / 10; power *= 10) {
        for (int64_t near = -1; near <= 1; near++) {
            assert_as_printf(power + near);
            assert_as_printf(-power + near);
        }
    }
    (void)state;
}

static void the_longest_fills_the_room_exactly(void **state)
{
    char room[DECIMAL_MAX];

    assert_int_equal(decimal_write(room, INT64_MIN), DECIMAL_MAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_those_of_printf),
        cmocka_unit_test(every_power_of_ten_and_its_neighbours_is_right),
        cmocka_unit_test(the_longest_fills_the_room_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
