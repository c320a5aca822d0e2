#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();

    story_begin(&s, "slack", &settings);
    story_device(&s, "url", "https://hooks.slack.test/services/T0/B0/x");
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
    s.notification.body = STR("<!channel> & <@U1> \"quoted\"");
    story_build(&s);
    assert_body(&s, "{\"text\":\"Alice\\n&lt;!channel&gt; &amp; &lt;@U1&gt; \\\"quoted\\\"\","
                    "\"mrkdwn\":false}");
    assert_true(s.request.url_is_users);
    assert_string_equal(buf_cstr(&s.request.url), "https://hooks.slack.test/services/T0/B0/x");
}

static void a_long_text_is_cut_before_it_is_escaped(void **state)
{
    (void)state;
    char *body = mem_alloc(5000);

    memset(body, '<', 5000);
    s.notification.title = STR("");
    s.notification.body = str_from(body, 5000);
    story_build(&s);
    json_t *json = story_json(&s);
    assert_int_equal(json_string_length(json_object_get(json, "text")), 3999 * 4 + 3);
    json_decref(json);
    free(body);
}

static void its_url_is_a_secret(void **state)
{
    (void)state;
    assert_true(s.channel->fields[0].secret);
    assert_true(channel_find(STR("discord"))->fields[0].secret);
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "ok", CHANNEL_DELIVERED},
        {404, "no_service", CHANNEL_GONE},
        {404, "channel_not_found", CHANNEL_GONE},
        {410, "channel_is_archived", CHANNEL_GONE},
        {403, "invalid_token", CHANNEL_GONE},
        {400, "user_not_found", CHANNEL_GONE},
        {403, "action_prohibited", CHANNEL_REJECTED},
        {400, "invalid_payload", CHANNEL_REJECTED},
        {429, "rate_limited", CHANNEL_RETRY},
        {500, "rollup_error", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
    assert_string_equal(story_answer(&s, 400, "", "invalid_payload").reason,
                        "status 400: invalid_payload");
    assert_string_equal(story_answer(&s, 400, "", "<html>\r\nmsg=forged").reason, "status 400");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(no_text_can_mention_anybody),
        CASE(a_long_text_is_cut_before_it_is_escaped),
        CASE(its_url_is_a_secret),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
