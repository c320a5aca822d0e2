#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "redis/redis_url.h"

static struct redis_url parsed(const char *text)
{
    struct redis_url url;
    const char *why = NULL;

    if (redis_url_parse(str_of(text), &url, &why) != OK)
        fail_msg("%s: %s", text, why);
    return url;
}

static void refused_n(str text)
{
    struct redis_url url = {.port = 77, .host = "untouched"};
    const char *why = NULL;

    if (redis_url_parse(text, &url, &why) != ERR_INVALID)
        fail_msg("not refused: %.*s", STR_ARG(text));
    assert_non_null(why);
    assert_int_equal(url.port, 77);
    assert_string_equal(url.host, "untouched");
    assert_null(strstr(why, "s3cret"));
}

static void refused(const char *text)
{
    refused_n(str_of(text));
}

static void host_and_port_are_enough(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://localhost:6380");
    assert_string_equal(url.host, "localhost");
    assert_string_equal(url.path, "");
    assert_int_equal(url.port, 6380);
    assert_int_equal(url.db, 0);
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "");
}

static void the_port_is_6379_when_not_said(void **state)
{
    (void)state;
    assert_int_equal(parsed("redis://redis").port, 6379);
    assert_int_equal(parsed("redis://redis/").port, 6379);
    assert_int_equal(parsed("redis://[::1]").port, 6379);
}

static void a_database_can_be_named(void **state)
{
    (void)state;
    assert_int_equal(parsed("redis://h:1/15").db, 15);
    assert_int_equal(parsed("redis://h/").db, 0);
    assert_int_equal(parsed("unix:///run/r.sock?db=3").db, 3);
}

static void user_and_password_are_decoded(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://al%3aice:p%40ss%2Fw%25:rd@h");
    assert_string_equal(url.user, "al:ice");
    assert_string_equal(url.password, "p@ss/w%:rd");
    assert_string_equal(url.host, "h");
}

static void a_password_may_stand_alone(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://:s3cret@h:1");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "s3cret");
}

static void the_last_at_sign_ends_the_password(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://u:a@b@h");
    assert_string_equal(url.password, "a@b");
    assert_string_equal(url.host, "h");
}

static void an_ipv6_host_stands_in_brackets(void **state)
{
    (void)state;
    struct redis_url url = parsed("redis://u:p@[fe80::1]:7000/2");
    assert_string_equal(url.host, "fe80::1");
    assert_int_equal(url.port, 7000);
    assert_int_equal(url.db, 2);
    refused("redis://[::1");
    refused("redis://[::1]7000");
    refused("redis://[127.0.0.1]");
    refused("redis://[]:1");
    refused("redis://::1");
}

static void a_unix_socket_has_an_absolute_path(void **state)
{
    (void)state;
    struct redis_url url = parsed("unix://chat:p%40ss@/run/redis/r.sock?db=1");
    assert_string_equal(url.user, "chat");
    assert_string_equal(url.password, "p@ss");
    assert_string_equal(url.path, "/run/redis/r.sock");
    assert_int_equal(url.db, 1);
    url = parsed("unix:///run/redis/r.sock");
    assert_string_equal(url.path, "/run/redis/r.sock");
    assert_string_equal(url.host, "");
    refused("unix://run/r.sock");
    refused("unix://user@/r.sock");
    refused("unix://user:@/r.sock");
    refused("unix://user:pass@");
    refused("unix://user:pass@run/r.sock");
    refused("unix://");
    refused("unix:///");
    refused("unix:///r.sock?");
    refused("unix:///r.sock?db=");
    refused("unix:///r.sock?db=x");
    refused("unix:///r.sock?database=1");
}

static void a_path_as_long_as_the_kernel_takes_is_taken(void **state)
{
    (void)state;
    char text[256];
    int n = snprintf(text, sizeof text, "unix:///%0*d", 106, 0);
    assert_int_equal(strlen(parsed(text).path), 107);
    text[n] = '0';
    text[n + 1] = '\0';
    refused(text);
}

static void other_schemes_are_refused(void **state)
{
    (void)state;
    refused("");
    refused("localhost:6379");
    refused("rediss://h");
    refused("REDIS://h");
    refused("http://h");
    refused("unix:/r.sock");
    refused_n(STR_NONE);
}

static void bad_hosts_are_refused(void **state)
{
    (void)state;
    refused("redis://");
    refused("redis://:6379");
    refused("redis:///1");
    refused("redis://a b");
    refused("redis://h\r\nX");
    refused("redis://h%41");
    refused_n(STR("redis://h\0st"));
}

static void bad_ports_and_databases_are_refused(void **state)
{
    (void)state;
    refused("redis://h:");
    refused("redis://h:0");
    refused("redis://h:65536");
    refused("redis://h:-1");
    refused("redis://h:06379");
    refused("redis://h:1x");
    refused("redis://h/-1");
    refused("redis://h/x");
    refused("redis://h/1/2");
    refused("redis://h/99999999999");
    refused("redis://h?db=1");
    refused("redis://h/1?x");
    refused("redis://h#1");
}

static void bad_passwords_are_refused_and_not_repeated(void **state)
{
    (void)state;
    refused("redis://s3cret@h");
    refused("redis://u:@h");
    refused("redis://:@h");
    refused("redis://@h");
    refused("redis://u:s3cret%@h");
    refused("redis://u:s3cret%4@h");
    refused("redis://u:s3cret%zz@h");
    refused("redis://u:s3cret%00@h");
    refused_n(STR("redis://u:s3cret\0@h"));
    refused("redis://u:s3cret@");
    refused("redis://u:s3cret@h:port");
}

static void texts_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char text[600];
    (void)snprintf(text, sizeof text, "redis://u:%0255d@h", 0);
    assert_int_equal(strlen(parsed(text).password), 255);
    (void)snprintf(text, sizeof text, "redis://u:%0256d@h", 0);
    refused(text);
    (void)snprintf(text, sizeof text, "redis://%0256d:p@h", 0);
    refused(text);
    (void)snprintf(text, sizeof text, "redis://%0256d", 0);
    refused(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_enough),
        cmocka_unit_test(the_port_is_6379_when_not_said),
        cmocka_unit_test(a_database_can_be_named),
        cmocka_unit_test(user_and_password_are_decoded),
        cmocka_unit_test(a_password_may_stand_alone),
        cmocka_unit_test(the_last_at_sign_ends_the_password),
        cmocka_unit_test(an_ipv6_host_stands_in_brackets),
        cmocka_unit_test(a_unix_socket_has_an_absolute_path),
        cmocka_unit_test(a_path_as_long_as_the_kernel_takes_is_taken),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(bad_hosts_are_refused),
        cmocka_unit_test(bad_ports_and_databases_are_refused),
        cmocka_unit_test(bad_passwords_are_refused_and_not_repeated),
        cmocka_unit_test(texts_that_are_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
