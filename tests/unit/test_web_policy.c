#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web_policy.h"

static void assert_policy(str host, str servers, const char *expected)
{
    struct buf policy = {0};

    assert_true(web_policy_connect(host, servers, &policy));
    assert_string_equal(buf_cstr(&policy), expected);
    buf_fini(&policy);
}

static void assert_none(str host, str servers)
{
    struct buf policy = {0};

    assert_false(web_policy_connect(host, servers, &policy));
    assert_int_equal(policy.n, 0);
}

static void sockets_go_to_the_pages_own_host_on_any_port(void **state)
{
    (void)state;
    assert_policy(STR("127.0.0.1:8080"), STR_NONE,
                  "connect-src 'self' ws://127.0.0.1:* wss://127.0.0.1:*");
    assert_policy(STR("chat.example"), STR(""),
                  "connect-src 'self' ws://chat.example:* wss://chat.example:*");
}

static void and_to_the_servers_hosts_each_once(void **state)
{
    (void)state;
    assert_policy(
        STR("a.example"),
        STR("ws://a.example:8081/chat wss://b.example/chat ws://b.example:8083/presence "),
        "connect-src 'self' ws://a.example:* wss://a.example:* ws://b.example:* "
        "wss://b.example:*");
}

static void what_cannot_be_spelled_narrows_nothing(void **state)
{
    const str odd[] = {STR("nonsense"), STR("ws:///chat"), STR("ws://[::1]:1/"), STR("ws://a;x/")};
    char name[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    (void)state;
    assert_none(STR("[::1]:8080"), STR(""));
    assert_none(STR_NONE, STR(""));
    assert_none(STR("a;script-src *"), STR(""));
    for (size_t i = 0; i < 4; i++)
        assert_none(STR("a.example"), odd[i]);
    assert_none(str_of(name), STR(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_go_to_the_pages_own_host_on_any_port),
        cmocka_unit_test(and_to_the_servers_hosts_each_once),
        cmocka_unit_test(what_cannot_be_spelled_narrows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
