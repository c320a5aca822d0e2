#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "daemon/advertise.h"

static void urls_that_others_can_use_are_good(void **state)
{
    static const char *const GOOD[] = {"",
                                       "ws://chat.example.org",
                                       "wss://chat.example.org",
                                       "wss://chat.example.org:443/chat",
                                       "ws://10.0.0.7:8081",
                                       "ws://[2001:db8::7]:8081/chat",
                                       "ws://[::1]",
                                       "wss://example.org/a/b-c_d~e/%20"};
    struct buf why = {0};

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        assert_int_equal(advertise_check(str_of(GOOD[i]), "ws", &why), OK);
        assert_int_equal(why.n, 0);
    }
    assert_int_equal(advertise_check(STR("https://push.example.org"), "http", &why), OK);
    buf_fini(&why);
}

static void others_are_refused_and_it_is_said_why(void **state)
{
    static const char *const BAD[][2] = {
        {"chat.example.org", "must begin with ws:// or wss://"},
        {"http://chat.example.org", "must begin with ws:// or wss://"},
        {"wsx://chat.example.org", "must begin with"},
        {"ws://", "no host"},
        {"ws:///chat", "no host"},
        {"ws://:8081", "no host"},
        {"ws://user@host", "characters"},
        {"ws://user:secret@host", "port"},
        {"ws://ho st", "characters"},
        {"ws://host:0", "port"},
        {"ws://host:65536", "port"},
        {"ws://host:", "port"},
        {"ws://host:80:80", "port"},
        {"ws://[::1", "brackets"},
        {"ws://[nonsense]", "brackets"},
        {"ws://[::1]8081", "between"},
        {"ws://::1:8081", "no host"},
        {"ws://host/a?b=c", "path"},
        {"ws://host/a#b", "path"},
        {"ws://host/\"", "path"},
        {"ws://host/\n", "path"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct buf why = {0};
        assert_int_equal(advertise_check(str_of(BAD[i][0]), "ws", &why), ERR_INVALID);
        assert_non_null(strstr(buf_cstr(&why), BAD[i][1]));
        buf_fini(&why);
    }
}

static void one_that_is_too_long_is_refused(void **state)
{
    struct buf url = {0};
    struct buf why = {0};

    (void)state;
    buf_add_str(&url, STR("ws://"));
    while (url.n < ADVERTISE_MAX)
        buf_add_char(&url, 'a');
    assert_int_equal(advertise_check(buf_view(&url), "ws", &why), OK);
    buf_add_char(&url, 'a');
    assert_int_equal(advertise_check(buf_view(&url), "ws", &why), ERR_INVALID);
    buf_fini(&url);
    buf_fini(&why);
}

static void expect_url(const char *given, const char *address, const char *expected)
{
    struct buf url = {0};

    advertise_url(str_of(given), "ws", address, 8081, "/chat", &url);
    assert_string_equal(buf_cstr(&url), expected);
    buf_fini(&url);
}

static void the_url_follows_from_address_and_port(void **state)
{
    (void)state;
    expect_url("", "127.0.0.1", "ws://127.0.0.1:8081/chat");
    expect_url("", "2001:db8::7", "ws://[2001:db8::7]:8081/chat");
}

static void a_given_one_gets_the_path_that_it_lacks(void **state)
{
    (void)state;
    expect_url("wss://chat.example.org", "127.0.0.1", "wss://chat.example.org/chat");
    expect_url("wss://chat.example.org/", "127.0.0.1", "wss://chat.example.org/chat");
    expect_url("wss://example.org/eu/chat", "127.0.0.1", "wss://example.org/eu/chat");
    expect_url("wss://example.org:444", "127.0.0.1", "wss://example.org:444/chat");
}

static void who_listens_on_one_address_has_it(void **state)
{
    char address[64];

    (void)state;
    advertise_address("192.0.2.7", address, sizeof address);
    assert_string_equal(address, "192.0.2.7");
    advertise_address("::1", address, sizeof address);
    assert_string_equal(address, "::1");
}

static void who_listens_on_all_has_one_of_the_machine(void **state)
{
    static const char *const ALL[] = {"0.0.0.0", "::"};
    unsigned char bytes[sizeof(struct in6_addr)];
    char address[64];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        advertise_address(ALL[i], address, sizeof address);
        assert_true(inet_pton(AF_INET, address, bytes) == 1 ||
                    inet_pton(AF_INET6, address, bytes) == 1);
        assert_string_not_equal(address, ALL[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_that_others_can_use_are_good),
        cmocka_unit_test(others_are_refused_and_it_is_said_why),
        cmocka_unit_test(one_that_is_too_long_is_refused),
        cmocka_unit_test(the_url_follows_from_address_and_port),
        cmocka_unit_test(a_given_one_gets_the_path_that_it_lacks),
        cmocka_unit_test(who_listens_on_one_address_has_it),
        cmocka_unit_test(who_listens_on_all_has_one_of_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
