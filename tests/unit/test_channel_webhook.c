#include "channel_story.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static struct story s;

static int begin(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();

    story_begin(&s, "webhook", &settings);
    story_device(&s, "url", "https://hooks.test:8443/in?x=1");
    story_device(&s, "secret", SECRET);
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void the_payload_tells_all_there_is(void **state)
{
    (void)state;
    s.notification.event = STR("chat.message");
    s.notification.data = STR("{\"seq\":7}");
    s.notification.collapse = STR("c1");
    s.notification.priority = PRIORITY_HIGH;
    story_build(&s);
    assert_body(&s, "{\"type\":\"chat.message\",\"timestamp\":\"2026-09-21T14:13:19.000Z\","
                    "\"data\":{\"id\":\"" NOTIFICATION_ID "\",\"user\":\"bob\",\"title\":\"Alice\","
                    "\"body\":\"hi bob\",\"event\":\"chat.message\",\"data\":{\"seq\":7},"
                    "\"collapse\":\"c1\",\"priority\":\"high\"}}");
    assert_string_equal(buf_cstr(&s.request.url), "https://hooks.test:8443/in?x=1");
    assert_string_equal(buf_cstr(&s.place.host), "https://hooks.test:8443");
    assert_true(s.request.url_is_users);
    assert_string_equal(story_header(&s, "Content-Type"), "application/json");
}

static void the_id_is_the_same_for_every_try_and_another_for_every_device(void **state)
{
    (void)state;
    story_build(&s);
    assert_string_equal(story_header(&s, "webhook-id"), NOTIFICATION_ID "_" DEVICE_ID);
    assert_string_equal(story_header(&s, "webhook-timestamp"), "1790000000");
    s.device.id = STR("other");
    story_build(&s);
    assert_string_equal(story_header(&s, "webhook-id"), NOTIFICATION_ID "_other");
}

/* What it is, npm's standardwebhooks says (tests/interop/webhook.test.mjs). */
static void the_signature_changes_with_the_body_the_secret_and_the_id(void **state)
{
    (void)state;
    char before[128];

    story_build(&s);
    (void)snprintf(before, sizeof before, "%s", story_header(&s, "webhook-signature"));
    assert_true(str_starts(str_of(before), STR("v1,")));
    assert_int_equal(strlen(before), 3 + 44);
    story_build(&s);
    assert_string_equal(story_header(&s, "webhook-signature"), before);
    s.notification.body = STR("hi bob!");
    story_build(&s);
    assert_string_not_equal(story_header(&s, "webhook-signature"), before);
    s.notification.body = STR("hi bob");
    s.notification.id = STR("nother");
    story_build(&s);
    assert_string_not_equal(story_header(&s, "webhook-signature"), before);
    s.notification.id = STR(NOTIFICATION_ID);
    s.device.fields[1].value = STR("whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    story_build(&s);
    assert_string_not_equal(story_header(&s, "webhook-signature"), before);
}

static void a_text_cannot_add_a_header(void **state)
{
    (void)state;
    s.notification.id = STR("n\r\nX-Evil: 1");
    story_build(&s);
    assert_string_equal(story_header(&s, "X-Evil"), "");
    assert_string_equal(story_header(&s, "webhook-id"), "nX-Evil: 1_" DEVICE_ID);
}

static void secrets_are_made_and_only_good_ones_are_taken(void **state)
{
    (void)state;
    const struct channel_field *field = &s.channel->fields[1];
    struct buf made = {0};
    struct buf other = {0};

    assert_string_equal(field->name, "secret");
    assert_true(field->secret);
    field->make(&made);
    field->make(&other);
    assert_null(field->problem(buf_view(&made)));
    assert_false(str_eq(buf_view(&made), buf_view(&other)));
    assert_null(field->problem(STR(SECRET)));
    assert_non_null(field->problem(STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    assert_non_null(field->problem(STR("whsec_")));
    assert_non_null(field->problem(STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS")));
    assert_non_null(field->problem(STR("whsec_AAAA")));
    buf_fini(&made);
    buf_fini(&other);
}

static void a_device_without_its_fields_is_invalid(void **state)
{
    (void)state;
    s.device.n = 1;
    assert_int_equal(story_try(&s), ERR_INVALID);
    s.device.n = 0;
    assert_int_equal(story_try(&s), ERR_INVALID);
    assert_string_equal(s.why, "the device's URL is none");
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "", CHANNEL_DELIVERED}, {204, "", CHANNEL_DELIVERED}, {404, "", CHANNEL_GONE},
        {410, "", CHANNEL_GONE},      {301, "", CHANNEL_RETRY},     {400, "", CHANNEL_RETRY},
        {401, "", CHANNEL_RETRY},     {429, "", CHANNEL_RETRY},     {500, "", CHANNEL_RETRY},
        {503, "", CHANNEL_RETRY},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
}

static void a_private_address_is_a_dead_letter(void **state)
{
    (void)state;
    const struct channel_response response = {
        .result = CHANNEL_FORBIDDEN_ADDRESS, .headers = STR(""), .body = STR("")};
    struct channel_verdict verdict = s.channel->judge(&response);

    assert_int_equal(verdict.outcome, CHANNEL_REJECTED);
    assert_string_equal(verdict.reason, "leads to a private address");
}

static void retry_after_is_honoured_as_seconds_and_as_a_date(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int64_t expected_ms;
    } CASES[] = {
        {"HTTP/1.1 503 X\r\nRetry-After: 120\r\n", 120000},
        {"retry-after:7\r\n", 7000},
        {"Retry-After: Mon, 21 Sep 2026 14:14:20 GMT\r\n", 60000},
        {"Retry-After: Mon, 21 Sep 2026 14:00:00 GMT\r\n", 0}, /* over */
        {"Retry-After: 99999999999\r\n", 86400000},            /* a day at most */
        {"Retry-After: -5\r\n", 0},
        {"Retry-After: soon\r\n", 0},
        {"Retry-After: 9223372036854775807\r\n", 86400000},
        {"X-Retry-After: 5\r\n", 0},
        {"Retry-After", 0},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct channel_verdict verdict = story_answer(&s, 503, CASES[i].headers, "");
        assert_int_equal(verdict.outcome, CHANNEL_RETRY);
        if (verdict.retry_after_ms != CASES[i].expected_ms)
            fail_msg("%s: %lld", CASES[i].headers, (long long)verdict.retry_after_ms);
    }
    assert_int_equal(story_answer(&s, 200, CASES[0].headers, "").retry_after_ms, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_payload_tells_all_there_is),
        CASE(the_id_is_the_same_for_every_try_and_another_for_every_device),
        CASE(the_signature_changes_with_the_body_the_secret_and_the_id),
        CASE(a_text_cannot_add_a_header),
        CASE(secrets_are_made_and_only_good_ones_are_taken),
        CASE(a_device_without_its_fields_is_invalid),
        CASE(answers_are_judged),
        CASE(a_private_address_is_a_dead_letter),
        CASE(retry_after_is_honoured_as_seconds_and_as_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
