#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_route.h"

static void handler(struct http_request *request, struct http_response *response)
{
    (void)request;
    (void)response;
}

#define ROUTE(method, path)                                                                        \
    {                                                                                              \
        HTTP_##method, path, 0, HTTP_ON_SERVER, NULL, handler, NULL                                \
    }

static const struct http_route TABLE[] = {
    ROUTE(GET, "/api/rooms"),
    ROUTE(POST, "/api/rooms"),
    ROUTE(GET, "/api/rooms/newest"),
    ROUTE(GET, "/api/rooms/{id}"),
    ROUTE(PUT, "/api/rooms/{id}/members/{user}"),
    ROUTE(DELETE, "/api/rooms/{id}/members/{user}"),
};

static struct http_match match;

static enum http_match_result look_up(enum http_method method, const char *path)
{
    struct http_routes *routes = http_routes_new(TABLE, sizeof TABLE / sizeof TABLE[0]);
    enum http_match_result result = http_routes_match(routes, method, str_of(path), &match);

    http_routes_free(routes);
    return result;
}

static void a_row_is_found_by_method_and_path(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_POST, "/api/rooms"), HTTP_MATCHED);
    assert_ptr_equal(match.route, &TABLE[1]);
}

static void what_stands_for_parameters_is_handed_out_in_order(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_PUT, "/api/rooms/r1/members/alice"), HTTP_MATCHED);
    assert_true(str_eq(match.params[0], STR("r1")));
    assert_true(str_eq(match.params[1], STR("alice")));
}

static void parameters_are_decoded_after_the_path_was_split(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_PUT, "/api/rooms/a%2Fb/members/%c3%a4%20x"), HTTP_MATCHED);
    assert_true(str_eq(match.params[0], STR("a/b")));
    assert_true(str_eq(match.params[1], STR("\xc3\xa4 x")));
}

static void literal_segments_may_be_encoded_too(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_GET, "/%61pi/rooms"), HTTP_MATCHED);
}

static void the_literal_row_above_a_parameter_is_preferred(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_GET, "/api/rooms/newest"), HTTP_MATCHED);
    assert_ptr_equal(match.route, &TABLE[2]);
}

static void an_unknown_path_is_told_from_an_unknown_method(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_GET, "/api/room"), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_DELETE, "/api/rooms"), HTTP_NO_METHOD);
    assert_int_equal(look_up(HTTP_OTHER, "/api/rooms"), HTTP_NO_METHOD);
}

static void allow_names_all_methods_of_the_path(void **state)
{
    struct buf allow = {0};

    (void)state;
    (void)look_up(HTTP_DELETE, "/api/rooms");
    http_allow_text(match.allowed, &allow);
    assert_string_equal(buf_cstr(&allow), "GET, HEAD, POST");
    buf_fini(&allow);
}

static void a_slash_too_many_or_too_few_is_another_path(void **state)
{
    (void)state;
    assert_int_equal(look_up(HTTP_GET, "/api/rooms/"), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_GET, "//api/rooms"), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_GET, "api/rooms"), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_GET, ""), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_GET, "/"), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_PUT, "/api/rooms//members/alice"), HTTP_NO_PATH);
}

static void bad_encoding_is_refused(void **state)
{
    static const char *const BAD[] = {"/api/rooms/%",   "/api/rooms/%4",  "/api/rooms/%zz",
                                      "/api/rooms/%00", "/api/rooms/%0a", "/api/rooms/%ff"};

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(look_up(HTTP_GET, BAD[i]), HTTP_BAD_PATH);
}

static void overlong_and_overdeep_paths_are_unknown(void **state)
{
    char path[HTTP_PATH_MAX + 16];

    (void)state;
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(look_up(HTTP_GET, path), HTTP_NO_PATH);
    assert_int_equal(look_up(HTTP_GET, "/1/2/3/4/5/6/7/8/9"), HTTP_NO_PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_by_method_and_path),
        cmocka_unit_test(what_stands_for_parameters_is_handed_out_in_order),
        cmocka_unit_test(parameters_are_decoded_after_the_path_was_split),
        cmocka_unit_test(literal_segments_may_be_encoded_too),
        cmocka_unit_test(the_literal_row_above_a_parameter_is_preferred),
        cmocka_unit_test(an_unknown_path_is_told_from_an_unknown_method),
        cmocka_unit_test(allow_names_all_methods_of_the_path),
        cmocka_unit_test(a_slash_too_many_or_too_few_is_another_path),
        cmocka_unit_test(bad_encoding_is_refused),
        cmocka_unit_test(overlong_and_overdeep_paths_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
