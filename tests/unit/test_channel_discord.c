#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();

    story_begin(&s, "discord", &settings);
    story_device(&s, "url", "https://discord.test/api/webhooks/1/x");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void no_text_can_mention_anybody(void **state)
{
    (void)state;
    s.notification.body = STR("@everyone");
    story_build(&s);
    assert_body(&s, "{\"content\":\"Alice\\n@everyone\",\"allowed_mentions\":{\"parse\":[]}}");
    assert_true(s.request.url_is_users);
}

static void a_long_text_is_cut_to_2000_characters(void **state)
{
    (void)state;
    struct buf body = {0};

    for (int i = 0; i < 2001; i++)
        buf_add_str(&body, STR("\xc3\xa9"));
    s.notification.title = STR("");
    s.notification.body = buf_view(&body);
    story_build(&s);
    json_t *json = story_json(&s);
    assert_int_equal(json_string_length(json_object_get(json, "content")), 1999 * 2 + 3);
    json_decref(json);
    body.n -= 2;
    s.notification.body = buf_view(&body);
    story_build(&s);
    json = story_json(&s);
    assert_int_equal(json_string_length(json_object_get(json, "content")), 2000 * 2);
    json_decref(json);
    buf_fini(&body);
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {204, "", CHANNEL_DELIVERED},
        {200, "{}", CHANNEL_DELIVERED},
        {404, "{\"message\":\"Unknown Webhook\",\"code\":10015}", CHANNEL_GONE},
        {401, "{\"message\":\"Invalid Webhook Token\",\"code\":50027}", CHANNEL_GONE},
        {400, "{\"message\":\"Invalid Form Body\",\"code\":50035}", CHANNEL_REJECTED},
        {403, "{\"message\":\"Missing Access\",\"code\":50001}", CHANNEL_REJECTED},
        {429, "{\"message\":\"You are being rate limited.\",\"retry_after\":1.5}", CHANNEL_RETRY},
        {502, "<html>", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
    assert_in_range(story_answer(&s, 429, "", CASES[6].body).retry_after_ms, 1500, 1501);
    assert_int_equal(story_answer(&s, 429, "Retry-After: 65\r\n", CASES[6].body).retry_after_ms,
                     65000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(no_text_can_mention_anybody),
        CASE(a_long_text_is_cut_to_2000_characters),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
