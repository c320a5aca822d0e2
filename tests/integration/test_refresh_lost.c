/* A refresh whose answer is lost, between Redis and the api-server or with the api-server: who repeats it stays signed in. */
#include "redis_proxy.h"
#include "story.h"

static struct redis_proxy proxy;

static void launch(struct stack *s, const char *const *flags)
{
    daemon_init(&s->api, "api-server", "api-server", &s->dir, proxy.url, flags);
    daemon_up(&s->api);
}

/* 0: no answer. */
static int refresh(struct stack *s, const struct user *u, const char *key)
{
    s->http.headers = (const char *[]){fmt("Idempotency-Key: %s", key), NULL};
    return http_do(s, "POST", "/api/token", NULL, fmt("{'refresh_token':'%s'}", u->refresh))
        ->status;
}

static void use_what_came(struct stack *s, struct user *u)
{
    user_take_tokens(u, s->http.answer.json);
    (void)user_expect(u, 200, "GET", "/api/profile", NULL);
}

static bool is_refreshed(struct stack *s, const struct user *u, const char *key)
{
    int status = refresh(s, u, key);

    assert_true(status == 200 || status == 503);
    return status == 200;
}

static void the_reply_of_redis_is_lost(void **state)
{
    static const enum redis_proxy_fault FAULTS[] = {
        REDIS_PROXY_CUT_BEFORE, REDIS_PROXY_CUT_IN_REQUEST, REDIS_PROXY_CUT_AFTER,
        REDIS_PROXY_CUT_IN_REPLY};
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    for (size_t i = 0; i < 4 * sizeof FAULTS / sizeof FAULTS[0]; i++) {
        redis_proxy_fail(&proxy, FAULTS[i / 4]);
        WAIT_UNTIL(is_refreshed(s, &ann, fmt("key-%zu", i)));
        use_what_came(s, &ann);
    }
}

static void the_server_is_killed_before_it_answers(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *body = fmt_json(fmt("{'refresh_token':'%s'}", ann.refresh));

    redis_proxy_hold_at(&proxy, ann.session);
    struct raw r = raw_open(s->api.port);
    raw_send(&r, str_of(fmt("POST /api/token HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            strlen(body), body)));
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0); /* the token is spent */
    daemon_kill9(&s->api);
    raw_close(&r);
    redis_proxy_release(&proxy);
    daemon_up(&s->api);
    assert_int_equal(refresh(s, &ann, "k"), 200);
    use_what_came(s, &ann);
    assert_int_equal(refresh(s, &ann, "k"), 200);
    use_what_came(s, &ann);
}

static void another_server_answers_the_repeat(void **state)
{
    static const char *const SAME[] = {NULL};
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user first = ann;
    struct daemon other;

    assert_int_equal(refresh(s, &ann, "k"), 200);
    use_what_came(s, &first);
    daemon_init(&other, "api-server", "other", &s->dir, s->redis.url, SAME);
    daemon_up(&other);
    s->http.headers = (const char *[]){"Idempotency-Key: k", NULL};
    const struct http_answer *a = http_at(&s->http, other.port, "POST", "/api/token", NULL,
                                          fmt("{'refresh_token':'%s'}", ann.refresh));
    assert_int_equal(a->status, 200);
    assert_string_equal(TEXT_OF(a->json, "refresh_token"), first.refresh);
    assert_int_equal(daemon_terminate(&other), 0);
    daemon_fini(&other);
}

static void with_the_setting_off_a_repeat_is_a_second_use(void **state)
{
    static const char *const OFF[] = {"--refresh-repeat-s=0", NULL};
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    assert_int_equal(daemon_terminate(&s->api), 0);
    daemon_fini(&s->api);
    launch(s, OFF);
    assert_int_equal(refresh(s, &ann, "k"), 200);
    assert_int_equal(refresh(s, &ann, "k"), 401);
    assert_string_equal(TEXT_OF(s->http.answer.json, "code"), "token_reused");
}

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){0});

    (void)daemon_terminate(&s->api);
    daemon_fini(&s->api);
    redis_proxy_start(&proxy, &s->redis);
    launch(s, NULL);
    *state = s;
    return 0;
}

static void the_proxy_ends(void **state)
{
    (void)state;
    redis_proxy_stop(&proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_reply_of_redis_is_lost),
        CASE(the_server_is_killed_before_it_answers),
        CASE(another_server_answers_the_repeat),
        CASE(with_the_setting_off_a_repeat_is_a_second_use),
        CASE(the_daemons_end_well),
        CASE(the_proxy_ends),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
