#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/instance.h"

#define ID "abcdefghijklmnopqrstuvwx"
#define RECORD                                                                                     \
    "{\"id\":\"" ID                                                                                \
    "\",\"kind\":\"chat\",\"url\":\"ws://127.0.0.1:8081/chat\",\"version\":\"0.1.0\","             \
    "\"connections\":7,\"lag_ms\":3"
#define FULL_RECORD RECORD ",\"connections_max\":19000}"

static void a_record_is_read_as_it_was_written(void **state)
{
    struct instance read = {0};
    struct buf record = {0};

    (void)state;
    assert_int_equal(instance_decode(STR(FULL_RECORD), &read), OK);
    assert_string_equal(read.id, ID);
    assert_string_equal(read.kind, "chat");
    assert_string_equal(read.url, "ws://127.0.0.1:8081/chat");
    assert_string_equal(read.version, "0.1.0");
    assert_int_equal(read.connections, 7);
    assert_int_equal(read.lag_ms, 3);
    assert_int_equal(read.connections_max, 19000);
    instance_encode(&read, &record);
    assert_string_equal(buf_cstr(&record), FULL_RECORD);
    buf_fini(&record);
}

static void how_many_it_takes_need_not_be_said(void **state)
{
    struct instance read = {.connections_max = 42};
    struct buf record = {0};

    (void)state;
    assert_int_equal(instance_decode(STR(RECORD "}"), &read), OK);
    assert_int_equal(read.connections_max, 0);
    instance_encode(&read, &record);
    assert_string_equal(buf_cstr(&record), RECORD "}");
    buf_fini(&record);
}

static void what_a_newer_server_adds_is_skipped(void **state)
{
    struct instance read;

    (void)state;
    assert_int_equal(instance_decode(STR(RECORD ",\"zone\":{\"name\":\"eu\"}}"), &read), OK);
}

static void damaged_ones_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "nonsense",
        "[]",
        "{}",
        RECORD,
        "{\"id\":\"short\",\"kind\":\"chat\",\"url\":\"ws://"
        "a\",\"version\":\"1\",\"connections\":0,"
        "\"lag_ms\":0}",
        "{\"id\":\"" ID "\",\"kind\":\"\",\"url\":\"ws://a\",\"version\":\"1\",\"connections\":0,"
        "\"lag_ms\":0}",
        "{\"id\":\"" ID
        "\",\"kind\":\"chat\",\"url\":\"ws://a\",\"version\":\"1\",\"connections\":-1,"
        "\"lag_ms\":0}",
        "{\"id\":\"" ID
        "\",\"kind\":\"chat\",\"url\":\"ws://a\",\"version\":\"1\",\"connections\":0,"
        "\"lag_ms\":\"0\"}",
        RECORD ",\"connections_max\":-1}",
    };
    struct instance read = {.lag_ms = 42};

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(instance_decode(str_of(BAD[i]), &read), ERR_INVALID);
    assert_int_equal(read.lag_ms, 42);
}

static void a_url_that_does_not_fit_is_refused(void **state)
{
    struct instance instance = {.id = ID, .kind = "chat", .version = "1"};
    struct instance read;
    struct buf record = {0};

    (void)state;
    memset(instance.url, 'u', INSTANCE_URL_MAX);
    instance_encode(&instance, &record);
    assert_int_equal(instance_decode(buf_view(&record), &read), OK);
    assert_int_equal(strlen(read.url), INSTANCE_URL_MAX);
    buf_clear(&record);
    buf_printf(&record,
               "{\"id\":\"" ID "\",\"kind\":\"chat\",\"url\":\"%su\",\"version\":\"1\","
               "\"connections\":0,\"lag_ms\":0}",
               instance.url);
    assert_int_equal(instance_decode(buf_view(&record), &read), ERR_INVALID);
    buf_fini(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(how_many_it_takes_need_not_be_said),
        cmocka_unit_test(what_a_newer_server_adds_is_skipped),
        cmocka_unit_test(damaged_ones_are_refused),
        cmocka_unit_test(a_url_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
