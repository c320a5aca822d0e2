#include "channel_story.h"

/* A key of the tests' own. */
#define PEM                                                                                        \
    "-----BEGIN PRIVATE KEY-----\\n"                                                               \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCpN6hEtXGhoiJo\\n"                          \
    "0Ot6Ub8hpLJAryyzSJbA/ZJz6ODFbJxpdoHUr0pn0u3jm9uyOvVXcnAXsskwbFne\\n"                          \
    "9GTebmdc5XLJQKv+M7W5H/liCeIolYFrs9tJ3ahna0QrpiNwlLwZT0UaQdxMQBwk\\n"                          \
    "eKg+vaWA/br/m+OUfow0TyhnEXrZL9bDHl66ItJBHv5kB8Sx8Gpbxe8Z3a/4AUP1\\n"                          \
    "kW+1G+A+B1nEBHs8+bjz7ehQGgbdkKGQNaYY1Oj6Gsi5xukzFyzw9Rjiloav11ij\\n"                          \
    "JC7jawVjGigqKaSiPy/wz0j5xnM9bTx2YxMG1fwlS4jMNyVhodyxxR6hpzMiTpvs\\n"                          \
    "dXFjQ6rLAgMBAAECggEATbEFm0I5IS5JIRmmu7rTh7VPt/4VhlzyBjqF5pzJsir7\\n"                          \
    "JzqnQkiW31NLMIDLHioOoa8jguXtlENzAbfwpeVHpLGeAYOlU+lW6l+hRp9mDB8U\\n"                          \
    "VCg4KtJPsuffXTECvXo0YGRyRCtv4zxeD2qsSF4XIkGcfSYMF44AfjXHxYaTgipC\\n"                          \
    "nxUkyiTHQWEpUrpZKeMJH3LoFJD1GYRQDyL9NfDHRklYKV2v21ArCRIdsMkjrVlH\\n"                          \
    "CRxUGEPPapw3t1RST4NMWV1j5btEgscD9rlTO8vfocapXal7tn0+Duslv3W0I83n\\n"                          \
    "etF44ZINxTCWJIkWEUeLz8UQUSQ9TmRbFRVy7modRQKBgQDewVSvKeP4OeBAMp9T\\n"                          \
    "4pSfC7cGNrAhN7QYAe0yDxwFa83MsOu0vAnFpc0oAB6+Uf6piVsqykuElm279Ufe\\n"                          \
    "vfRpx/izTfLWJljuIInLDafkJH5zxZaLSNozruY/w/nfb+Acf1WHrpsLoWZn0jpd\\n"                          \
    "MTCyTqjY7QLbvve4YuCJp1UAlQKBgQDCeNdy0HIo5DOYhmWNmmhbKTpKoIJjlQFW\\n"                          \
    "9KHgfKnkkhy0jubKD1sfQm2fYhv1Xx7ryxT9NaszgfI1TruuGdTv4Xl8qnlCJWKA\\n"                          \
    "8HjpW5ZOa6asqR/cIWZXjPhOa+J0Z35nWElT903Pvqkh1bQNBzhWAB8ZtqmAevbw\\n"                          \
    "zC5/xtBF3wKBgQCe+lHrFbWa8gtnJfnqT3qMrDq6l4tKmcvRmoZjxL7V66OcY+RF\\n"                          \
    "QDKlOfjahINsh25+JwbG2kvdW9MDY0Ig6Wcnm82Wgpo+Vm3/vX86SQu62oTZMXqI\\n"                          \
    "+7ynSDsR5VdPLTRAgmxTgr0rJszEahi3bCT6DQOalkUE+h0oHoFsHN2gpQKBgQDA\\n"                          \
    "I8LCZp6UNjugFBFcIdW/U/GK8CFDoGHNdzBE6wa0lYQVBSeTNi7SqMBEfBuhiBS1\\n"                          \
    "5VVcg90dq+MRtjOKZW1UgJKWkJvztZooSO89qMbNvmDUMNkQllNWZyqh2MfKOMLT\\n"                          \
    "+o+gjTPs8LSMgGc/hAWuOrp/nlDEZzl6WlIK3vTCQwKBgDRqJhBQRc3EliTssZVX\\n"                          \
    "pmB8FxPGsfzP7FQUoRHq6nYCn21pfH47LPDOFuAxUlY/zQQLpklw12OKB0mYRTbn\\n"                          \
    "F/4g+qj/6H5rxzLmeGriSly2oCmo/eYaBxYa2Zd4SYXyKNPE2rgtFNgp5BB57rWl\\n"                          \
    "N5XAW15UYr4lqB1JRIiiwwlK\\n"                                                                  \
    "-----END PRIVATE KEY-----\\n"

