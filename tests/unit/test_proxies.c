#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/proxies.h"

static void expect_client(const char *list, const char *peer, str forwarded_for, const char *client)
{
    struct proxies proxies;
    struct buf why = {0};
    char got[INET6_ADDRSTRLEN];

    assert_int_equal(proxies_parse(str_of(list), &proxies, &why), OK);
    proxies_client(&proxies, str_of(peer), forwarded_for, got);
    assert_string_equal(got, client);
    buf_fini(&why);
}

#define EXPECT(list, peer, forwarded_for, client)                                                  \
    expect_client(list, peer, STR(forwarded_for), client)

static void without_proxies_the_peer_is_the_client(void **state)
{
    (void)state;
    EXPECT("", "10.0.0.1", "1.2.3.4", "10.0.0.1");
    EXPECT("", "unknown", "1.2.3.4", "unknown");
}

static void a_stranger_is_not_believed(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "11.0.0.1", "1.2.3.4", "11.0.0.1");
    EXPECT("10.0.0.1", "10.0.0.2", "1.2.3.4", "10.0.0.2");
    EXPECT("10.0.0.0/8", "::1", "1.2.3.4", "::1");
    EXPECT("10.0.0.0/8", "unknown", "1.2.3.4", "unknown");
}

static void a_proxy_is(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "10.9.8.7", "1.2.3.4", "1.2.3.4");
    EXPECT("10.0.0.1", "10.0.0.1", "1.2.3.4", "1.2.3.4");
    EXPECT("fd00::/8", "fd12::7", "2001:db8::1", "2001:db8::1");
    EXPECT("192.168.0.0/16, 10.0.0.0/8", "10.9.8.7", "1.2.3.4", "1.2.3.4");
    EXPECT("0.0.0.0/0", "203.0.113.7", "1.2.3.4", "1.2.3.4");
    EXPECT("172.16.0.0/12", "172.31.255.255", "1.2.3.4", "1.2.3.4");
    EXPECT("172.16.0.0/12", "172.32.0.0", "1.2.3.4", "172.32.0.0");
}

static void only_the_last_that_is_no_proxy_counts(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4");
    EXPECT("10.0.0.0/8", "10.0.0.1", "6.6.6.6,1.2.3.4,10.0.0.3", "1.2.3.4");
    EXPECT("10.0.0.0/8", "10.0.0.1", "10.0.0.2, 1.2.3.4", "1.2.3.4");
    EXPECT("10.0.0.0/8", "10.0.0.1", "10.0.0.3", "10.0.0.3");
}

static void rubbish_leaves_the_proxy(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "somebody", "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "1.2.3.4,", "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", ",", "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "1.2.3", "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20",
           "10.0.0.1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2");
    EXPECT("10.0.0.0/8", "10.0.0.1", "[::1", "10.0.0.1");
    expect_client("10.0.0.0/8", "10.0.0.1", STR_NONE, "10.0.0.1");
}

static void ports_and_brackets_are_left_out(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "10.0.0.1", "1.2.3.4:5678", "1.2.3.4");
    EXPECT("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]:5678", "2001:db8::1");
    EXPECT("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]", "2001:db8::1");
}

static void ipv4_within_ipv6_is_ipv4(void **state)
{
    (void)state;
    EXPECT("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4");
    EXPECT("::ffff:10.0.0.0/104", "10.0.0.1", "1.2.3.4", "1.2.3.4");
}

static void a_bad_list_is_refused(void **state)
{
    static const char *const BAD[] = {
        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",      "10.0.0.0/8/8", "fd00::/129", "localhost",
        "10.0.0.0/8,", ",",           "10.0.0.0/8;::1", "10.0.0/8",     "10.0.0.0/x", "/8"};
    struct proxies proxies;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct buf why = {0};
        if (proxies_parse(str_of(BAD[i]), &proxies, &why) != ERR_INVALID || why.n == 0)
            fail_msg("\"%s\" is taken", BAD[i]);
        buf_fini(&why);
    }
}

static void there_is_an_end_to_the_list(void **state)
{
    struct proxies proxies;
    struct buf list = {0};
    struct buf why = {0};

    (void)state;
    buf_add_str(&list, STR("::1"));
    for (int i = 1; i < PROXIES_MAX; i++)
        buf_add_str(&list, STR(",::1"));
    assert_int_equal(proxies_parse(buf_view(&list), &proxies, &why), OK);
    assert_int_equal(proxies.n, PROXIES_MAX);
    buf_add_str(&list, STR(",::1"));
    assert_int_equal(proxies_parse(buf_view(&list), &proxies, &why), ERR_INVALID);
    buf_fini(&list);
    buf_fini(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_proxies_the_peer_is_the_client),
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(a_proxy_is),
        cmocka_unit_test(only_the_last_that_is_no_proxy_counts),
        cmocka_unit_test(rubbish_leaves_the_proxy),
        cmocka_unit_test(ports_and_brackets_are_left_out),
        cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
        cmocka_unit_test(a_bad_list_is_refused),
        cmocka_unit_test(there_is_an_end_to_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
