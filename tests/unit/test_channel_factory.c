#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel.h"

static void every_channel_of_the_contract_is_found_by_its_name(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"webhook", "webpush", "ntfy",     "gotify", "email",
                                        "slack",   "discord", "telegram", "fcm",    "apns"};
    size_t n = 0;

    while (channel_at(n))
        n++;
    assert_int_equal(n, sizeof NAMES / sizeof NAMES[0]);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(channel_find(str_of(NAMES[i])));
        assert_string_equal(channel_find(str_of(NAMES[i]))->name, NAMES[i]);
        assert_non_null(strstr(CHANNEL_NAME_RULE, NAMES[i]));
    }
}

static void nothing_else_is(void **state)
{
    (void)state;
    assert_null(channel_find(STR("")));
    assert_null(channel_find(STR("web")));
    assert_null(channel_find(STR("webhooks")));
    assert_null(channel_find(STR("WEBHOOK")));
}

/* What the store and the registration take for granted of any channel (store/device.h, device_input.c). */
static void devices_of_every_channel_can_be_told_apart_and_stored(void **state)
{
    (void)state;
    const struct channel *channel;

    for (size_t i = 0; (channel = channel_at(i)) != NULL; i++) {
        size_t fields = 0;
        size_t identities = 0;
        size_t size = 0;
        for (const struct channel_field *f = channel->fields; f->name; f++) {
            fields++;
            identities += f->identity;
            size += f->max + strlen(f->name);
            assert_true(strlen(f->name) <= DEVICE_NAME_MAX);
            assert_false(f->identity && f->optional);
        }
        assert_in_range(fields, 1, DEVICE_FIELDS_MAX);
        assert_true(identities >= 1);
        assert_true(size < DEVICE_RECORD_MAX - 512);
        assert_non_null(channel->build);
        assert_non_null(channel->judge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_channel_of_the_contract_is_found_by_its_name),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(devices_of_every_channel_can_be_told_apart_and_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