#define ACCOUNT                                                                                    \
    "{\"type\":\"service_account\",\"project_id\":\"chat-1\",\"private_key_id\":\"k1\","           \
    "\"client_email\":\"push@chat-1.test\",\"token_uri\":\"https://oauth.test/token\","            \
    "\"private_key\":\"" PEM "\"}"

static struct story s;

static int begin(void **state)
{
    (void)state;
    struct channel_settings settings = no_settings();

    settings.fcm_service_account = ACCOUNT;
    story_begin(&s, "fcm", &settings);
    story_device(&s, "token", "device-token");
    s.token = STR("ya29.token");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void a_message_has_the_device_the_text_and_how_to_deliver(void **state)
{
    (void)state;
    s.notification.data = STR("{\"seq\":7}");
    s.notification.event = STR("chat.message");
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url),
                        "https://fcm.test/v1/projects/chat-1/messages:send");
    assert_false(s.request.url_is_users);
    assert_string_equal(story_header(&s, "Authorization"), "Bearer ya29.token");
    assert_body(&s,
                "{\"message\":{\"token\":\"device-token\",\"notification\":{\"title\":\"Alice\","
                "\"body\":\"hi bob\"},\"data\":{\"id\":\"" NOTIFICATION_ID
                "\",\"event\":\"chat.message\",\"data\":\"{\\\"seq\\\":7}\"},"
                "\"android\":{\"priority\":\"HIGH\",\"ttl\":\"60s\"},"
                "\"apns\":{\"headers\":{\"apns-priority\":\"10\"}}}}");
}

static void without_an_account_it_is_not_ready(void **state)
{
    (void)state;
    const struct channel_settings settings = no_settings();
    struct channel_token token = {0};
    struct channel_request ask = {0};
    const char *why;

    story_end(&s);
    story_begin(&s, "fcm", &settings);
    assert_false(s.channel->ready(s.env, &why));
    assert_string_equal(why, "--fcm-service-account is not set");
    assert_int_equal(story_try(&s), ERR_INVALID);
    assert_int_equal(s.channel->token->make(s.env, NOW_MS, &token, &ask, &why), ERR_INVALID);
}

static enum err read_token(int status, const char *body, struct channel_token *token)
{
    const struct channel_response response = {.result = CHANNEL_ANSWERED,
                                              .status = status,
                                              .headers = STR(""),
                                              .body = str_of(body),
                                              .now_ms = NOW_MS};
    return s.channel->token->read(&response, token, &s.why);
}

static void a_token_is_asked_for_and_renewed_before_its_end(void **state)
{
    (void)state;
    struct channel_token token = {0};
    struct channel_request ask = {0};

    assert_int_equal(s.channel->token->make(s.env, NOW_MS, &token, &ask, &s.why), OK);
    assert_int_equal(token.text.n, 0);
    assert_string_equal(buf_cstr(&ask.url), "https://oauth.test/token");
    channel_request_fini(&ask);
    assert_int_equal(
        read_token(200,
                   "{\"access_token\":\"ya29.x\",\"expires_in\":3599,\"token_type\":\"Bearer\"}",
                   &token),
        OK);
    assert_string_equal(buf_cstr(&token.text), "ya29.x");
    assert_in_range(token.expires_ms, NOW_MS + 3599000, NOW_MS + 3600000);
    assert_in_range(token.renew_ms, NOW_MS + 3000000, token.expires_ms - 60000);
    buf_fini(&token.text);
}

