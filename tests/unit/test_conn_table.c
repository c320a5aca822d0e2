#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn/conn_table.h"

#define MANY 1000

/* The table never looks into a connection: any address will do. */
static char places[MANY];

static struct conn *conn(size_t i)
{
    return (struct conn *)(void *)&places[i];
}

static bool same_ref(struct conn_ref a, struct conn_ref b)
{
    return a.slot == b.slot && a.generation == b.generation;
}

static void no_connection_is_never_found(void **state)
{
    (void)state;
    struct conn_table t = {0};
    assert_null(conn_table_get(&t, CONN_NONE));
    struct conn_ref first = conn_table_add(&t, conn(0));
    assert_true(first.generation != 0);
    assert_null(conn_table_get(&t, CONN_NONE));
    conn_table_fini(&t);
}

static void a_ref_finds_its_connection(void **state)
{
    (void)state;
    struct conn_table t = {0};
    struct conn_ref refs[MANY];
    for (size_t i = 0; i < MANY; i++)
        refs[i] = conn_table_add(&t, conn(i));
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(conn_table_get(&t, refs[i]), conn(i));
    conn_table_fini(&t);
}

static void a_ref_outlives_its_connection_and_finds_nothing(void **state)
{
    (void)state;
    struct conn_table t = {0};
    struct conn_ref a = conn_table_add(&t, conn(0));
    struct conn_ref b = conn_table_add(&t, conn(1));
    conn_table_remove(&t, a);
    assert_null(conn_table_get(&t, a));
    assert_ptr_equal(conn_table_get(&t, b), conn(1));
    conn_table_fini(&t);
}

static void a_slot_used_again_is_not_found_by_the_old_ref(void **state)
{
    (void)state;
    struct conn_table t = {0};
    struct conn_ref old = conn_table_add(&t, conn(0));
    for (size_t i = 1; i < 100; i++) {
        conn_table_remove(&t, old);
        struct conn_ref again = conn_table_add(&t, conn(i));
        assert_int_equal(again.slot, old.slot);
        assert_null(conn_table_get(&t, old));
        assert_ptr_equal(conn_table_get(&t, again), conn(i));
        old = again;
    }
    assert_int_equal(t.n, 1);
    conn_table_fini(&t);
}

static void the_table_grows_no_larger_than_what_was_there_at_once(void **state)
{
    (void)state;
    struct conn_table t = {0};
    struct conn_ref refs[MANY];
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < MANY; i++)
            refs[i] = conn_table_add(&t, conn(i));
        assert_int_equal(t.n, MANY);
        for (size_t i = 0; i < MANY; i += 2)
            conn_table_remove(&t, refs[i]);
        for (size_t i = 0; i < MANY; i++)
            assert_ptr_equal(conn_table_get(&t, refs[i]), i % 2 ? conn(i) : NULL);
        for (size_t i = 1; i < MANY; i += 2)
            conn_table_remove(&t, refs[i]);
    }
    conn_table_fini(&t);
}

static void refs_that_live_at_once_differ(void **state)
{
    (void)state;
    struct conn_table t = {0};
    struct conn_ref refs[50];
    for (size_t i = 0; i < 50; i++)
        refs[i] = conn_table_add(&t, conn(i));
    conn_table_remove(&t, refs[7]);
    conn_table_remove(&t, refs[30]);
    refs[7] = conn_table_add(&t, conn(7));
    refs[30] = conn_table_add(&t, conn(30));
    for (size_t i = 0; i < 50; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(same_ref(refs[i], refs[j]));
    conn_table_fini(&t);
}

static void a_ref_beyond_the_table_finds_nothing(void **state)
{
    (void)state;
    struct conn_table t = {0};
    assert_null(conn_table_get(&t, (struct conn_ref){0, 1}));
    (void)conn_table_add(&t, conn(0));
    assert_null(conn_table_get(&t, (struct conn_ref){1, 1}));
    assert_null(conn_table_get(&t, (struct conn_ref){UINT32_MAX, 1}));
    assert_null(conn_table_get(&t, (struct conn_ref){0, 2}));
    conn_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_connection_is_never_found),
        cmocka_unit_test(a_ref_finds_its_connection),
        cmocka_unit_test(a_ref_outlives_its_connection_and_finds_nothing),
        cmocka_unit_test(a_slot_used_again_is_not_found_by_the_old_ref),
        cmocka_unit_test(the_table_grows_no_larger_than_what_was_there_at_once),
        cmocka_unit_test(refs_that_live_at_once_differ),
        cmocka_unit_test(a_ref_beyond_the_table_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
