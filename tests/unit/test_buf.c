#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void what_is_added_stands_in_order(void **state)
{
    struct buf b = {0};

    buf_add(&b, "ab", 2);
    buf_add_str(&b, STR("cd"));
    buf_add_char(&b, 'e');
    buf_add_i64(&b, -12);
    buf_printf(&b, "<%s|%d>", "x", 7);
    assert_true(str_eq(buf_view(&b), STR("abcde-12<x|7>")));
    buf_fini(&b);
    (void)state;
}

static void adding_nothing_changes_nothing(void **state)
{
    struct buf b = {0};

    buf_add(&b, NULL, 0);
    buf_add_str(&b, STR_NONE);
    assert_null(b.p);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
    (void)state;
}

static void it_grows_over_any_number_of_bytes(void **state)
{
    struct buf b = {0};

    for (int i = 0; i < 100000; i++)
        buf_add_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.n, 100000);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.p[i], 'a' + (int)(i % 26));
    buf_fini(&b);
    (void)state;
}

static void reserved_bytes_are_counted_by_the_caller(void **state)
{
    struct buf b = {0};

    buf_add_str(&b, STR("x"));
    char *to = buf_reserve(&b, 1000);
    assert_int_equal(b.n, 1);
    assert_true(b.cap >= 1001);
    memset(to, 'y', 1000);
    b.n += 1000;
    assert_int_equal(b.p[0], 'x');
    assert_int_equal(b.p[1000], 'y');
    buf_fini(&b);
    (void)state;
}

static void printing_takes_texts_longer_than_the_buffer(void **state)
{
    struct buf b = {0};

    buf_printf(&b, "%0*d", 5000, 1);
    assert_int_equal(b.n, 5000);
    assert_int_equal(b.p[4999], '1');
    buf_printf(&b, "%s", "");
    assert_int_equal(b.n, 5000);
    buf_fini(&b);
    (void)state;
}

static void clearing_keeps_the_memory(void **state)
{
    struct buf b = {0};

    buf_add_str(&b, STR("abc"));
    char *memory = b.p;
    buf_clear(&b);
    assert_int_equal(b.n, 0);
    buf_add_str(&b, STR("de"));
    assert_ptr_equal(b.p, memory);
    assert_true(str_eq(buf_view(&b), STR("de")));
    buf_fini(&b);
    (void)state;
}

static void the_nul_is_not_counted(void **state)
{
    struct buf b = {0};

    assert_string_equal(buf_cstr(&b), "");
    buf_add_str(&b, STR("abc"));
    assert_string_equal(buf_cstr(&b), "abc");
    assert_int_equal(b.n, 3);
    buf_add_char(&b, 'd');
    assert_string_equal(buf_cstr(&b), "abcd");
    buf_fini(&b);
    (void)state;
}

static void taking_leaves_an_empty_buffer(void **state)
{
    struct buf b = {0};
    size_t n = 7;

    char *nothing = buf_take(&b, &n);
    assert_non_null(nothing);
    assert_int_equal(n, 0);
    free(nothing);
    buf_add_str(&b, STR("abc"));
    char *taken = buf_take(&b, &n);
    assert_true(str_eq(str_from(taken, n), STR("abc")));
    assert_null(b.p);
    assert_int_equal(b.cap, 0);
    free(taken);
    buf_fini(&b);
    (void)state;
}

static void after_fini_it_can_be_used_again(void **state)
{
    struct buf b = {0};

    buf_add_str(&b, STR("abc"));
    buf_fini(&b);
    buf_fini(&b);
    assert_null(b.p);
    buf_add_str(&b, STR("d"));
    assert_true(str_eq(buf_view(&b), STR("d")));
    buf_fini(&b);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_in_order),
        cmocka_unit_test(adding_nothing_changes_nothing),
        cmocka_unit_test(it_grows_over_any_number_of_bytes),
        cmocka_unit_test(reserved_bytes_are_counted_by_the_caller),
        cmocka_unit_test(printing_takes_texts_longer_than_the_buffer),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(the_nul_is_not_counted),
        cmocka_unit_test(taking_leaves_an_empty_buffer),
        cmocka_unit_test(after_fini_it_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
