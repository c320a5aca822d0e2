#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netdb.h>
#include <sys/un.h>

#include "address.h"

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&v4);
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
        fail_msg("%s is no address", text);
    return address_is_public((const struct sockaddr *)&v6);
}

/* As the resolver reads what people write in URLs. */
static bool written_is_public(const char *text)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        fail_msg("%s is no address", text);
    bool good = address_is_public(found->ai_addr);
    freeaddrinfo(found);
    return good;
}

/* The first and the last of each block, and their neighbours outside. */
struct block {
    const char *before; /* NULL: refused too, or there is none */
    const char *first;
    const char *last;
    const char *after;
};

static const struct block V4[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"},
    {"192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
};

static const struct block V6[] = {
    {NULL, "::", "::1", NULL},
    {NULL, "::ffff:0:0", "::ffff:ffff:ffff", NULL},
    {NULL, "100::", "100::ffff:ffff:ffff:ffff", NULL},
    {NULL, "1fff:ffff::", "1fff:ffff:ffff::", "2000::1"},
    {"2000:ffff::1", "2001::", "2001:1ff:ffff::ffff", "2001:200::1"},
    {"2001:db7::1", "2001:db8::", "2001:db8:ffff::ffff", "2001:db9::1"},
    {"2620:4f:7fff::1", "2620:4f:8000::", "2620:4f:8000:ffff::1", "2620:4f:8001::1"},
    {"3ffe::1", "3fff::", "3fff:fff:ffff::1", "3fff:1000::1"},
    {"3fff:ffff::1", "4000::", "4000::1", NULL},
    {NULL, "5f00::1", "5f00:ffff::1", NULL},
    {NULL, "fc00::", "fdff:ffff::1", NULL},
    {NULL, "fe80::", "febf:ffff::1", NULL},
    {NULL, "fec0::", "feff:ffff::1", NULL},
    {NULL, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
};

static void expect(const char *text, bool public)
{
    if (text != NULL && is_public(text) != public)
        fail_msg("%s is taken for %s", text, public ? "private" : "public");
}

static void expect_blocks(const struct block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        expect(blocks[i].before, true);
        expect(blocks[i].first, false);
        expect(blocks[i].last, false);
        expect(blocks[i].after, true);
    }
}

static void every_special_block_of_ipv4_is_refused_and_no_more(void **state)
{
    (void)state;
    expect_blocks(V4, sizeof V4 / sizeof V4[0]);
}

static void every_special_block_of_ipv6_is_refused_and_no_more(void **state)
{
    (void)state;
    expect_blocks(V6, sizeof V6 / sizeof V6[0]);
}

static void what_providers_have_is_public(void **state)
{
    static const char *const GOOD[] = {"8.8.8.8",
                                       "1.1.1.1",
                                       "93.184.216.34",
                                       "142.250.185.78",
                                       "2606:4700:4700::1111",
                                       "2a00:1450:4001:81b::200e",
                                       "2001:4860:4860::8888"};

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        expect(GOOD[i], true);
}

/* Every private IPv4 address in every dress that IPv6 has for it, and a public one. */
static void an_ipv4_address_is_judged_in_each_of_its_dresses(void **state)
{
    static const struct {
        const char *v4;
        const char *nat64;
        const char *six_to_four;
        const char *isatap;
        bool public;
    } ROWS[] = {
        {"127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2a00::5efe:7f00:1", false},
        {"10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1", "2a00::200:5efe:a01:203", false},
        {"169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2a00::5efe:a9fe:a9fe",
         false},
        {"192.168.0.1", "64:ff9b::c0a8:1", "2002:c0a8:1::1", "2a00::5efe:c0a8:1", false},
        {"100.64.0.1", "64:ff9b::6440:1", "2002:6440:1::1", "2a00::5efe:6440:1", false},
        {"0.0.0.0", "64:ff9b::", "2002::1", "2a00::5efe:0:0", false},
        {"255.255.255.255", "64:ff9b::ffff:ffff", "2002:ffff:ffff::1", "2a00::5efe:ffff:ffff",
         false},
        {"8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2a00::5efe:808:808", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        expect(ROWS[i].v4, ROWS[i].public);
        expect(ROWS[i].nat64, ROWS[i].public);
        expect(ROWS[i].six_to_four, ROWS[i].public);
        expect(ROWS[i].isatap, ROWS[i].public);
    }
    expect("::ffff:8.8.8.8", false); /* mapped and compatible: nobody needs to write those */
    expect("::ffff:127.0.0.1", false);
    expect("::127.0.0.1", false);
    expect("::8.8.8.8", false);
    expect("::ffff:0:8.8.8.8", false);                     /* translated, RFC 2765 */
    expect("64:ff9b:1::8.8.8.8", false);                   /* NAT64 of a network of its own */
    expect("2001:0:4136:e378:8000:63bf:3fff:fdd2", false); /* Teredo */
}

static void other_spellings_are_no_way_around(void **state)
{
    static const char *const LOOPBACK[] = {"127.1",      "127.0.1", "2130706433",   "0x7f000001",
                                           "0177.0.0.1", "0x7f.1",  "017700000001", "0"};
    static const char *const OTHERS[] = {"10.1",          "0xa9fea9fe", "2852039166", "192.168.257",
                                         "0300.0250.0.1", "fe80::1%1",  "4294967295"};

    (void)state;
    for (size_t i = 0; i < sizeof LOOPBACK / sizeof LOOPBACK[0]; i++)
        assert_false(written_is_public(LOOPBACK[i]));
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        assert_false(written_is_public(OTHERS[i]));
    assert_true(written_is_public("134744072")); /* 8.8.8.8 */
}

static void other_families_are_refused(void **state)
{
    const struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    const struct sockaddr none = {.sa_family = AF_UNSPEC};

    (void)state;
    assert_false(address_is_public((const struct sockaddr *)&local));
    assert_false(address_is_public(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_special_block_of_ipv4_is_refused_and_no_more),
        cmocka_unit_test(every_special_block_of_ipv6_is_refused_and_no_more),
        cmocka_unit_test(what_providers_have_is_public),
        cmocka_unit_test(an_ipv4_address_is_judged_in_each_of_its_dresses),
        cmocka_unit_test(other_spellings_are_no_way_around),
        cmocka_unit_test(other_families_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
