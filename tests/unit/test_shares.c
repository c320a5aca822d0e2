#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shares.h"

#define N 32

/* What a server gets that takes until nothing is left, from streams in which so many wait. */
struct taken {
    int64_t of[SHARES];
    int64_t times;
};

static struct taken take_all(int64_t high, int64_t normal, int64_t low, int64_t times)
{
    int64_t left[SHARES] = {high, normal, low};
    struct taken taken = {0};
    bool full[SHARES] = {false};
    int64_t counts[SHARES];

    while (taken.times < times && left[0] + left[1] + left[2] > 0) {
        shares_of(full, N, counts);
        for (size_t i = 0; i < SHARES; i++) {
            int64_t got = left[i] < counts[i] ? left[i] : counts[i];
            full[i] = got == counts[i];
            left[i] -= got;
            taken.of[i] += got;
        }
        taken.times++;
    }
    return taken;
}

static void never_more_than_there_is_room_for(void **state)
{
    (void)state;
    for (int bits = 0; bits < 8; bits++) {
        const bool full[SHARES] = {bits & 1, bits & 2, bits & 4};
        for (int64_t n = SHARES_MIN; n < 100; n++) {
            int64_t counts[SHARES];
            shares_of(full, n, counts);
            assert_true(counts[0] + counts[1] + counts[2] <= SHARES * n);
            for (size_t i = 0; i < SHARES; i++)
                assert_true(counts[i] >= 1); /* none is starved */
        }
    }
}

static void of_sixteen_three_are_normal_and_one_is_low(void **state)
{
    const bool full[SHARES] = {true, true, true};
    int64_t counts[SHARES];

    (void)state;
    shares_of(full, 16, counts);
    assert_int_equal(counts[SHARE_HIGH], 12);
    assert_int_equal(counts[SHARE_NORMAL], 3);
    assert_int_equal(counts[SHARE_LOW], 1);
}

static void high_goes_first_when_there_is_much_of_all(void **state)
{
    (void)state;
    struct taken t = take_all(100000, 100000, 100000, 1000);

    assert_int_equal(t.times, 1000);
    assert_in_range(t.of[SHARE_HIGH], 23900, 24100);
    assert_in_range(t.of[SHARE_NORMAL], 5900, 6100);
    assert_in_range(t.of[SHARE_LOW], 1900, 2100);
}

static void who_is_alone_gets_all(void **state)
{
    (void)state;
    assert_true(take_all(24000, 0, 0, 10000).times <= 1001);
    assert_true(take_all(0, 32000, 0, 10000).times <= 1001);
    assert_true(take_all(0, 0, 32000, 10000).times <= 1001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_more_than_there_is_room_for),
        cmocka_unit_test(of_sixteen_three_are_normal_and_one_is_low),
        cmocka_unit_test(high_goes_first_when_there_is_much_of_all),
        cmocka_unit_test(who_is_alone_gets_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
