#include "channel_story.h"

/* A key of the tests' own. */
#define PEM                                                                                        \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCftF9hsZXxsRy9x4\n"                           \
    "LwkAEVl5pyLMb7CYHUbo/TYgcvWhRANCAAQOhFGE7Av9xhYPi6gvn6Azn5TK5rE1\n"                           \
    "pnty2kSe4mDiwbno4d1FmyOW2Xm/6NdsySqDCGO13WroAhx8OjpwOpTt\n"                                   \
    "-----END PRIVATE KEY-----\n"

#define TOKEN "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"

static struct story s;

static struct channel_settings apple(void)
{
    struct channel_settings settings = no_settings();

    settings.apns_key = PEM;
    settings.apns_key_id = "KEY1234567";
    settings.apns_team_id = "TEAM123456";
    settings.apns_topic = "org.example.chat";
    return settings;
}

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = apple();

    story_begin(&s, "apns", &settings);
    story_device(&s, "token", TOKEN);
    s.token = STR("a.b.c");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void a_request_is_http_2_with_apples_headers(void **state)
{
    (void)state;
    story_build(&s);
    assert_true(s.request.http2);
    assert_false(s.request.url_is_users);
    assert_string_equal(buf_cstr(&s.request.url), "https://apns.test/3/device/" TOKEN);
    assert_string_equal(buf_cstr(&s.place.host), "https://apns.test:443");
    assert_string_equal(story_header(&s, "Authorization"), "bearer a.b.c");
    assert_string_equal(story_header(&s, "apns-topic"), "org.example.chat");
    assert_string_equal(story_header(&s, "apns-push-type"), "alert");
    assert_string_equal(story_header(&s, "apns-priority"), "10");
    assert_string_equal(story_header(&s, "apns-expiration"), "1790000060");
    assert_string_equal(story_header(&s, "apns-collapse-id"), "");
    assert_body(&s, "{\"aps\":{\"alert\":{\"title\":\"Alice\",\"body\":\"hi bob\"},"
                    "\"sound\":\"default\"},\"id\":\"" NOTIFICATION_ID "\"}");
}

static void a_low_one_is_quiet_and_may_wait(void **state)
{
    (void)state;
    s.notification.priority = PRIORITY_LOW;
    s.notification.collapse = STR("c1");
    s.notification.expires_ms = 0;
    story_build(&s);
    assert_string_equal(story_header(&s, "apns-priority"), "5");
    assert_string_equal(story_header(&s, "apns-expiration"), "");
    assert_int_equal(strlen(story_header(&s, "apns-collapse-id")), 32);
    assert_body(&s, "{\"aps\":{\"alert\":{\"title\":\"Alice\",\"body\":\"hi bob\"}},"
                    "\"id\":\"" NOTIFICATION_ID "\"}");
}

static void the_id_is_a_uuid_that_every_try_has(void **state)
{
    (void)state;
    char id[64];

    story_build(&s);
    (void)snprintf(id, sizeof id, "%s", story_header(&s, "apns-id"));
    assert_int_equal(strlen(id), 36);
    story_build(&s);
    assert_string_equal(story_header(&s, "apns-id"), id);
    s.device.id = STR("other");
    story_build(&s);
    assert_string_not_equal(story_header(&s, "apns-id"), id);
}

/* Apple refuses one that is over an hour old, and more than one in 20 minutes. */
static void a_provider_token_is_made_here_and_kept_for_40_minutes(void **state)
{
    (void)state;
    struct channel_token token = {0};
    struct channel_request ask = {0};

    assert_int_equal(s.channel->token->make(s.env, NOW_MS, &token, &ask, &s.why), OK);
    assert_true(token.text.n > 100);
    assert_int_equal(ask.url.n, 0);
    assert_int_equal(token.renew_ms, NOW_MS + 40 * 60000);
    assert_int_equal(token.expires_ms, NOW_MS + 59 * 60000);
    buf_fini(&token.text);
}

static void a_key_without_its_ids_is_refused_by_name(void **state)
{
    (void)state;
    struct channel_settings settings = apple();
    struct channel_env *env;
    struct buf why = {0};

    settings.apns_topic = "";
    assert_int_equal(channel_env_open(&settings, &env, &why), ERR_INVALID);
    assert_string_equal(buf_cstr(&why), "--apns-topic: is missing, while --apns-key is there");
    buf_clear(&why);
    settings.apns_key = "nonsense";
    assert_int_equal(channel_env_open(&settings, &env, &why), ERR_INVALID);
    assert_string_equal(buf_cstr(&why), "--apns-key: must be a P-256 private key in PEM");
    buf_fini(&why);
}

static void only_hexadecimal_tokens_are_taken(void **state)
{
    (void)state;
    const struct channel_field *field = &s.channel->fields[0];

    assert_true(field->secret && field->identity);
    assert_null(field->problem(STR(TOKEN)));
    assert_non_null(field->problem(STR("")));
    assert_non_null(field->problem(STR("00fc13adff785122b4ad28809a342098")));
    assert_non_null(field->problem(STR(TOKEN "0")));
    assert_non_null(
        field->problem(STR("../../3/device/785122b4ad28809a34209823412414213480978700")));
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "", CHANNEL_DELIVERED},
        {410, "{\"reason\":\"Unregistered\",\"timestamp\":1}", CHANNEL_GONE},
        {410, "{\"reason\":\"ExpiredToken\"}", CHANNEL_GONE},
        {400, "{\"reason\":\"BadDeviceToken\"}", CHANNEL_GONE},
        {400, "{\"reason\":\"DeviceTokenNotForTopic\"}", CHANNEL_REJECTED},
        {400, "{\"reason\":\"BadTopic\"}", CHANNEL_REJECTED},
        {400, "{\"reason\":\"IdleTimeout\"}", CHANNEL_RETRY},
        {403, "{\"reason\":\"ExpiredProviderToken\"}", CHANNEL_RETRY},
        {403, "{\"reason\":\"InvalidProviderToken\"}", CHANNEL_RETRY},
        {403, "{\"reason\":\"Forbidden\"}", CHANNEL_RETRY},
        {404, "{\"reason\":\"BadPath\"}", CHANNEL_REJECTED},
        {405, "{\"reason\":\"MethodNotAllowed\"}", CHANNEL_REJECTED},
        {413, "{\"reason\":\"PayloadTooLarge\"}", CHANNEL_REJECTED},
        {429, "{\"reason\":\"TooManyRequests\"}", CHANNEL_RETRY},
        {500, "{\"reason\":\"InternalServerError\"}", CHANNEL_RETRY},
        {503, "{\"reason\":\"Shutdown\"}", CHANNEL_RETRY},
        {400, "", CHANNEL_REJECTED},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
    assert_true(story_answer(&s, 403, "", CASES[7].body).renew_token);
    assert_false(story_answer(&s, 403, "", CASES[9].body).renew_token);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_is_http_2_with_apples_headers),
        CASE(a_low_one_is_quiet_and_may_wait),
        CASE(the_id_is_a_uuid_that_every_try_has),
        CASE(a_provider_token_is_made_here_and_kept_for_40_minutes),
        CASE(a_key_without_its_ids_is_refused_by_name),
        CASE(only_hexadecimal_tokens_are_taken),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
