#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();

    story_begin(&s, "ntfy", &settings);
    story_device(&s, "url", "https://ntfy.test/my_topic-1");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void a_message_is_published_to_the_server_as_json(void **state)
{
    (void)state;
    s.notification.title = STR("J\xc3\xbcrgen");
    s.notification.priority = PRIORITY_HIGH;
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url), "https://ntfy.test/");
    assert_true(s.request.url_is_users);
    assert_body(&s, "{\"topic\":\"my_topic-1\",\"title\":\"J\xc3\xbcrgen\",\"message\":\"hi bob\","
                    "\"priority\":4}");
}

static void a_query_goes_along(void **state)
{
    (void)state;
    s.device.fields[0].value = STR("https://ntfy.test:8080/t?auth=QmVhcmVy");
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url), "https://ntfy.test:8080/?auth=QmVhcmVy");
}

static void a_long_text_is_cut_rather_than_sent_as_a_file(void **state)
{
    (void)state;
    struct buf body = {0};

    for (int i = 0; i < 1400; i++)
        buf_add_str(&body, STR("\xe2\x82\xac"));
    s.notification.body = buf_view(&body);
    story_build(&s);
    json_t *json = story_json(&s);
    assert_int_equal(json_string_length(json_object_get(json, "message")), 4095);
    json_decref(json);
    buf_fini(&body);
}

static void only_the_url_of_one_topic_is_taken(void **state)
{
    (void)state;
    const char *(*problem)(str) = s.channel->fields[0].problem;

    assert_null(problem(STR("https://ntfy.test/t")));
    assert_non_null(problem(STR("https://ntfy.test")));
    assert_non_null(problem(STR("https://ntfy.test/")));
    assert_non_null(problem(STR("https://ntfy.test/a/b")));
    assert_non_null(problem(STR("https://ntfy.test/a,b")));
    assert_non_null(problem(STR("https://ntfy.test/a%2Fb")));
    assert_non_null(problem(STR("ntfy.test/a")));
    s.device.fields[0].value = STR("https://ntfy.test/");
    assert_int_equal(story_try(&s), ERR_INVALID);
    assert_string_equal(s.why, "the device's URL is no topic's");
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "{}", CHANNEL_DELIVERED}, {404, "", CHANNEL_GONE},     {410, "", CHANNEL_GONE},
        {400, "", CHANNEL_REJECTED},    {403, "", CHANNEL_REJECTED}, {413, "", CHANNEL_REJECTED},
        {429, "", CHANNEL_RETRY},       {507, "", CHANNEL_RETRY},    {500, "", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_is_published_to_the_server_as_json),
        CASE(a_query_goes_along),
        CASE(a_long_text_is_cut_rather_than_sent_as_a_file),
        CASE(only_the_url_of_one_topic_is_taken),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
