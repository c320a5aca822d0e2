#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel_url.h"

static struct channel_url parse(const char *text)
{
    struct channel_url url;
    const char *problem = channel_url_parse(str_of(text), &url);

    if (problem)
        fail_msg("%s: %s", text, problem);
    return url;
}

static void assert_str(str got, const char *expected)
{
    if (!str_eq(got, str_of(expected)))
        fail_msg("got %.*s instead of %s", STR_ARG(got), expected);
}

static void a_url_falls_into_its_parts(void **state)
{
    (void)state;
    struct channel_url url = parse("https://Push.Test:8443/a/b?c=d?e");

    assert_true(url.https);
    assert_str(url.host, "Push.Test");
    assert_int_equal(url.port, 8443);
    assert_str(url.path, "/a/b");
    assert_str(url.query, "c=d?e");
    url = parse("HTTP://[2001:db8::1]");
    assert_false(url.https);
    assert_str(url.host, "[2001:db8::1]");
    assert_int_equal(url.port, 80);
    assert_str(url.path, "");
    assert_true(str_is_none(url.query));
    url = parse("https://a?b");
    assert_str(url.host, "a");
    assert_str(url.query, "b");
}

static void what_is_no_url_is_told(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "https://",
        "http://",
        "ftp://a/",
        "//a/",
        "a.example",
        "https:///path",
        "https://user@a/",
        "https://user:pass@a/",
        "https://a:0/",
        "https://a:65536/",
        "https://a:/",
        "https://a:8x/",
        "https://a b/",
        "https://a/\r\nHost: b",
        "https://a/#part",
        "https://a/\"",
        "https://a\\@b/",
        "https://\xd1\x8f.example/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[]/",
        "https://[zz]/",
        "https://.a/",
        "https://-a/",
        "https://a%2eb/",
        "gopher://127.0.0.1/",
    };
    struct channel_url url;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        if (channel_url_parse(str_of(BAD[i]), &url) == NULL)
            fail_msg("%s was taken", BAD[i]);
}

static void private_addresses_are_told_in_every_spelling(void **state)
{
    (void)state;
    static const char *const PRIVATE[] = {
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://0/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://192.168.1.1:8080/",
        "http://172.31.0.1/",
        "http://100.64.0.1/",
        "http://127.0.0.1./",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:10.1.1.1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost/",
        "http://LOCALHOST:9/",
        "http://x.localhost/",
        "http://localhost./",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[1]/",
    };
    for (size_t i = 0; i < sizeof PRIVATE / sizeof PRIVATE[0]; i++) {
        if (channel_url_problem(str_of(PRIVATE[i]), false) == NULL)
            fail_msg("%s was taken", PRIVATE[i]);
        assert_null(channel_url_problem(str_of(PRIVATE[i]), true));
    }
}

static void public_addresses_and_names_are_fine(void **state)
{
    (void)state;
    static const char *const PUBLIC[] = {
        "https://8.8.8.8/",
        "https://[2606:4700::1]/",
        "https://a.example/x",
        "https://mylocalhost/",
        "https://172.32.0.1/",
        "https://localhost.example/",
        "https://127.0.0.1.nip.example/",
        "https://a_b.example:9/",
    };
    for (size_t i = 0; i < sizeof PUBLIC / sizeof PUBLIC[0]; i++) {
        const char *problem = channel_url_problem(str_of(PUBLIC[i]), false);
        if (problem)
            fail_msg("%s: %s", PUBLIC[i], problem);
    }
}

static void an_origin_leaves_out_the_schemes_own_port(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *origin;
        const char *key;
    } CASES[] = {
        {"https://A.Example/x", "https://a.example", "https://a.example:443"},
        {"https://a:443/", "https://a", "https://a:443"},
        {"http://a:443/", "http://a:443", "http://a:443"},
        {"HTTP://a:80?q", "http://a", "http://a:80"},
        {"https://[2001:DB8::1]:1/", "https://[2001:db8::1]:1", "https://[2001:db8::1]:1"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct channel_url url = parse(CASES[i].url);
        struct buf out = {0};
        channel_url_origin(&url, &out);
        assert_string_equal(buf_cstr(&out), CASES[i].origin);
        buf_clear(&out);
        channel_url_host_key(&url, &out);
        assert_string_equal(buf_cstr(&out), CASES[i].key);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_falls_into_its_parts),
        cmocka_unit_test(what_is_no_url_is_told),
        cmocka_unit_test(private_addresses_are_told_in_every_spelling),
        cmocka_unit_test(public_addresses_and_names_are_fine),
        cmocka_unit_test(an_origin_leaves_out_the_schemes_own_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
