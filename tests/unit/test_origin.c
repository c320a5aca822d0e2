#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ws/origin.h"

static bool allowed(const char *origin, const char *host, const char *list)
{
    return origin_is_allowed(str_of(origin), str_of(host), str_of(list));
}

static bool same_host(const char *origin, const char *host)
{
    return allowed(origin, host, "");
}

static void no_origin_is_fine(void **state)
{
    (void)state;
    assert_true(origin_is_allowed(STR_NONE, STR("chat.example"), STR("")));
    assert_true(origin_is_allowed(STR_NONE, STR("chat.example"), STR("https://a.example")));
    assert_true(same_host("", "chat.example"));
}

static void the_same_host_may_on_any_port_and_scheme(void **state)
{
    (void)state;
    assert_true(same_host("http://chat.example", "chat.example"));
    assert_true(same_host("https://chat.example", "chat.example:8081"));
    assert_true(same_host("http://chat.example:8080", "chat.example:8081"));
    assert_true(same_host("http://chat.example:8080", "chat.example"));
    assert_true(same_host("http://127.0.0.1:8080", "127.0.0.1:8081"));
}

static void host_names_have_no_case(void **state)
{
    (void)state;
    assert_true(same_host("HTTP://Chat.Example:80", "chat.EXAMPLE"));
    assert_true(same_host("http://[FE80::A]:1", "[fe80::a]"));
}

static void another_host_may_not(void **state)
{
    (void)state;
    assert_false(same_host("http://evil.example", "chat.example"));
    assert_false(same_host("http://chat.example.evil.example", "chat.example"));
    assert_false(same_host("http://evil-chat.example", "chat.example"));
    assert_false(same_host("http://chat.exampl", "chat.example"));
    assert_false(same_host("http://example", "chat.example"));
    assert_false(same_host("http://localhost:8081", "127.0.0.1:8081"));
    assert_false(same_host("http://chat.example@evil.example", "chat.example"));
    assert_false(same_host("http://evil.example#chat.example", "chat.example"));
}

static void ipv6_addresses_are_compared_whole(void **state)
{
    (void)state;
    assert_true(same_host("http://[::1]", "[::1]"));
    assert_true(same_host("http://[::1]:8080", "[::1]:8081"));
    assert_true(same_host("http://[2001:db8::7]:8080", "[2001:db8::7]"));
    assert_false(same_host("http://[::1]:8080", "[::2]:8080"));
    assert_false(same_host("http://[::1]", "[::11]"));
    assert_false(same_host("http://[2001:db8::7]", "[2001:db8::8]"));
    assert_false(same_host("http://[::1", "[::1]"));
    assert_false(same_host("http://[::1]", "::1"));
}

static void a_page_without_an_origin_of_its_own_may_not(void **state)
{
    (void)state;
    assert_false(same_host("null", "null"));
    assert_false(same_host("null", "chat.example"));
    assert_false(allowed("null", "chat.example", "https://chat.example"));
}

static void what_is_no_origin_may_not(void **state)
{
    (void)state;
    assert_false(same_host("chat.example", "chat.example"));
    assert_false(same_host("//chat.example", "chat.example"));
    assert_false(same_host("http:/chat.example", "chat.example"));
    assert_false(same_host("http://", "chat.example"));
    assert_false(same_host("http://", ""));
    assert_false(same_host("http://:80", ":80"));
    assert_false(same_host("x", "x"));
}

static void a_missing_host_header_allows_nobody(void **state)
{
    (void)state;
    assert_false(origin_is_allowed(STR("http://chat.example"), STR_NONE, STR("")));
    assert_false(same_host("http://chat.example", ""));
}

static void a_star_allows_any(void **state)
{
    (void)state;
    assert_true(allowed("http://evil.example", "chat.example", "*"));
    assert_true(allowed("null", "chat.example", "*"));
    assert_true(allowed("rubbish", "", "*"));
}

static void a_list_allows_what_is_on_it(void **state)
{
    (void)state;
    static const char LIST[] = "https://a.example,https://b.example:8443,http://[::1]:80";
    assert_true(allowed("https://a.example", "x", LIST));
    assert_true(allowed("https://b.example:8443", "x", LIST));
    assert_true(allowed("http://[::1]:80", "x", LIST));
    assert_true(allowed("HTTPS://A.Example", "x", LIST));
}

static void a_list_is_compared_whole(void **state)
{
    (void)state;
    static const char LIST[] = "https://a.example,https://b.example:8443";
    assert_false(allowed("http://a.example", "x", LIST));
    assert_false(allowed("https://a.example:443", "x", LIST));
    assert_false(allowed("https://a.example.evil", "x", LIST));
    assert_false(allowed("https://b.example", "x", LIST));
    assert_false(allowed("https://a.example,https://b.example:8443", "x", LIST));
    assert_false(allowed("a.example", "x", LIST));
    assert_false(allowed("*", "x", LIST));
}

static void a_list_replaces_the_same_host(void **state)
{
    (void)state;
    assert_false(allowed("https://chat.example", "chat.example", "https://a.example"));
    assert_true(allowed("https://a.example", "chat.example", ",https://a.example,"));
    assert_false(allowed("https://chat.example", "chat.example", ","));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_origin_is_fine),
        cmocka_unit_test(the_same_host_may_on_any_port_and_scheme),
        cmocka_unit_test(host_names_have_no_case),
        cmocka_unit_test(another_host_may_not),
        cmocka_unit_test(ipv6_addresses_are_compared_whole),
        cmocka_unit_test(a_page_without_an_origin_of_its_own_may_not),
        cmocka_unit_test(what_is_no_origin_may_not),
        cmocka_unit_test(a_missing_host_header_allows_nobody),
        cmocka_unit_test(a_star_allows_any),
        cmocka_unit_test(a_list_allows_what_is_on_it),
        cmocka_unit_test(a_list_is_compared_whole),
        cmocka_unit_test(a_list_replaces_the_same_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
