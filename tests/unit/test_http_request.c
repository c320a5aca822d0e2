#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_cors.h"
#include "http/http_request.h"

static void methods_are_known_in_capitals_only(void **state)
{
    (void)state;
    assert_int_equal(http_method_parse(STR("GET")), HTTP_GET);
    assert_int_equal(http_method_parse(STR("HEAD")), HTTP_GET);
    assert_int_equal(http_method_parse(STR("DELETE")), HTTP_DELETE);
    assert_int_equal(http_method_parse(STR("get")), HTTP_OTHER);
    assert_int_equal(http_method_parse(STR("TRACE")), HTTP_OTHER);
}

static size_t allowed(const char *origins, str origin)
{
    struct http_request request = {.origin = origin};
    struct http_response response;

    http_response_init(&response);
    http_cors_allow(origins, &request, &response);
    return response.n_headers;
}

static void only_the_named_origins_may_read_answers(void **state)
{
    (void)state;
    assert_int_equal(allowed("https://a.example,https://b.example", STR("https://b.example")), 3);
    assert_int_equal(allowed("https://a.example,https://b.example", STR("https://b.example.evil")),
                     0);
    assert_int_equal(allowed("https://a.example", STR("null")), 0);
    assert_int_equal(allowed("*", STR("https://c.example")), 3);
}

static void by_default_none_may(void **state)
{
    (void)state;
    assert_int_equal(allowed("", STR("https://a.example")), 0);
    assert_int_equal(allowed("", STR("")), 0);
    assert_int_equal(allowed("*", STR_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_are_known_in_capitals_only),
        cmocka_unit_test(only_the_named_origins_may_read_answers),
        cmocka_unit_test(by_default_none_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
