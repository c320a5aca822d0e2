/* A user's sessions: seen, ended one by one, and all at once by a new password. */
#include "story.h"

static json_t *sessions_of(const struct user *u)
{
    return ITEM_OF(user_expect(u, 200, "GET", "/api/sessions", NULL), "sessions");
}

static void the_list_names_every_session_and_the_current_one(void **state)
{
    struct user laptop = user_new(*state, "ann");
    struct user phone = user_login(&laptop, "phone");
    json_t *list = sessions_of(&phone);

    assert_int_equal(json_array_size(list), 2);
    json_t *here =
        match_find(list, fmt("{'id':'%s','device':'phone','current':true}", phone.session));
    assert_non_null(here);
    assert_non_null(match_find(list, fmt("{'id':'%s','current':false}", laptop.session)));
    assert_true(INT_OF(here, "created") <= clock_wall_ms());
    assert_true(INT_OF(here, "last_used") >= INT_OF(here, "created"));
}

static void ending_a_session_ends_its_tokens_only(void **state)
{
    struct stack *s = *state;
    struct user laptop = user_new(s, "ann");
    struct user phone = user_login(&laptop, "phone");

    (void)user_expect(&laptop, 204, "DELETE", fmt("/api/sessions/%s", phone.session), NULL);
    (void)user_expect_problem(&phone, 401, "invalid_token", "GET", "/api/profile", NULL);
    (void)http_expect(s, 401, "POST", "/api/token", NULL,
                      fmt("{'refresh_token':'%s'}", phone.refresh));
    assert_int_equal(json_array_size(sessions_of(&laptop)), 1);
}

static void logging_out_ends_the_session(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");

    (void)user_expect(&phone, 204, "POST", "/api/logout", NULL);
    (void)user_expect_problem(&phone, 401, "invalid_token", "GET", "/api/profile", NULL);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
}

static void somebody_else_s_session_is_not_found(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user eve = user_new(*state, "eve");

    (void)user_expect_problem(&eve, 404, "not_found", "DELETE",
                              fmt("/api/sessions/%s", ann.session), NULL);
    (void)user_expect_problem(&eve, 404, "not_found", "DELETE", "/api/sessions/nonsense", NULL);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
}

static const char *change_body(const char *current, const char *next)
{
    return fmt("{'current_password':'%s','new_password':'%s'}", current, next);
}

static void a_new_password_ends_every_other_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user phone = user_login(&ann, "phone");

    (void)user_expect(&ann, 204, "PUT", "/api/profile/password",
                      change_body(USER_PASSWORD, "another-Staple-41-x"));
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)user_expect_problem(&phone, 401, "invalid_token", "GET", "/api/profile", NULL);
    (void)http_expect_problem(s, 401, "bad_credentials", "POST", "/api/login", NULL,
                              fmt("{'username':'%s','password':'" USER_PASSWORD "'}", ann.name));
    (void)http_expect(s, 200, "POST", "/api/login", NULL,
                      fmt("{'username':'%s','password':'another-Staple-41-x'}", ann.name));
}

static void the_password_changes_only_for_who_knows_it_and_to_a_good_one(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect_problem(&ann, 401, "bad_credentials", "PUT", "/api/profile/password",
                              change_body("not-the-password-7", "another-Staple-41-x"));
    EXPECT_JSON(user_expect_problem(&ann, 422, "weak_password", "PUT", "/api/profile/password",
                                    change_body(USER_PASSWORD, "password1")),
                "{'field':'new_password'}");
    EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", "PUT", "/api/profile/password",
                                    change_body(USER_PASSWORD, "x9-Kq2z")),
                "{'field':'new_password'}");
    (void)user_login(&ann, "still the old one");
}

static void the_number_of_sessions_is_bounded(void **state)
{
    struct stack *s = *state;
    struct stack *few =
        stack_start((struct stack_options){.api_flags = {"--max-sessions-per-user=3"}});
    struct user first = user_new(few, "ann");

    (void)s;
    for (int i = 0; i < 3; i++)
        (void)user_login(&first, fmt("device %d", i));
    struct user last = user_login(&first, "last");
    assert_true(json_array_size(sessions_of(&last)) <= 3);
    (void)user_expect(&first, 401, "GET", "/api/profile", NULL); /* the oldest has made place */
    stack_stop(few);
}

static int status_at(struct daemon *api, const struct user *u)
{
    struct http http = {0};
    int status = http_at(&http, api->port, "GET", "/api/profile", u->access, NULL)->status;

    http_fini(&http);
    return status;
}

