#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/device.h"
#include "store/push.h"

static void a_record_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct device device = {
        .id = STR("i1"),
        .channel = STR("webpush"),
        .created = 1790000000000,
        .n = 2,
        .fields = {{STR("endpoint"), STR("https://push.test/1?a=b")},
                   {STR("keys.auth"), STR("BTBZ_-")}},
    };
    struct device read;
    struct buf record = {0};

    device_write(&device, &record);
    assert_int_equal(device_parse(STR("i1"), buf_view(&record), &read), OK);
    assert_true(str_eq(read.id, device.id));
    assert_true(str_eq(read.channel, device.channel));
    assert_int_equal(read.created, device.created);
    assert_int_equal(read.n, 2);
    assert_true(str_eq(device_get(&read, "endpoint"), STR("https://push.test/1?a=b")));
    assert_true(str_eq(device_get(&read, "keys.auth"), STR("BTBZ_-")));
    assert_true(str_is_none(device_get(&read, "url")));
    buf_fini(&record);
}

static void what_is_no_record_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "7",
        "{}",
        "{\"channel\":\"ntfy\",\"created\":1}",
        "{\"channel\":\"ntfy\",\"created\":\"1\",\"fields\":{}}",
        "{\"channel\":7,\"created\":1,\"fields\":{}}",
        "{\"channel\":\"ntfy\",\"created\":1,\"fields\":[]}",
        "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{\"url\":7}}",
        "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{\"url\":\"a\\u0022\"}}",
        "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{\"a\":\"\",\"b\":\"\",\"c\":\"\","
        "\"d\":\"\",\"e\":\"\"}}",
        "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{}",
    };
    struct device device;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        if (device_parse(STR("i"), str_of(BAD[i]), &device) == OK)
            fail_msg("%s was taken", BAD[i]);
}

static void an_id_is_the_same_for_the_same_endpoint_only(void **state)
{
    (void)state;
    struct id a = device_id(STR("webpush"), STR(""), STR("https://push.test/1"));
    struct id same = device_id(STR("webpush"), STR(""), STR("https://push.test/1"));
    struct id other = device_id(STR("webpush"), STR(""), STR("https://push.test/2"));
    struct id other_channel = device_id(STR("webhook"), STR(""), STR("https://push.test/1"));
    struct id of_ann = device_id(STR("webpush"), STR("ann"), STR("https://push.test/1"));

    assert_true(id_is_valid(str_of(a.text)));
    assert_string_equal(a.text, same.text);
    assert_string_not_equal(a.text, other.text);
    assert_string_not_equal(a.text, other_channel.text);
    assert_string_not_equal(a.text, of_ann.text);
}

static void a_channel_is_found_among_those_that_are_set_up(void **state)
{
    (void)state;
    assert_true(push_has_channel(STR("webhook webpush email"), STR("webpush")));
    assert_true(push_has_channel(STR("email"), STR("email")));
    assert_false(push_has_channel(STR("webhook webpush"), STR("web")));
    assert_false(push_has_channel(STR(""), STR("webhook")));
    assert_false(push_has_channel(STR_NONE, STR("webhook")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(an_id_is_the_same_for_the_same_endpoint_only),
        cmocka_unit_test(a_channel_is_found_among_those_that_are_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
