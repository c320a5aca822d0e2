#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cache.h"

struct number {
    struct cached cached;
    int value;
};

static int alive;

static void number_free(struct cached *value)
{
    alive--;
    free(value);
}

static void put(struct cache *cache, const char *key, int value, size_t cost, uint64_t generation)
{
    struct number *number = mem_alloc(sizeof *number);

    alive++;
    cached_init(&number->cached, number_free);
    number->value = value;
    cache_put(cache, str_of(key), &number->cached, cost, generation);
    cached_unref(&number->cached);
}

/* -1: not there. */
static int get(struct cache *cache, const char *key, uint64_t *generation_out)
{
    struct number *number = (struct number *)cache_get(cache, str_of(key), generation_out);
    int value = number ? number->value : -1;

    cached_unref(number ? &number->cached : NULL);
    return value;
}

static int begin(void **state)
{
    struct cache *cache = cache_new(1600, 100);

    alive = 0;
    cache_enable(cache, true);
    *state = cache;
    return 0;
}

static int end(void **state)
{
    struct cache *cache = *state;

    cache_free(&cache);
    assert_int_equal(alive, 0);
    return 0;
}

static void what_was_put_is_found_again(void **state)
{
    uint64_t g;

    assert_int_equal(get(*state, "a", &g), -1);
    put(*state, "a", 1, 1, g);
    assert_int_equal(get(*state, "a", &g), 1);
    assert_int_equal(get(*state, "b", &g), -1);
}

static void a_newer_value_takes_the_place_of_the_old_one(void **state)
{
    uint64_t g;

    (void)get(*state, "a", &g);
    put(*state, "a", 1, 1, g);
    put(*state, "a", 2, 1, g);
    assert_int_equal(get(*state, "a", &g), 2);
    assert_int_equal(alive, 1);
}

static void what_was_read_before_an_invalidation_is_not_taken(void **state)
{
    uint64_t g;

    (void)get(*state, "a", &g); /* a miss: its caller reads from Redis now … */
    cache_drop(*state, STR("a"));
    put(*state, "a", 1, 1, g); /* … and comes back with what is stale already */
    assert_int_equal(get(*state, "a", &g), -1);
    put(*state, "a", 2, 1, g);
    assert_int_equal(get(*state, "a", &g), 2);
    cache_clear(*state);
    put(*state, "a", 3, 1, g);
    assert_int_equal(get(*state, "a", &g), -1);
}

static void a_value_in_use_outlives_its_removal(void **state)
{
    uint64_t g;

    (void)get(*state, "a", &g);
    put(*state, "a", 1, 1, g);
    struct number *held = (struct number *)cache_get(*state, STR("a"), &g);
    cache_drop(*state, STR("a"));
    assert_int_equal(alive, 1);
    assert_int_equal(held->value, 1);
    cached_unref(&held->cached);
    assert_int_equal(alive, 0);
}

static void it_stays_within_its_bound(void **state)
{
    char key[16];
    uint64_t g;

    for (int i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        (void)get(*state, key, &g);
        put(*state, key, i, 10, g);
        assert_true(alive <= 160);
    }
    assert_int_equal(get(*state, "9999", &g), 9999);
    assert_int_equal(get(*state, "0", &g), -1);
}

static void what_is_used_stays_longest(void **state)
{
    char key[16];
    uint64_t g;

    (void)get(*state, "kept", &g);
    put(*state, "kept", 7, 10, g);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        (void)get(*state, key, &g);
        put(*state, key, i, 10, g);
        assert_int_equal(get(*state, "kept", &g), 7);
    }
}

static void one_that_is_too_large_is_not_taken(void **state)
{
    uint64_t g;

    (void)get(*state, "a", &g);
    put(*state, "a", 1, 5000, g);
    assert_int_equal(get(*state, "a", &g), -1);
}

static void switched_off_it_holds_nothing(void **state)
{
    uint64_t g;

    (void)get(*state, "a", &g);
    put(*state, "a", 1, 1, g);
    cache_enable(*state, false);
    assert_int_equal(alive, 0);
    (void)get(*state, "a", &g);
    put(*state, "a", 1, 1, g);
    assert_int_equal(get(*state, "a", &g), -1);
    cache_enable(*state, true);
    assert_int_equal(get(*state, "a", &g), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_put_is_found_again),
        CASE(a_newer_value_takes_the_place_of_the_old_one),
        CASE(what_was_read_before_an_invalidation_is_not_taken),
        CASE(a_value_in_use_outlives_its_removal),
        CASE(it_stays_within_its_bound),
        CASE(what_is_used_stays_longest),
        CASE(one_that_is_too_large_is_not_taken),
        CASE(switched_off_it_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