/* Each api-server remembers who is signed in; what one of them ends, the others must hear of,
 * also when their connection to Redis was just cut. */
static void what_ends_at_one_api_server_ends_at_all(void **state)
{
    struct stack *s = *state;
    struct daemon second;

    daemon_init(&second, "api-server", "api-server-2", &s->dir, s->redis.url, NULL);
    daemon_up(&second);
    for (int round = 0; round < 20; round++) {
        struct user ann = user_new(s, "ann");
        assert_int_equal(status_at(&second, &ann), 200);
        assert_int_equal(status_at(&second, &ann), 200); /* from memory, by now */
        if (round % 2) {
            (void)redis_do(&s->redis, "CLIENT KILL TYPE pubsub SKIPME yes");
            (void)redis_do(&s->redis, "CLIENT KILL TYPE normal SKIPME yes");
        }
        (void)user_expect(&ann, 204, "POST", "/api/logout", NULL);
        WAIT_UNTIL(status_at(&second, &ann) == 401);
    }
    assert_int_equal(daemon_terminate(&second), 0);
    daemon_fini(&second);
}

/* --- what the other servers are told --------------------------------------------------------- */

/* How often this session was said to have ended. */
static int64_t told(struct stack *s, const char *session)
{
    static const char COUNT[] = "local n = 0 "
                                "for _, e in ipairs(redis.call('XRANGE', 'ended', '-', '+')) do "
                                "if e[2][4] == ARGV[1] then n = n + 1 end end return n";

    return redis_do(&s->redis, "EVAL %s 0 %s", COUNT, session);
}

static void only_what_was_there_is_said_to_have_ended(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user phone = user_login(&ann, "phone");
    const char *nobody = "aaaaaaaaaaaaaaaaaaaaaaaa";

    for (int i = 0; i < 3; i++)
        (void)user_expect_problem(&ann, 404, "not_found", "DELETE", fmt("/api/sessions/%s", nobody),
                                  NULL);
    assert_int_equal(told(s, nobody), 0);
    (void)user_expect(&ann, 204, "DELETE", fmt("/api/sessions/%s", phone.session), NULL);
    (void)user_expect(&ann, 404, "DELETE", fmt("/api/sessions/%s", phone.session), NULL);
    assert_int_equal(told(s, phone.session), 1);
    assert_int_equal(told(s, ann.session), 0);
    (void)user_expect(&ann, 204, "POST", "/api/logout", NULL);
    assert_int_equal(told(s, ann.session), 1);
}

static struct raw begin_change(struct stack *s, const struct user *u, const char *next)
{
    const char *body = fmt_json(change_body(USER_PASSWORD, next));
    struct raw r = raw_open(s->api.port);

    raw_send(&r, str_of(fmt("PUT /api/profile/password HTTP/1.1\r\nHost: x\r\n"
                            "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                            u->access, strlen(body), body)));
    return r;
}

static void of_two_new_passwords_at_once_the_winner_s_session_stays(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .api_flags = {"--password-hash-memory-kib=32768", "--password-hash-passes=3"}});
    struct user a = user_new(s, "ann");
    struct user b = user_login(&a, "b");
    struct user more[20]; /* more than are told in one go */

    (void)state;
    for (size_t i = 0; i < 20; i++)
        more[i] = user_login(&a, "more");
    struct raw first = begin_change(s, &a, "another-Staple-41-x");
    struct raw second = begin_change(s, &b, "a-third-Staple-52-y");
    int of_a = raw_status(&first);
    int of_b = raw_status(&second);
    assert_true((of_a == 204 && of_b == 401) || (of_a == 401 && of_b == 204));
    assert_int_equal(told(s, of_a == 204 ? a.session : b.session), 0);
    assert_int_equal(told(s, of_a == 204 ? b.session : a.session), 1);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(told(s, more[i].session), 1);
    raw_close(&first);
    raw_close(&second);
    stack_stop(s);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(the_list_names_every_session_and_the_current_one),
      CASE(ending_a_session_ends_its_tokens_only), CASE(logging_out_ends_the_session),
      CASE(somebody_else_s_session_is_not_found), CASE(a_new_password_ends_every_other_session),
      CASE(the_password_changes_only_for_who_knows_it_and_to_a_good_one),
      CASE(the_number_of_sessions_is_bounded), CASE(what_ends_at_one_api_server_ends_at_all),
      CASE(only_what_was_there_is_said_to_have_ended),
      CASE(of_two_new_passwords_at_once_the_winner_s_session_stays))
