#include <stdio.h>

#include "channel_story.h"
#include "gates.h"
#include "redis_story.h"
#include "user_devices.h"

static struct buf wire;
static size_t given;

/* One more device of the reply. */
static void give(const char *id, const char *record)
{
    buf_printf(&wire, "$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(id), id, strlen(record), record);
    given++;
}

static const char *record_of(const char *channel, const char *field, const char *value)
{
    static char text[4096];

    (void)snprintf(text, sizeof text,
                   "{\"channel\":\"%s\",\"created\":7,\"fields\":{\"%s\":\"%s\"}}", channel, field,
                   value);
    return text;
}

static struct user_devices *read_given(void)
{
    const struct channel_settings settings = no_settings();
    struct buf whole = {0};

    buf_printf(&whole, "*%zu\r\n%.*s", 2 * given, STR_ARG(buf_view(&wire)));
    struct redisReply *reply = read_reply(buf_view(&whole));
    struct user_devices *all = user_devices_read(reply, &settings);
    reply_free(reply); /* nothing of it is looked at any more */
    buf_fini(&whole);
    buf_clear(&wire);
    given = 0;
    return all;
}

#define IS(text, expected) assert_true(str_eq(text, STR(expected)))

static void each_has_its_gate(void **state)
{
    (void)state;
    give("one", record_of("webhook", "url", "https://Hooks.test/in?x=1"));
    give("two", record_of("telegram", "chat_id", "1"));
    give("three", record_of("webpush", "endpoint", "http://[::1]:8080/push"));
    struct user_devices *all = read_given();

    assert_int_equal(all->n, 3);
    IS(all->devices[0].device.id, "one");
    IS(all->devices[0].gate, "webhook https://hooks.test:443");
    assert_true(all->devices[0].is_users);
    IS(device_get(&all->devices[0].device, "url"), "https://Hooks.test/in?x=1");
    IS(all->devices[1].gate, "telegram https://telegram.test:443");
    assert_false(all->devices[1].is_users);
    IS(all->devices[2].gate, "webpush http://[::1]:8080");
    for (size_t i = 0; i < all->n; i++)
        assert_null(all->devices[i].problem);
    user_devices_unref(&all);
    assert_null(all);
}

static void one_that_cannot_be_sent_to_says_why(void **state)
{
    (void)state;
    give("one", record_of("pigeon", "loft", "3"));
    give("two", record_of("webhook", "url", "no URL"));
    give("three", "{\"channel\":\"webhook\"");
    give("four", record_of("slack", "url", "https://slack.test/x"));
    give("five", record_of("email", "address", "ann@mail.test")); /* without --smtp-url */
    struct user_devices *all = read_given();

    assert_int_equal(all->n, 4);
    assert_string_equal(all->devices[0].problem, "no such channel");
    assert_string_equal(all->devices[1].problem, "the device's URL is none");
    IS(all->devices[2].device.id, "four"); /* the damaged one is left out */
    assert_null(all->devices[2].problem);
    assert_string_equal(all->devices[3].problem, "its channel is not set up on this server");
    user_devices_unref(&all);
}

/* Many devices whose gates' names are as long as they may be, or longer: what was kept before must not move. */
static void long_names_do_not_move_the_others(void **state)
{
    enum { MANY = 40, HOST = 253 };
    char url[HOST + 32];
    char id[16];

    (void)state;
    (void)snprintf(url, sizeof url, "http://%0*d.test/", HOST - 5, 1);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "device-%d", i);
        give(id, record_of("webhook", "url", url));
    }
    struct user_devices *all = read_given();
    assert_int_equal(all->n, MANY);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "device-%d", i);
        assert_true(str_eq(all->devices[i].device.id, str_of(id)));
        assert_true(str_starts(all->devices[i].gate, STR("webhook http://000")));
        assert_true(all->devices[i].gate.n <= GATE_NAME_MAX);
        assert_true(str_eq(device_get(&all->devices[i].device, "url"), str_of(url)));
    }
    user_devices_unref(&all);
}

static void it_stays_for_the_last_who_has_it(void **state)
{
    (void)state;
    give("one", record_of("webhook", "url", "https://hooks.test/"));
    struct user_devices *all = read_given();
    struct user_devices *mine = user_devices_ref(all);

    user_devices_unref(&all);
    IS(mine->devices[0].gate, "webhook https://hooks.test:443");
    user_devices_unref(&mine);
    user_devices_unref(&mine); /* nobody's */
}

static void nobody_has_none(void **state)
{
    (void)state;
    struct user_devices *all = read_given();

    assert_int_equal(all->n, 0);
    user_devices_unref(&all);
    all = user_devices_removed(STR("one"), STR("fcm"));
    IS(all->devices[0].device.id, "one");
    IS(all->devices[0].device.channel, "fcm");
    assert_non_null(all->devices[0].problem);
    user_devices_unref(&all);
}

static int end(void **state)
{
    (void)state;
    buf_fini(&wire);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_gate),
        cmocka_unit_test(one_that_cannot_be_sent_to_says_why),
        cmocka_unit_test(long_names_do_not_move_the_others),
        cmocka_unit_test(it_stays_for_the_last_who_has_it),
        cmocka_unit_test(nobody_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
