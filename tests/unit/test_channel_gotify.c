#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();

    story_begin(&s, "gotify", &settings);
    story_device(&s, "url", "https://gotify.test/base");
    story_device(&s, "token", "AbC.123");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void a_message_goes_to_the_servers_message_path_with_the_token(void **state)
{
    (void)state;
    s.notification.data = STR("{\"seq\":7}");
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url), "https://gotify.test/base/message");
    assert_true(s.request.url_is_users);
    assert_string_equal(story_header(&s, "X-Gotify-Key"), "AbC.123");
    assert_body(&s, "{\"title\":\"Alice\",\"message\":\"hi bob\",\"priority\":5,"
                    "\"extras\":{\"chatapp::data\":{\"seq\":7}}}");
    s.device.fields[0].value = STR("https://gotify.test/");
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url), "https://gotify.test/message");
}

static void fields_that_would_not_do_are_refused(void **state)
{
    (void)state;
    assert_non_null(s.channel->fields[0].problem(STR("https://gotify.test/?a=b")));
    assert_null(s.channel->fields[0].problem(STR("https://gotify.test")));
    assert_non_null(s.channel->fields[1].problem(STR("a b")));
    assert_non_null(s.channel->fields[1].problem(STR("\xc3\xa9")));
    assert_true(s.channel->fields[1].secret);
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "{}", CHANNEL_DELIVERED}, {401, "", CHANNEL_GONE},     {404, "", CHANNEL_GONE},
        {400, "", CHANNEL_REJECTED},    {403, "", CHANNEL_REJECTED}, {429, "", CHANNEL_RETRY},
        {500, "", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_goes_to_the_servers_message_path_with_the_token),
        CASE(fields_that_would_not_do_are_refused),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
