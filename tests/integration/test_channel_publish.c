/* What notification-servers tell each other and the api-server through Redis: the key of webpush, which all share and a
 * Redis that was emptied gets back, and which channels are set up. */
#include "story.h"

/* RFC 8291's: private and public. */
#define KEY "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define PUBLIC_KEY                                                                                 \
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

static struct daemon notifier_begin(struct stack *s, const char *name, const char *const *flags)
{
    struct daemon d;

    daemon_init(&d, "notification-server", name, &s->dir, s->redis.url, flags);
    daemon_begin(&d);
    return d;
}

static void notifier_end(struct daemon *d)
{
    assert_int_equal(daemon_terminate(d), 0);
    daemon_fini(d);
}

static const char *private_key(struct stack *s)
{
    return redis_text(&s->redis, "HGET push vapid");
}

static const char *public_key_for(struct user *u)
{
    return fmt("%s", TEXT_OF(user_expect(u, 200, "GET", "/api/devices/vapid", NULL), "public_key"));
}

static void servers_that_start_at_once_share_one_key(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct daemon d[3];

    for (int i = 0; i < 3; i++)
        d[i] = notifier_begin(s, fmt("notifier-%d", i), NULL);
    for (int i = 0; i < 3; i++)
        WAIT_UNTIL(daemon_listens(&d[i]));
    for (int i = 0; i < 3; i++)
        daemon_wait_ready(&d[i]);
    const char *key = private_key(s);
    const char *told = public_key_for(&ann);
    assert_non_null(key);
    for (int i = 0; i < 3; i++)
        notifier_end(&d[i]);
    struct daemon later = notifier_begin(s, "notifier-later", NULL);
    WAIT_UNTIL(daemon_listens(&later));
    daemon_wait_ready(&later);
    assert_string_equal(private_key(s), key);
    assert_string_equal(public_key_for(&ann), told);
    notifier_end(&later);
}

static void a_redis_that_lost_the_key_gets_it_back(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct daemon d = notifier_begin(s, "notifier-back", NULL);

    WAIT_UNTIL(daemon_listens(&d));
    daemon_wait_ready(&d);
    const char *key = private_key(s);
    const char *told = public_key_for(&ann);
    (void)redis_do(&s->redis, "DEL push");
    WAIT_UNTIL(redis_text(&s->redis, "HGET push vapid_public") != NULL);
    assert_string_equal(private_key(s), key);
    assert_string_equal(public_key_for(&ann), told);
    notifier_end(&d);
}

static void a_key_of_the_operator_s_stays_out_of_redis(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *const flags[] = {"--vapid-key=" KEY, NULL};

    (void)redis_do(&s->redis, "DEL push");
    struct daemon d = notifier_begin(s, "notifier-own", flags);
    WAIT_UNTIL(daemon_listens(&d));
    daemon_wait_ready(&d);
    assert_string_equal(public_key_for(&ann), PUBLIC_KEY);
    assert_null(private_key(s));
    assert_false(daemon_log_has(&d, KEY));
    notifier_end(&d);
}

static void channels_are_those_that_have_what_they_need(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *const flags[] = {"--telegram-token=1:a", NULL};
    struct daemon d = notifier_begin(s, "notifier-telegram", flags);

    WAIT_UNTIL(daemon_listens(&d));
    daemon_wait_ready(&d);
    assert_string_equal(redis_text(&s->redis, "HGET push channels"),
                        "webhook webpush ntfy gotify slack discord telegram");
    (void)user_expect(&ann, 201, "POST", "/api/devices", "{'channel':'telegram','chat_id':'7'}");
    (void)user_expect_problem(&ann, 422, "invalid_field", "POST", "/api/devices",
                              "{'channel':'email','address':'ann@mail.example'}");
    notifier_end(&d);
}

static void a_bad_credential_ends_the_start_and_is_not_shown(void **state)
{
    struct stack *s = *state;
    static const char *const BAD[] = {
        "--vapid-key=secretsecret", "--apns-key=secretsecret", "--fcm-service-account=secretsecret",
        "--smtp-url=secretsecret",  "--vapid-subject=secret",  "--fcm-url=ftp://secret"};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const char *const flags[] = {BAD[i], NULL};
        struct daemon d = notifier_begin(s, fmt("notifier-bad-%zu", i), flags);
        const char *name = fmt("%.*s", (int)(strchr(BAD[i], '=') - BAD[i]), BAD[i]);
        assert_int_equal(process_wait(&d.process), 2);
        if (!daemon_log_has(&d, name) || daemon_log_has(&d, "secret"))
            fail_msg("%s is not told well", BAD[i]);
        daemon_fini(&d);
    }
}

static void check_config_looks_at_credentials_too(void **state)
{
    (void)state;
    const char *program = daemon_path("notification-server");
    const char *const bad[] = {program, "--check-config", "--apns-key=secretsecret", NULL};
    const char *const good[] = {program, "--check-config", "--vapid-key=" KEY, NULL};
    struct buf err = {0};

    assert_int_equal(process_run(good, NULL, NULL, NULL), 0);
    assert_int_equal(process_run(bad, NULL, NULL, &err), 2);
    assert_non_null(strstr(buf_cstr(&err), "--apns-key: must be a P-256 private key in PEM"));
    buf_fini(&err);
}

STORY(setup, CASE(servers_that_start_at_once_share_one_key),
      CASE(a_redis_that_lost_the_key_gets_it_back),
      CASE(a_key_of_the_operator_s_stays_out_of_redis),
      CASE(channels_are_those_that_have_what_they_need),
      CASE(a_bad_credential_ends_the_start_and_is_not_shown),
      CASE(check_config_looks_at_credentials_too))
