#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_cors.h"
#include "http/http_request.h"

static void a_sane_request_id_is_kept(void **state)
{
    struct http_request request;

    (void)state;
    http_request_name(&request, STR("abc-DEF_1.9"));
    assert_string_equal(request.id, "abc-DEF_1.9");
}

static void another_one_is_replaced_by_a_new_one(void **state)
{
    static const char *const BAD[] = {
        "",     "a b",      "a\nb",
        "a\"b", "\xc3\xa4", "12345678901234567890123456789012345678901234567890123456789012345"};
    struct http_request request;
    struct http_request other;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        http_request_name(&request, str_of(BAD[i]));
        http_request_name(&other, str_of(BAD[i]));
        assert_string_not_equal(request.id, BAD[i]);
        assert_string_not_equal(request.id, other.id);
        assert_true(strlen(request.id) > 8);
    }
}

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
    assert_int_equal(allowed("https://a.example,https://b.example", STR("https://b.example")), 2);
    assert_int_equal(allowed("https://a.example,https://b.example", STR("https://b.example.evil")),
                     0);
    assert_int_equal(allowed("https://a.example", STR("null")), 0);
    assert_int_equal(allowed("*", STR("https://c.example")), 2);
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
        cmocka_unit_test(a_sane_request_id_is_kept),
        cmocka_unit_test(another_one_is_replaced_by_a_new_one),
        cmocka_unit_test(methods_are_known_in_capitals_only),
        cmocka_unit_test(only_the_named_origins_may_read_answers),
        cmocka_unit_test(by_default_none_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
