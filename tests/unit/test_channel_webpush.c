#include "channel_story.h"

#include "auth/base64url.h"
#include "crypto/webpush_seal.h"

/* RFC 8291, appendix A. */
#define P256DH                                                                                     \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define VAPID_KEY "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"

static struct story s;

static void begin_with(const char *vapid_key)
{
    struct channel_settings settings = no_settings();

    settings.vapid_key = vapid_key;
    settings.vapid_subject = "mailto:ops@example.org";
    story_begin(&s, "webpush", &settings);
    story_device(&s, "endpoint", "https://push.test/send/abc");
    story_device(&s, "keys.p256dh", P256DH);
    story_device(&s, "keys.auth", AUTH);
}

static int begin(void **state)
{
    (void)state;
    begin_with(VAPID_KEY);
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void the_headers_are_those_of_rfc_8030(void **state)
{
    (void)state;
    story_build(&s);
    assert_string_equal(buf_cstr(&s.request.url), "https://push.test/send/abc");
    assert_true(s.request.url_is_users);
    assert_string_equal(story_header(&s, "Content-Encoding"), "aes128gcm");
    assert_string_equal(story_header(&s, "TTL"), "60");
    assert_string_equal(story_header(&s, "Urgency"), "normal");
    assert_string_equal(story_header(&s, "Topic"), "");
    s.notification.expires_ms = 0;
    s.notification.priority = PRIORITY_HIGH;
    s.notification.collapse = STR("room/1 \xe2\x82\xac");
    story_build(&s);
    assert_string_equal(story_header(&s, "TTL"), "2419200");
    assert_string_equal(story_header(&s, "Urgency"), "high");
    assert_int_equal(strlen(story_header(&s, "Topic")), 32);
    s.notification.expires_ms = NOW_MS - 5000;
    story_build(&s);
    assert_string_equal(story_header(&s, "TTL"), "0");
}

static void a_topic_says_nothing_but_is_the_same_for_the_same(void **state)
{
    (void)state;
    char first[64];

    s.notification.collapse = STR("c1");
    story_build(&s);
    (void)snprintf(first, sizeof first, "%s", story_header(&s, "Topic"));
    for (const char *c = first; *c; c++)
        assert_true(base64url_is_char(*c));
    story_build(&s);
    assert_string_equal(story_header(&s, "Topic"), first);
    s.notification.collapse = STR("c2");
    story_build(&s);
    assert_string_not_equal(story_header(&s, "Topic"), first);
}

/* The token's claims; whether its signature is good, npm's jose says (tests/interop/webpush.test.mjs). */
static void vapid_is_for_the_endpoints_origin_and_half_a_day(void **state)
{
    (void)state;
    char payload[512];
    size_t n;

    story_build(&s);
    str value = str_of(story_header(&s, "Authorization"));
    assert_true(str_starts(value, STR("vapid t=")));
    str rest = str_skip(value, 8);
    str part;
    assert_true(str_split(&rest, '.', &part));
    assert_true(base64url_read(part, payload, sizeof payload, &n));
    assert_true(str_eq(str_from(payload, n), STR("{\"typ\":\"JWT\",\"alg\":\"ES256\"}")));
    assert_true(str_split(&rest, '.', &part));
    assert_true(base64url_read(part, payload, sizeof payload, &n));
    assert_true(
        str_eq(str_from(payload, n), STR("{\"aud\":\"https://push.test\",\"exp\":1790043200,"
                                         "\"sub\":\"mailto:ops@example.org\"}")));
    assert_true(str_split(&rest, ',', &part));
    assert_true(
        str_eq(rest, STR(" k=BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzA"
                         "C8wEqKK6PBru3jl7A8")));
}

static void the_body_is_of_the_salt_and_the_key_that_were_handed_in(void **state)
{
    (void)state;
    struct p256_key key;

    story_build(&s);
    assert_int_equal(p256_from_private(s.random, &key), OK);
    assert_memory_equal(s.request.body.p, s.random + P256_PRIVATE_N, AES128GCM_SALT_N);
    assert_memory_equal(s.request.body.p + AES128GCM_HEAD_N, key.point, P256_POINT_N);
}

static void random_bytes_that_are_no_key_do_as_well(void **state)
{
    (void)state;
    memset(s.random, 0, sizeof s.random);
    story_build(&s);
    memset(s.random, 0xFF, sizeof s.random);
    story_build(&s);
}

static void the_longest_text_is_cut_to_what_a_push_service_takes(void **state)
{
    (void)state;
    char *body = mem_alloc(16384);

    memset(body, 'x', 16384);
    s.notification.body = str_from(body, 16384);
    story_build(&s);
    assert_int_equal(s.request.body.n, WEBPUSH_BODY_MAX);
    memset(body, '"', 16384); /* takes two bytes in JSON */
    story_build(&s);
    assert_in_range(s.request.body.n, WEBPUSH_BODY_MAX - 1, WEBPUSH_BODY_MAX);
    free(body);
}

static void data_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    struct buf data = {0};

    buf_add_str(&data, STR("{\"x\":\""));
    for (int i = 0; i < 5000; i++)
        buf_add_char(&data, 'x');
    buf_add_str(&data, STR("\"}"));
    s.notification.data = buf_view(&data);
    story_build(&s);
    assert_in_range(s.request.body.n, 100, 400);
    buf_fini(&data);
}

