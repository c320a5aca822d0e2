#include "channel_story.h"

static struct story s;

static int begin(void **state)
{
    (void)state;
    struct channel_settings settings = no_settings();

    settings.smtp_url = "smtp://mail.test:587";
    settings.smtp_from = "chat@example.org";
    settings.smtp_user = "chat";
    settings.smtp_password = "secret";
    story_begin(&s, "email", &settings);
    story_device(&s, "address", "bob@mail.test");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

/* How other parsers read it: tests/interop/email.test.mjs. */
static void a_mail_has_an_envelope_headers_and_the_text(void **state)
{
    (void)state;
    story_build(&s);
    assert_int_equal(s.request.transport, CHANNEL_SMTP);
    assert_true(s.request.tls_required);
    assert_string_equal(buf_cstr(&s.request.url), "smtp://mail.test:587");
    assert_string_equal(buf_cstr(&s.request.from), "chat@example.org");
    assert_string_equal(buf_cstr(&s.request.to), "bob@mail.test");
    assert_string_equal(buf_cstr(&s.request.user), "chat");
    assert_string_equal(buf_cstr(&s.request.password), "secret");
    assert_body(&s, "Date: Mon, 21 Sep 2026 14:13:19 +0000\r\n"
                    "From: chat@example.org\r\n"
                    "To: bob@mail.test\r\n"
                    "Subject: Alice\r\n"
                    "Message-ID: <" NOTIFICATION_ID "." DEVICE_ID "@example.org>\r\n"
                    "Auto-Submitted: auto-generated\r\n"
                    "MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: base64\r\n"
                    "\r\n"
                    "aGkgYm9i\r\n");
}

static void the_same_mail_is_built_for_every_try(void **state)
{
    (void)state;
    struct buf first = {0};

    story_build(&s);
    buf_add_str(&first, buf_view(&s.request.body));
    memset(s.random, 0x55, sizeof s.random);
    story_build(&s);
    assert_body(&s, buf_cstr(&first));
    buf_fini(&first);
}

static void settings_that_would_not_do_are_refused_by_name(void **state)
{
    (void)state;
    struct channel_settings settings = no_settings();
    struct channel_env *env;
    struct buf why = {0};

    settings.smtp_url = "http://mail.test";
    assert_int_equal(channel_env_open(&settings, &env, &why), ERR_INVALID);
    assert_true(str_starts(buf_view(&why), STR("--smtp-url: ")));
    buf_clear(&why);
    settings.smtp_url = "smtp://mail.test";
    settings.smtp_from = "nobody";
    assert_int_equal(channel_env_open(&settings, &env, &why), ERR_INVALID);
    assert_true(str_starts(buf_view(&why), STR("--smtp-from: ")));
    buf_fini(&why);
}

static enum channel_outcome judged(int status, const char *lines)
{
    return story_answer(&s, status, lines, "").outcome;
}

static void only_a_mailbox_that_does_not_exist_is_gone(void **state)
{
    (void)state;
    assert_int_equal(judged(250, "250 2.0.0 Ok: queued\r\n"), CHANNEL_DELIVERED);
    assert_int_equal(judged(550, "250 2.1.0 Ok\r\n550 5.1.1 <bob@mail.test>: unknown\r\n"),
                     CHANNEL_GONE);
    assert_int_equal(judged(550, "550-5.1.1 The account\r\n550 5.1.1 does not exist\r\n"),
                     CHANNEL_GONE);
    assert_int_equal(judged(550, "550 5.1.1 unknown\r\n221 2.0.0 Bye\r\n"), CHANNEL_GONE);
    assert_int_equal(judged(550, "550 5.7.1 refused by policy\r\n"), CHANNEL_REJECTED);
    assert_int_equal(judged(550, "250 5.1.1 not this line\r\n550 no\r\n"), CHANNEL_REJECTED);
    assert_int_equal(judged(550, "550 no\r\n"), CHANNEL_REJECTED);
    assert_int_equal(judged(554, "554 5.6.0 no\r\n"), CHANNEL_REJECTED);
    assert_int_equal(judged(550, ""), CHANNEL_REJECTED);
}

static void what_may_pass_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(judged(421, "421 4.3.2 shutting down\r\n"), CHANNEL_RETRY);
    assert_int_equal(judged(450, "450 4.2.0 greylisted\r\n"), CHANNEL_RETRY);
    assert_int_equal(judged(451, "451 4.1.1 try again\r\n"), CHANNEL_RETRY);
    assert_int_equal(judged(530, "530 5.7.0 Must issue STARTTLS first\r\n"), CHANNEL_RETRY);
    assert_int_equal(judged(535, "535 5.7.8 bad credentials\r\n"), CHANNEL_RETRY);
    assert_no_answer_is_tried_again(&s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_mail_has_an_envelope_headers_and_the_text),
        CASE(the_same_mail_is_built_for_every_try),
        CASE(settings_that_would_not_do_are_refused_by_name),
        CASE(only_a_mailbox_that_does_not_exist_is_gone),
        CASE(what_may_pass_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
