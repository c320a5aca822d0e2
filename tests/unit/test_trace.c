#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/trace.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static struct trace begin(const char *request_id, const char *traceparent)
{
    struct trace trace;

    trace_begin(&trace, str_of(request_id), str_of(traceparent));
    return trace;
}

static void a_sane_request_id_is_kept(void **state)
{
    (void)state;
    assert_string_equal(begin("abc-DEF_1.9", NULL).request, "abc-DEF_1.9");
}

static void another_one_is_replaced_by_a_new_one(void **state)
{
    static const char *const BAD[] = {
        NULL,       "",
        "a b",      "a\nb",
        "a\"b",     "a=b",
        "\xc3\xa4", "12345678901234567890123456789012345678901234567890123456789012345"};

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct trace one = begin(BAD[i], NULL);
        struct trace other = begin(BAD[i], NULL);
        if (BAD[i] != NULL)
            assert_string_not_equal(one.request, BAD[i]);
        assert_string_not_equal(one.request, other.request);
        assert_true(strlen(one.request) > 8);
    }
}

static void a_well_formed_trace_is_gone_on_with(void **state)
{
    struct trace trace = begin(NULL, "00-" ID "-" SPAN "-01");

    (void)state;
    assert_string_equal(trace.id, ID);
    assert_string_equal(trace.flags, "01");
    assert_string_equal(begin(NULL, "cc-" ID "-" SPAN "-00").id, ID); /* of a version to come */
    assert_string_equal(begin(NULL, "cc-" ID "-" SPAN "-00-what-else").id, ID);
}

static void another_trace_is_not(void **state)
{
    static const char *const BAD[] = {
        "",
        "nonsense",
        "00-" ID "-" SPAN "-0",
        "00-" ID "-" SPAN "-01-more",
        "00-" ID "-" SPAN "-01 ",
        "cc-" ID "-" SPAN "-01more",
        "ff-" ID "-" SPAN "-01",
        "0x-" ID "-" SPAN "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" ID "-0000000000000000-01",
        "00_" ID "_" SPAN "_01",
    };

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct trace one = begin("given", BAD[i]);
        struct trace other = begin("given", BAD[i]);
        assert_string_equal(one.request, "given");
        assert_int_equal(strlen(one.id), TRACE_ID_LEN);
        assert_string_not_equal(one.id, ID);
        assert_string_not_equal(one.id, other.id);
        assert_string_equal(one.flags, "00");
    }
}

static void what_is_passed_on_is_well_formed_and_has_a_span_of_its_own(void **state)
{
    struct trace trace = begin(NULL, "00-" ID "-" SPAN "-01");
    char one[TRACE_PARENT_LEN + 1];
    char other[TRACE_PARENT_LEN + 1];

    (void)state;
    trace_parent(&trace, one);
    trace_parent(&trace, other);
    assert_string_equal(begin(NULL, one).id, ID);
    assert_string_equal(begin(NULL, one).flags, "01");
    assert_string_not_equal(one, other);
    assert_null(strstr(one, SPAN));
}

static void a_trace_that_lives_long_keeps_its_names(void **state)
{
    struct trace_ref own = trace_ref_new(STR_NONE, STR("nonsense"));
    struct trace_ref given = trace_ref_new(STR("r-1"), STR_NONE);
    struct trace a;
    struct trace b;

    (void)state;
    assert_null(own.given); /* which is what makes it small */
    trace_ref_get(&own, &a);
    trace_ref_get(&own, &b);
    assert_string_equal(a.request, b.request);
    assert_string_equal(a.id, b.id);
    trace_ref_get(&given, &a);
    assert_string_equal(a.request, "r-1");
    trace_ref_get(&given, &b);
    assert_string_equal(a.id, b.id);
    trace_ref_fini(&given);
    trace_ref_fini(&own);
}

static void a_thread_is_about_what_it_entered(void **state)
{
    struct trace trace = begin("mine", NULL);
    struct trace_ref ref = trace_ref_new(STR("long"), STR_NONE);
    struct trace now;

    (void)state;
    assert_false(trace_current(&now));
    trace_enter(&trace);
    assert_true(trace_current(&now));
    assert_string_equal(now.request, "mine");
    trace_leave();
    trace_enter_ref(&ref);
    assert_true(trace_current(&now));
    assert_string_equal(now.request, "long");
    trace_leave();
    assert_false(trace_current(&now));
    trace_ref_fini(&ref);
}

static void what_goes_on_later_is_about_the_same(void **state)
{
    struct trace_ref ref = trace_ref_new(STR("long"), STR_NONE);
    struct trace_ref none = {0};
    struct trace now;

    (void)state;
    trace_enter_ref(&ref);
    struct trace_ref later = trace_ref_current();
    trace_leave();
    trace_ref_fini(&ref); /* the copy lives on */
    struct trace_ref nothing = trace_ref_current();
    assert_null(trace_switch_ref(&later));
    assert_true(trace_current(&now));
    assert_string_equal(now.request, "long");
    assert_ptr_equal(trace_switch_ref(&none), &later);
    assert_false(trace_current(&now));
    assert_ptr_equal(trace_switch_ref(NULL), &none);
    assert_false(trace_current(&now));
    trace_ref_fini(&later);
    assert_null(nothing.given);
    assert_int_equal(nothing.number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sane_request_id_is_kept),
        cmocka_unit_test(another_one_is_replaced_by_a_new_one),
        cmocka_unit_test(a_well_formed_trace_is_gone_on_with),
        cmocka_unit_test(another_trace_is_not),
        cmocka_unit_test(what_is_passed_on_is_well_formed_and_has_a_span_of_its_own),
        cmocka_unit_test(a_trace_that_lives_long_keeps_its_names),
        cmocka_unit_test(a_thread_is_about_what_it_entered),
        cmocka_unit_test(what_goes_on_later_is_about_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
