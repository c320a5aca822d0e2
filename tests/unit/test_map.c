#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"

#define ITEMS 5000
#define ROUNDS 60000

struct item {
    char key[16];
    bool in; /* the plain reference: is it in the map? */
    bool seen;
};

static struct item items[ITEMS];
static unsigned seed;

/* The same numbers in every run, so that a failure comes again. */
static size_t pick(size_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static str key_of(const struct item *item)
{
    return str_of(item->key);
}

static void name_items(void)
{
    seed = 1;
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = (struct item){0};
        (void)snprintf(items[i].key, sizeof items[i].key, "key-%zu", i);
    }
}

static void flip(struct map *m, struct item *item)
{
    if (item->in)
        map_remove(m, key_of(item));
    else
        map_put(m, key_of(item), item);
    item->in = !item->in;
}

static size_t expect_as_reference(const struct map *m, size_t n_items)
{
    size_t n = 0;

    for (size_t i = 0; i < n_items; i++) {
        assert_ptr_equal(map_get(m, key_of(&items[i])), items[i].in ? &items[i] : NULL);
        n += items[i].in;
    }
    assert_int_equal(m->n, n);
    return n;
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map m = {0};
    size_t at = 0;
    assert_null(map_get(&m, STR("a")));
    assert_null(map_get(&m, STR("")));
    assert_null(map_next(&m, &at));
    map_fini(&m);
}

static void what_is_put_is_found_until_it_is_removed(void **state)
{
    (void)state;
    struct map m = {0};
    int a;
    int b;
    map_put(&m, STR("a"), &a);
    map_put(&m, STR("b"), &b);
    assert_ptr_equal(map_get(&m, STR("a")), &a);
    assert_ptr_equal(map_get(&m, STR("b")), &b);
    assert_null(map_get(&m, STR("c")));
    map_remove(&m, STR("a"));
    assert_null(map_get(&m, STR("a")));
    assert_ptr_equal(map_get(&m, STR("b")), &b);
    map_put(&m, STR("a"), &b);
    assert_ptr_equal(map_get(&m, STR("a")), &b);
    map_fini(&m);
}

static void keys_are_compared_as_bytes_and_to_their_end(void **state)
{
    (void)state;
    struct map m = {0};
    int values[4];
    map_put(&m, STR("ab"), &values[0]);
    map_put(&m, STR("ab\0"), &values[1]);
    map_put(&m, STR(""), &values[2]);
    map_put(&m, STR("\xff\x00\x7f"), &values[3]);
    assert_null(map_get(&m, STR("a")));
    assert_null(map_get(&m, STR("AB")));
    assert_ptr_equal(map_get(&m, STR("ab")), &values[0]);
    assert_ptr_equal(map_get(&m, STR("ab\0")), &values[1]);
    assert_ptr_equal(map_get(&m, STR("")), &values[2]);
    assert_ptr_equal(map_get(&m, STR("\xff\x00\x7f")), &values[3]);
    map_fini(&m);
}

static void a_key_is_looked_up_by_its_text_not_its_place(void **state)
{
    (void)state;
    struct map m = {0};
    char mine[] = "same";
    int value;
    map_put(&m, STR("same"), &value);
    assert_ptr_equal(map_get(&m, str_of(mine)), &value);
    map_remove(&m, str_of(mine));
    assert_int_equal(m.n, 0);
    map_fini(&m);
}

static void thousands_of_keys_are_all_found(void **state)
{
    (void)state;
    struct map m = {0};
    name_items();
    for (size_t i = 0; i < ITEMS; i++)
        flip(&m, &items[i]);
    assert_int_equal(expect_as_reference(&m, ITEMS), ITEMS);
    assert_true(m.cap > m.n);
    assert_int_equal(m.cap & (m.cap - 1), 0);
    map_fini(&m);
}

static void removing_in_random_order_loses_no_other_key(void **state)
{
    (void)state;
    struct map m = {0};
    size_t order[ITEMS];
    name_items();
    for (size_t i = 0; i < ITEMS; i++) {
        flip(&m, &items[i]);
        order[i] = i;
    }
    for (size_t left = ITEMS; left > 0; left--) {
        size_t at = pick(left);
        flip(&m, &items[order[at]]);
        order[at] = order[left - 1];
        if (left % 250 == 0)
            (void)expect_as_reference(&m, ITEMS);
    }
    assert_int_equal(expect_as_reference(&m, ITEMS), 0);
    map_fini(&m);
}

static void a_random_walk_agrees_with_a_plain_reference(void **state)
{
    (void)state;
    struct map m = {0};
    name_items();
    for (size_t round = 0; round < ROUNDS; round++) {
        flip(&m, &items[pick(ITEMS)]);
        if (round % 5000 == 0)
            (void)expect_as_reference(&m, ITEMS);
    }
    (void)expect_as_reference(&m, ITEMS);
    map_fini(&m);
}

/* With 12 of 16 slots taken, runs go over the end of the table in nearly every arrangement; each round is another
 * one, and each key is looked up after each removal. */
static void runs_over_the_end_of_the_table_stay_whole(void **state)
{
    (void)state;
    enum { FULL = 12, ARRANGEMENTS = 400 };
    bool wrapped = false;
    name_items();
    for (size_t round = 0; round < ARRANGEMENTS; round++) {
        struct map m = {0};
        struct item *set = &items[round * FULL % (ITEMS - FULL)];
        for (size_t i = 0; i < FULL; i++)
            flip(&m, &set[i]);
        assert_int_equal(m.cap, 16);
        wrapped = wrapped || (m.slots[0].key.p != NULL && m.slots[15].key.p != NULL);
        for (size_t left = FULL; left > 0; left--) {
            size_t i = pick(FULL);
            while (!set[i].in)
                i = (i + 1) % FULL;
            flip(&m, &set[i]);
            for (size_t j = 0; j < FULL; j++)
                assert_ptr_equal(map_get(&m, key_of(&set[j])), set[j].in ? &set[j] : NULL);
        }
        map_fini(&m);
    }
    assert_true(wrapped);
}

static void walking_meets_each_value_once(void **state)
{
    (void)state;
    struct map m = {0};
    struct item *item;
    size_t at = 0;
    size_t met = 0;
    name_items();
    for (size_t i = 0; i < ITEMS; i += 3)
        flip(&m, &items[i]);
    while ((item = map_next(&m, &at)) != NULL) {
        assert_true(item->in);
        assert_false(item->seen);
        item->seen = true;
        met++;
    }
    assert_int_equal(met, m.n);
    assert_null(map_next(&m, &at));
    map_fini(&m);
}

static void after_fini_it_can_be_used_again(void **state)
{
    (void)state;
    struct map m = {0};
    int value;
    map_put(&m, STR("a"), &value);
    map_fini(&m);
    assert_null(map_get(&m, STR("a")));
    map_put(&m, STR("a"), &value);
    assert_ptr_equal(map_get(&m, STR("a")), &value);
    map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(what_is_put_is_found_until_it_is_removed),
        cmocka_unit_test(keys_are_compared_as_bytes_and_to_their_end),
        cmocka_unit_test(a_key_is_looked_up_by_its_text_not_its_place),
        cmocka_unit_test(thousands_of_keys_are_all_found),
        cmocka_unit_test(removing_in_random_order_loses_no_other_key),
        cmocka_unit_test(a_random_walk_agrees_with_a_plain_reference),
        cmocka_unit_test(runs_over_the_end_of_the_table_stay_whole),
        cmocka_unit_test(walking_meets_each_value_once),
        cmocka_unit_test(after_fini_it_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
