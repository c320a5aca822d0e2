#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/metrics.h"
#include "daemon/ops.h"

#define TEXT "text/plain; charset=utf-8"

static void assert_answer(str path, int status, const char *content_type, str body)
{
    struct ops_answer answer;

    assert_true(ops_answer(path, &answer));
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.content_type, content_type);
    assert_true(str_eq(buf_view(&answer.body), body));
    buf_fini(&answer.body);
}

/* Ready unless the context is a reason why not. */
static bool ready_unless(void *context, struct buf *why)
{
    const str *reason = context;

    buf_add_str(why, *reason);
    return reason->n == 0;
}

static bool ready_but_talkative(void *context, struct buf *why)
{
    (void)context;
    buf_add_str(why, STR("all is well"));
    return true;
}

static bool not_ready_and_silent(void *context, struct buf *why)
{
    (void)context;
    (void)why;
    return false;
}

static void a_daemon_that_answers_is_healthy(void **state)
{
    assert_answer(STR("/healthz"), 200, TEXT, STR("ok\n"));
    (void)state;
}

static void without_a_question_it_is_always_ready(void **state)
{
    ops_setup(NULL, NULL);
    assert_answer(STR("/readyz"), 200, TEXT, STR("ready\n"));
    (void)state;
}

static void readiness_is_asked_for_each_time(void **state)
{
    str reason = STR("redis: connection refused");

    ops_setup(ready_unless, &reason);
    assert_answer(STR("/readyz"), 503, TEXT, STR("redis: connection refused\n"));
    assert_false(ops_ready());
    assert_answer(STR("/healthz"), 200, TEXT, STR("ok\n"));
    reason = STR("");
    assert_answer(STR("/readyz"), 200, TEXT, STR("ready\n"));
    assert_true(ops_ready());
    ops_setup(ready_but_talkative, NULL);
    assert_answer(STR("/readyz"), 200, TEXT, STR("ready\n"));
    ops_setup(not_ready_and_silent, NULL);
    assert_answer(STR("/readyz"), 503, TEXT, STR("not ready\n"));
    (void)state;
}

static void metrics_say_which_format_they_have(void **state)
{
    static struct metric metric = {.name = "t_total", .help = "Things.", .kind = METRIC_COUNTER};
    struct ops_answer answer;

    metric_register(&metric);
    assert_true(ops_answer(STR("/metrics"), &answer));
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_non_null(strstr(buf_cstr(&answer.body), "t_total 0\n"));
    buf_fini(&answer.body);
    (void)state;
}

static void metrics_that_are_off_are_not_there(void **state)
{
    struct ops_answer answer = {.status = 42};

    metrics_on = false;
    assert_false(ops_answer(STR("/metrics"), &answer));
    assert_int_equal(answer.status, 42);
    assert_answer(STR("/healthz"), 200, TEXT, STR("ok\n"));
    metrics_on = true;
    (void)state;
}

static void other_paths_are_not_its_business(void **state)
{
    const str others[] = {STR("/"),          STR(""),         STR("/healthz/"),
                          STR("/health"),    STR("healthz"),  STR("/readyzz"),
                          STR("/metrics?x"), STR("/METRICS"), STR("/healthz\0")};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct ops_answer answer = {.status = 42};
        assert_false(ops_answer(others[i], &answer));
        assert_int_equal(answer.status, 42);
    }
    (void)state;
}

/* The last: draining does not end. */
static void a_draining_daemon_is_alive_but_not_ready(void **state)
{
    ops_setup(NULL, NULL);
    assert_false(ops_draining());
    ops_drain();
    assert_true(ops_draining());
    assert_answer(STR("/readyz"), 503, TEXT, STR("draining\n"));
    assert_false(ops_ready());
    assert_answer(STR("/healthz"), 200, TEXT, STR("ok\n"));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_that_answers_is_healthy),
        cmocka_unit_test(without_a_question_it_is_always_ready),
        cmocka_unit_test(readiness_is_asked_for_each_time),
        cmocka_unit_test(metrics_say_which_format_they_have),
        cmocka_unit_test(metrics_that_are_off_are_not_there),
        cmocka_unit_test(other_paths_are_not_its_business),
        cmocka_unit_test(a_draining_daemon_is_alive_but_not_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
