#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    struct channel_settings settings = no_settings();

    settings.telegram_token = "110201543:AAHdqTcv";
    story_begin(&s, "telegram", &settings);
    story_device(&s, "chat_id", "-1001234");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void a_message_is_plain_text_to_the_chat(void **state)
{
    (void)state;
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url),
                        "https://telegram.test/bot110201543:AAHdqTcv/sendMessage");
    assert_string_equal(buf_cstr(&s.place.host), "https://telegram.test:443");
    assert_false(s.request.url_is_users);
    assert_body(&s, "{\"chat_id\":\"-1001234\",\"text\":\"Alice\\nhi bob\","
                    "\"link_preview_options\":{\"is_disabled\":true}}");
    s.notification.title = STR("");
    s.notification.priority = PRIORITY_LOW;
    story_build(&s);
    assert_body(&s, "{\"chat_id\":\"-1001234\",\"text\":\"hi bob\",\"link_preview_options\":"
                    "{\"is_disabled\":true},\"disable_notification\":true}");
}

/* An emoji is two of what Telegram counts. */
static void a_long_text_is_cut_to_what_telegram_counts(void **state)
{
    (void)state;
    struct buf body = {0};

    for (int i = 0; i < 3000; i++)
        buf_add_str(&body, STR("\xf0\x9f\x8c\xbb"));
    s.notification.title = STR("");
    s.notification.body = buf_view(&body);
    story_build(&s);
    json_t *json = story_json(&s);
    const char *text = json_string_value(json_object_get(json, "text"));
    assert_int_equal(strlen(text), 2047 * 4 + 3);
    assert_string_equal(text + strlen(text) - 3, "\xe2\x80\xa6");
    json_decref(json);
    buf_fini(&body);
}

static void without_a_token_it_is_not_ready(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();
    const char *why;

    story_end(&s);
    story_begin(&s, "telegram", &settings);
    assert_false(s.channel->ready(s.env, &why));
    assert_string_equal(why, "--telegram-token is not set");
    assert_int_equal(story_try(&s), ERR_INVALID);
}

static void a_chat_is_a_number_or_a_channels_name(void **state)
{
    (void)state;
    const struct channel_field *field = &s.channel->fields[0];

    assert_null(field->problem(STR("1")));
    assert_null(field->problem(STR("-1001234567890")));
    assert_null(field->problem(STR("@my_channel")));
    assert_non_null(field->problem(STR("0")));
    assert_non_null(field->problem(STR("@a")));
    assert_non_null(field->problem(STR("@my channel")));
    assert_non_null(field->problem(STR("12x")));
    assert_non_null(field->problem(STR("")));
}

#define DESCRIBED(text) "{\"ok\":false,\"error_code\":400,\"description\":\"" text "\"}"

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "{\"ok\":true}", CHANNEL_DELIVERED},
        {403, DESCRIBED("Forbidden: bot was blocked by the user"), CHANNEL_GONE},
        {403, DESCRIBED("Forbidden: user is deactivated"), CHANNEL_GONE},
        {403, DESCRIBED("Forbidden: bot was kicked from the group chat"), CHANNEL_GONE},
        {403, "", CHANNEL_GONE},
        {403, DESCRIBED("Forbidden: bot can't send messages to the user"), CHANNEL_RETRY},
        {400, DESCRIBED("Bad Request: chat not found"), CHANNEL_GONE},
        {400, DESCRIBED("Bad Request: group chat was upgraded to a supergroup chat"), CHANNEL_GONE},
        {400, DESCRIBED("Bad Request: message text is empty"), CHANNEL_REJECTED},
        {400, "nonsense", CHANNEL_REJECTED},
        {401, DESCRIBED("Unauthorized"), CHANNEL_RETRY},
        {404, DESCRIBED("Not Found"), CHANNEL_RETRY},
        {429, DESCRIBED("Too Many Requests: retry after 5"), CHANNEL_RETRY},
        {502, "<html>", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
}

static void what_telegram_says_when_to_retry_is_in_the_body(void **state)
{
    (void)state;
    static const char BODY[] = "{\"ok\":false,\"parameters\":{\"retry_after\":35}}";

    assert_in_range(story_answer(&s, 429, "", BODY).retry_after_ms, 35000, 35001);
    assert_int_equal(story_answer(&s, 429, "Retry-After: 7\r\n", BODY).retry_after_ms, 7000);
    assert_int_equal(
        story_answer(&s, 429, "", "{\"parameters\":{\"retry_after\":1e300}}").retry_after_ms,
        86400000);
    assert_int_equal(
        story_answer(&s, 429, "", "{\"parameters\":{\"retry_after\":-1}}").retry_after_ms, 0);
    assert_int_equal(story_answer(&s, 429, "", "{\"parameters\":7}").retry_after_ms, 0);
}

static void a_reason_is_short_printable_ascii(void **state)
{
    (void)state;
    struct buf body = {0};

    buf_add_str(&body, STR("{\"description\":\""));
    for (int i = 0; i < 1000; i++)
        buf_add_char(&body, 'x');
    buf_add_str(&body, STR("\"}"));
    assert_int_equal(strlen(story_answer(&s, 400, "", buf_cstr(&body)).reason),
                     CHANNEL_REASON_MAX - 1);
    assert_string_equal(
        story_answer(&s, 400, "", "{\"description\":\"a\\u001b[31m\\r\\nmsg=forged\"}").reason,
        "status 400");
    buf_fini(&body);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_is_plain_text_to_the_chat),
        CASE(a_long_text_is_cut_to_what_telegram_counts),
        CASE(without_a_token_it_is_not_ready),
        CASE(a_chat_is_a_number_or_a_channels_name),
        CASE(answers_are_judged),
        CASE(what_telegram_says_when_to_retry_is_in_the_body),
        CASE(a_reason_is_short_printable_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