static void until_its_key_is_known_it_waits(void **state)
{
    (void)state;
    struct p256_key key;

    story_end(&s);
    begin_with("");
    assert_int_equal(story_try(&s), ERR_UNAVAILABLE);
    assert_string_equal(s.why, "its key is not known yet");
    assert_int_equal(vapid_key_read(STR(VAPID_KEY), &key), OK);
    channel_env_set_vapid(s.env, &key);
    story_build(&s);
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    const struct channel_field *p256dh = &s.channel->fields[1];
    const struct channel_field *auth = &s.channel->fields[2];

    assert_string_equal(p256dh->name, "keys.p256dh");
    assert_null(p256dh->problem(STR(P256DH)));
    assert_null(p256dh->problem(STR(P256DH "="))); /* some browsers' libraries pad */
    assert_non_null(p256dh->problem(STR("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-"
                                        "AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw5")));
    assert_non_null(p256dh->problem(STR("")));
    assert_null(auth->problem(STR(AUTH)));
    assert_null(auth->problem(STR(AUTH "==")));
    assert_non_null(auth->problem(STR("BTBZMqHH6r4Tts7J_aSI")));
    s.device.fields[1].value = STR("BCVx");
    assert_int_equal(story_try(&s), ERR_INVALID);
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {201, "", CHANNEL_DELIVERED}, {200, "", CHANNEL_DELIVERED}, {202, "", CHANNEL_DELIVERED},
        {404, "", CHANNEL_GONE},      {410, "", CHANNEL_GONE},      {400, "", CHANNEL_REJECTED},
        {403, "", CHANNEL_REJECTED},  {413, "", CHANNEL_REJECTED},  {429, "", CHANNEL_RETRY},
        {500, "", CHANNEL_RETRY},     {503, "", CHANNEL_RETRY},     {307, "", CHANNEL_REJECTED},
    };
    assert_judged(&s, CASES, COUNT(CASES));
    assert_no_answer_is_tried_again(&s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_headers_are_those_of_rfc_8030),
        CASE(a_topic_says_nothing_but_is_the_same_for_the_same),
        CASE(vapid_is_for_the_endpoints_origin_and_half_a_day),
        CASE(the_body_is_of_the_salt_and_the_key_that_were_handed_in),
        CASE(random_bytes_that_are_no_key_do_as_well),
        CASE(the_longest_text_is_cut_to_what_a_push_service_takes),
        CASE(data_that_does_not_fit_is_left_out),
        CASE(until_its_key_is_known_it_waits),
        CASE(keys_that_are_none_are_refused),
        CASE(answers_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
