#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forward_headers.h"
#include "gateway.h"

static struct http_response response;

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

static void take(const char *name, const char *value)
{
    forward_header_take(&response, str_of(name), str_of(value));
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < response.n_headers; i++)
        if (strcmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    return NULL;
}

static void another_is_tried_when_nothing_was_sent(void **state)
{
    (void)state;
    assert_true(gateway_may_retry(FORWARD_NOT_SENT, false));
    assert_true(gateway_may_retry(FORWARD_NOT_SENT, true));
}

static void or_when_twice_comes_to_the_same(void **state)
{
    (void)state;
    assert_true(gateway_may_retry(FORWARD_NO_ANSWER, true));
    assert_false(gateway_may_retry(FORWARD_NO_ANSWER, false));
}

static void once_an_answer_has_begun_there_is_no_other(void **state)
{
    static const enum forward_result LAST[] = {FORWARD_ANSWERED, FORWARD_BROKEN, FORWARD_LATE};

    (void)state;
    for (size_t i = 0; i < sizeof LAST / sizeof LAST[0]; i++) {
        assert_false(gateway_may_retry(LAST[i], true));
        assert_false(gateway_may_retry(LAST[i], false));
    }
}

static void headers_about_the_answer_are_passed_on(void **state)
{
    (void)state;
    take("retry-after", "7");
    take("WWW-AUTHENTICATE", "Bearer");
    take("Location", "/notify/n1");
    take("Allow", "GET");
    assert_string_equal(header("Retry-After"), "7");
    assert_string_equal(header("WWW-Authenticate"), "Bearer");
    assert_string_equal(header("Location"), "/notify/n1");
    assert_string_equal(header("Allow"), "GET");
}

static void those_about_the_connection_and_all_others_are_not(void **state)
{
    static const char *const NAMES[] = {"Connection",
                                        "Keep-Alive",
                                        "Transfer-Encoding",
                                        "Content-Length",
                                        "TE",
                                        "Trailer",
                                        "Upgrade",
                                        "Proxy-Authenticate",
                                        "Date",
                                        "Server",
                                        "Set-Cookie",
                                        "Vary",
                                        "Access-Control-Allow-Origin",
                                        "X-Request-Id",
                                        "Retry-After "};

    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        take(NAMES[i], "value");
    assert_int_equal(response.n_headers, 0);
}

static void the_first_of_a_name_counts(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        take("Retry-After", i == 0 ? "1" : "2");
    assert_int_equal(response.n_headers, 1);
    assert_string_equal(header("Retry-After"), "1");
}

static void values_that_could_split_an_answer_are_left_out(void **state)
{
    (void)state;
    take("Location", "/a\r\nSet-Cookie: a=b");
    take("Location", "/a\x01");
    take("Location", "/a\x7f");
    assert_int_equal(response.n_headers, 0);
    assert_true(forward_value_is_sane(STR_NONE));
    assert_true(forward_value_is_sane(STR("a\tb \xc3\xa4")));
    assert_false(forward_value_is_sane(STR("a\nb")));
}

static void a_value_that_is_too_long_is_left_out(void **state)
{
    char value[HTTP_HEADER_VALUE_MAX + 2] = {0};

    (void)state;
    memset(value, 'a', HTTP_HEADER_VALUE_MAX + 1);
    take("Location", value);
    assert_int_equal(response.n_headers, 0);
}

static void content_types_of_ours_are_known(void **state)
{
    (void)state;
    take("content-type", "application/problem+json");
    assert_string_equal(response.content_type, "application/problem+json");
    take("Content-Type", "text/html");
    assert_string_equal(response.content_type, "application/octet-stream");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(another_is_tried_when_nothing_was_sent),
        CASE(or_when_twice_comes_to_the_same),
        CASE(once_an_answer_has_begun_there_is_no_other),
        CASE(headers_about_the_answer_are_passed_on),
        CASE(those_about_the_connection_and_all_others_are_not),
        CASE(the_first_of_a_name_counts),
        CASE(values_that_could_split_an_answer_are_left_out),
        CASE(a_value_that_is_too_long_is_left_out),
        CASE(content_types_of_ours_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
