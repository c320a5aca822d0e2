/* Refresh tokens: opaque, single use, and a stolen one gives itself away. */
#include "story.h"

static const char *refresh_body(const char *token)
{
    return fmt("{'refresh_token':'%s'}", token);
}

static void refreshing_gives_a_new_pair_of_the_same_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user next = ann;
    json_t *answer = http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh));

    EXPECT_JSON(answer,
                "{'access_token':'*','refresh_token':'*','token_type':'Bearer','expires_in':900}");
    user_take_tokens(&next, answer);
    assert_string_equal(next.session, ann.session);
    assert_string_not_equal(next.refresh, ann.refresh);
    (void)user_expect(&next, 200, "GET", "/api/profile", NULL);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL); /* its 15 minutes are not over */
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(next.refresh));
}

static void an_old_refresh_token_used_again_ends_the_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user other = user_login(&ann, "other");
    struct user next = ann;

    user_take_tokens(&next,
                     http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh)));
    (void)http_expect_problem(s, 401, "token_reused", "POST", "/api/token", NULL,
                              refresh_body(ann.refresh));
    (void)http_expect_problem(s, 401, "invalid_token", "POST", "/api/token", NULL,
                              refresh_body(next.refresh));
    (void)user_expect_problem(&next, 401, "invalid_token", "GET", "/api/profile", NULL);
    (void)user_expect_problem(&ann, 401, "invalid_token", "GET", "/api/profile", NULL);
    (void)user_expect(&other, 200, "GET", "/api/profile",
                      NULL); /* another session is another matter */
}

static void of_many_uses_at_once_at_most_one_is_answered_with_tokens(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *body = fmt_json(refresh_body(ann.refresh));
    const char *request = fmt(
        "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    struct raw r[6];
    int good = 0;

    for (size_t i = 0; i < 6; i++)
        r[i] = raw_open(s->api.port);
    for (size_t i = 0; i < 6; i++)
        raw_send(&r[i], str_of(request));
    for (size_t i = 0; i < 6; i++) {
        int status = raw_status(&r[i]);
        assert_true(status == 200 || status == 401);
        good += status == 200;
        raw_close(&r[i]);
    }
    assert_int_equal(good, 1);
    (void)user_expect(&ann, 401, "GET", "/api/profile", NULL);
}

static void a_forged_refresh_token_is_refused_and_ends_nothing(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user other = user_login(&ann, "other");
    size_t n = strlen(ann.refresh);
    const char *const forged[] = {
        "",
        "x",
        "....",
        fmt("%s.%s.%s.%s", ann.session, fmt_repeat('a', 24), fmt_repeat('b', 24), ann.name),
        fmt("%.*s", (int)n - 1, ann.refresh),
        fmt("%s0", ann.refresh),
        fmt("%c%s", ann.refresh[0] == 'x' ? 'y' : 'x', ann.refresh + 1),
        ann.access,
        fmt_repeat('a', 4000),
    };

    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        int status = http_do(s, "POST", "/api/token", NULL, refresh_body(forged[i]))->status;
        if (status != 401 && !(status == 422 && (forged[i][0] == '\0' || strlen(forged[i]) > 1000)))
            fail_at(HERE, "%d for %s", status, forged[i]);
    }
    /* The id of this session with the secrets of another. */
    (void)http_expect_problem(s, 401, "invalid_token", "POST", "/api/token", NULL,
                              refresh_body(fmt("%s%s", ann.session, strchr(other.refresh, '.'))));
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)user_expect(&other, 200, "GET", "/api/profile", NULL);
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh));
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(other.refresh));
}

static void a_refresh_token_dies_with_its_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    (void)user_expect(&ann, 204, "POST", "/api/logout", NULL);
    (void)http_expect_problem(s, 401, "invalid_token", "POST", "/api/token", NULL,
                              refresh_body(ann.refresh));
}

static void redis_holds_no_refresh_token(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *current =
        redis_text(&s->redis, "HGET u:{%s}:session:%s current", ann.name, ann.session);

    assert_non_null(current);
    assert_null(strstr(ann.refresh, current));
    assert_true(redis_do(&s->redis, "TTL u:{%s}:session:%s", ann.name, ann.session) >
                29 * 24 * 3600);
}

static void with_key(struct stack *s, const char *key)
{
    static const char *headers[2];

    headers[0] = fmt("Idempotency-Key: %s", key);
    s->http.headers = headers;
}

