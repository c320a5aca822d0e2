#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/http_address.h"

static struct http_address format_v6(const char *text)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    struct http_address address;

    assert_int_equal(inet_pton(AF_INET6, text, &from.sin6_addr), 1);
    http_address_format((const struct sockaddr *)&from, &address);
    return address;
}

static void an_ipv4_address_counts_as_itself(void **state)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xCB007109)};
    struct http_address address;

    (void)state;
    http_address_format((const struct sockaddr *)&from, &address);
    assert_string_equal(address.text, "203.0.113.9");
    assert_string_equal(address.block, "203.0.113.9");
}

static void an_ipv6_address_counts_with_its_64_neighbours(void **state)
{
    struct http_address address = format_v6("2001:db8:1:2:3:4:5:6");

    (void)state;
    assert_string_equal(address.text, "2001:db8:1:2:3:4:5:6");
    assert_string_equal(address.block, "2001:db8:1:2::");
}

static void ipv4_within_ipv6_is_ipv4(void **state)
{
    struct http_address address = format_v6("::ffff:203.0.113.9");

    (void)state;
    assert_string_equal(address.text, "203.0.113.9");
    assert_string_equal(address.block, "203.0.113.9");
}

static void anything_else_is_unknown(void **state)
{
    struct sockaddr from = {.sa_family = AF_UNIX};
    struct http_address address;

    (void)state;
    http_address_format(&from, &address);
    assert_string_equal(address.text, "unknown");
    http_address_format(NULL, &address);
    assert_string_equal(address.block, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_address_counts_as_itself),
        cmocka_unit_test(an_ipv6_address_counts_with_its_64_neighbours),
        cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
        cmocka_unit_test(anything_else_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