static void a_token_that_does_not_come_is_told_from_one_that_is_refused(void **state)
{
    (void)state;
    struct channel_token token = {0};

    assert_int_equal(read_token(400, "{\"error\":\"invalid_grant\"}", &token), ERR_DENIED);
    assert_int_equal(read_token(401, "{\"error\":\"invalid_client\"}", &token), ERR_DENIED);
    assert_int_equal(read_token(500, "", &token), ERR_UNAVAILABLE);
    assert_int_equal(read_token(200, "{}", &token), ERR_UNAVAILABLE);
    assert_int_equal(read_token(200, "<html>", &token), ERR_UNAVAILABLE);
    assert_int_equal(read_token(200, "{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":9}", &token),
                     ERR_UNAVAILABLE);
    assert_int_equal(token.text.n, 0);
}

#define FCM_ERROR(status, code)                                                                    \
    "{\"error\":{\"code\":1,\"message\":\"m\",\"status\":\"" status "\",\"details\":[{\"@type\":"  \
    "\"type.googleapis.com/google.firebase.fcm.v1.FcmError\",\"errorCode\":\"" code "\"}]}}"

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {200, "{\"name\":\"projects/chat-1/messages/1\"}", CHANNEL_DELIVERED},
        {404, FCM_ERROR("NOT_FOUND", "UNREGISTERED"), CHANNEL_GONE},
        {404, "{\"error\":{\"status\":\"NOT_FOUND\"}}", CHANNEL_GONE},
        {404, "<html>", CHANNEL_RETRY}, /* somebody else's 404 */
        {400,
         "{\"error\":{\"code\":400,\"message\":\"The registration token is not a valid FCM "
         "registration token\",\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"@type\":"
         "\"type.googleapis.com/google.firebase.fcm.v1.FcmError\",\"errorCode\":"
         "\"INVALID_ARGUMENT\"}]}}",
         CHANNEL_GONE},
        {400,
         "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"fieldViolations\":[{"
         "\"field\":\"message.token\",\"description\":\"Invalid registration token\"}]}]}}",
         CHANNEL_GONE},
        {400,
         "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"fieldViolations\":[{"
         "\"field\":\"message.data[0].value\",\"description\":\"Invalid value\"}]}]}}",
         CHANNEL_REJECTED},
        {400, FCM_ERROR("INVALID_ARGUMENT", "INVALID_ARGUMENT"), CHANNEL_REJECTED},
        {403, FCM_ERROR("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), CHANNEL_REJECTED},
        {403, "{\"error\":{\"status\":\"PERMISSION_DENIED\"}}", CHANNEL_RETRY},
        {401, FCM_ERROR("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), CHANNEL_RETRY},
        {401, "{\"error\":{\"status\":\"UNAUTHENTICATED\"}}", CHANNEL_RETRY},
        {429, FCM_ERROR("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), CHANNEL_RETRY},
        {500, FCM_ERROR("INTERNAL", "INTERNAL"), CHANNEL_RETRY},
        {503, FCM_ERROR("UNAVAILABLE", "UNAVAILABLE"), CHANNEL_RETRY},
        {400, "<html>", CHANNEL_REJECTED},
        {400, "{\"error\":7}", CHANNEL_REJECTED},
        {400, "{\"error\":{\"details\":[7,{\"fieldViolations\":{}}]}}", CHANNEL_REJECTED},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
    assert_string_equal(story_answer(&s, 404, "", CASES[1].body).reason,
                        "status 404: UNREGISTERED");
}

static void only_a_token_that_was_refused_is_renewed(void **state)
{
    (void)state;
    assert_true(
        story_answer(&s, 401, "", "{\"error\":{\"status\":\"UNAUTHENTICATED\"}}").renew_token);
    assert_false(story_answer(&s, 401, "", FCM_ERROR("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"))
                     .renew_token);
    assert_false(story_answer(&s, 403, "", "").renew_token);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_has_the_device_the_text_and_how_to_deliver),
        CASE(without_an_account_it_is_not_ready),
        CASE(a_token_is_asked_for_and_renewed_before_its_end),
        CASE(a_token_that_does_not_come_is_told_from_one_that_is_refused),
        CASE(answers_are_judged),
        CASE(only_a_token_that_was_refused_is_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