static void a_repeat_with_the_same_key_gets_the_same_refresh_token(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user first = ann;
    struct user again = ann;
    struct user third = ann;

    with_key(s, "one");
    user_take_tokens(&first,
                     http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh)));
    with_key(s, "one");
    user_take_tokens(&again,
                     http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh)));
    assert_string_equal(again.refresh, first.refresh);
    assert_string_not_equal(again.refresh, ann.refresh);
    (void)user_expect(&first, 200, "GET", "/api/profile", NULL);
    (void)user_expect(&again, 200, "GET", "/api/profile", NULL);
    with_key(s, "two");
    user_take_tokens(&third,
                     http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(first.refresh)));
    assert_string_not_equal(third.refresh, first.refresh);
    with_key(s, "one"); /* its successor has been used */
    (void)http_expect_problem(s, 401, "token_reused", "POST", "/api/token", NULL,
                              refresh_body(ann.refresh));
    (void)user_expect_problem(&third, 401, "invalid_token", "GET", "/api/profile", NULL);
    with_key(s, "three");
    (void)http_expect_problem(s, 401, "invalid_token", "POST", "/api/token", NULL,
                              refresh_body(third.refresh));
}

static void a_key_helps_nobody_who_does_not_say_the_same(void **state)
{
    static const char *const LATER[] = {"another", "on", "one1", NULL};
    struct stack *s = *state;

    for (size_t i = 0; i < sizeof LATER / sizeof LATER[0]; i++) {
        struct user ann = user_new(s, "ann");
        with_key(s, "one");
        (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh));
        if (LATER[i])
            with_key(s, LATER[i]);
        (void)http_expect_problem(s, 401, "token_reused", "POST", "/api/token", NULL,
                                  refresh_body(ann.refresh));
        (void)user_expect(&ann, 401, "GET", "/api/profile", NULL);
    }
    struct user ann = user_new(s, "ann"); /* nor after a use without a key */
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh));
    with_key(s, "one");
    (void)http_expect_problem(s, 401, "token_reused", "POST", "/api/token", NULL,
                              refresh_body(ann.refresh));
}

static void one_key_is_for_one_token_and_one_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user next = ann;

    for (int i = 0; i < 3; i++) { /* the same key all the time, without harm */
        struct user old = next;
        with_key(s, "one");
        user_take_tokens(
            &next, http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(old.refresh)));
        assert_string_not_equal(next.refresh, old.refresh);
    }
    with_key(s, "one");
    json_t *answer = http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(bob.refresh));
    assert_null(strstr(TEXT_OF(answer, "refresh_token"), strchr(next.refresh, '.')));
}

static void repeats_at_once_all_get_the_same(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user next = ann;
    const char *body = fmt_json(refresh_body(ann.refresh));
    const char *request = fmt("POST /api/token HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              strlen(body), body);
    struct raw r[6];

    for (size_t i = 0; i < 6; i++)
        r[i] = raw_open(s->api.port);
    for (size_t i = 0; i < 6; i++)
        raw_send(&r[i], str_of(request));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(raw_status(&r[i]), 200);
        raw_close(&r[i]);
    }
    with_key(s, "k");
    user_take_tokens(&next,
                     http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh)));
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(next.refresh));
}

static void a_bad_key_is_refused_and_uses_nothing(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *const bad[] = {"two words", fmt_repeat('k', 256), "\xc3\xa4"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        with_key(s, bad[i]);
        (void)http_expect_problem(s, 400, "bad_request", "POST", "/api/token", NULL,
                                  refresh_body(ann.refresh));
    }
    (void)http_expect(s, 200, "POST", "/api/token", NULL, refresh_body(ann.refresh));
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(refreshing_gives_a_new_pair_of_the_same_session),
      CASE(an_old_refresh_token_used_again_ends_the_session),
      CASE(of_many_uses_at_once_at_most_one_is_answered_with_tokens),
      CASE(a_forged_refresh_token_is_refused_and_ends_nothing),
      CASE(a_repeat_with_the_same_key_gets_the_same_refresh_token),
      CASE(a_key_helps_nobody_who_does_not_say_the_same),
      CASE(one_key_is_for_one_token_and_one_session), CASE(repeats_at_once_all_get_the_same),
      CASE(a_bad_key_is_refused_and_uses_nothing), CASE(a_refresh_token_dies_with_its_session),
      CASE(redis_holds_no_refresh_token))
