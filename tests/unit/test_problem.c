#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/problem.h"

static struct http_response response;

static const char *header(const char *name)
{
    for (size_t i = 0; i < response.n_headers; i++)
        if (strcmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    return NULL;
}

static int begin(void **state)
{
    (void)state;
    http_response_init(&response);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_response_fini(&response);
    return 0;
}

static void a_problem_is_a_whole_document(void **state)
{
    (void)state;
    problem_answer(&response, PROBLEM_ROOM_FULL, NULL);
    assert_int_equal(response.status, 409);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_string_equal(
        buf_cstr(&response.body),
        "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
        "\"detail\":\"The room has no place for more members.\",\"code\":\"room_full\"}");
}

static void a_field_is_named(void **state)
{
    (void)state;
    problem_field(&response, PROBLEM_INVALID_FIELD, "name", "is too \"long\"");
    assert_int_equal(response.status, 422);
    assert_non_null(strstr(buf_cstr(&response.body),
                           "\"detail\":\"name is too \\\"long\\\"\",\"code\":\"invalid_field\","
                           "\"field\":\"name\"}"));
}

static void it_replaces_what_was_filled_in(void **state)
{
    (void)state;
    response.status = 200;
    buf_add_str(&response.body, STR("half an answer"));
    http_response_header(&response, "Location", STR("/x"));
    problem_answer(&response, PROBLEM_FORBIDDEN, NULL);
    assert_int_equal(response.status, 403);
    assert_int_equal(response.body.p[0], '{');
    assert_null(header("Location"));
}

static void every_401_says_how_to_sign_in(void **state)
{
    (void)state;
    problem_answer(&response, PROBLEM_UNAUTHENTICATED, NULL);
    assert_string_equal(header("WWW-Authenticate"), "Bearer");
    problem_answer(&response, PROBLEM_INVALID_TOKEN, NULL);
    assert_string_equal(header("WWW-Authenticate"), "Bearer error=\"invalid_token\"");
    problem_answer(&response, PROBLEM_BAD_CREDENTIALS, NULL);
    assert_string_equal(header("WWW-Authenticate"), "Bearer");
}

static void waiting_is_told_in_whole_seconds(void **state)
{
    (void)state;
    problem_rate_limited(&response, 1);
    assert_string_equal(header("Retry-After"), "1");
    problem_rate_limited(&response, 1001);
    assert_string_equal(header("Retry-After"), "2");
    problem_answer(&response, PROBLEM_UNAVAILABLE, NULL);
    assert_string_equal(header("Retry-After"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_is_a_whole_document, begin, end),
        cmocka_unit_test_setup_teardown(a_field_is_named, begin, end),
        cmocka_unit_test_setup_teardown(it_replaces_what_was_filled_in, begin, end),
        cmocka_unit_test_setup_teardown(every_401_says_how_to_sign_in, begin, end),
        cmocka_unit_test_setup_teardown(waiting_is_told_in_whole_seconds, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
