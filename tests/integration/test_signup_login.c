/* People sign up and log in. */
#include "story.h"

#include <sys/socket.h>

static const char *signup_body(const char *name, const char *password)
{
    return fmt("{'username':'%s','password':'%s'}", name, password);
}

static void signing_up_gives_a_profile_and_tokens(void **state)
{
    struct stack *s = *state;
    long long before = clock_wall_ms();
    json_t *answer =
        http_expect(s, 201, "POST", "/api/signup", NULL,
                    "{'username':'grace.h','password':'" USER_PASSWORD "','display_name':'Grace'}");

    EXPECT_JSON(
        answer,
        "{'user':{'username':'grace.h','display_name':'Grace','created':'*'},'access_token':'*',"
        "'refresh_token':'*','token_type':'Bearer','expires_in':900}");
    long long created = INT_OF(ITEM_OF(answer, "user"), "created");
    assert_true(created >= before - 1000 && created <= clock_wall_ms() + 1000);
    assert_string_equal(http_header(&s->http.answer, "Cache-Control"), "no-store");
    assert_string_equal(http_header(&s->http.answer, "X-Content-Type-Options"), "nosniff");
    assert_non_null(http_header(&s->http.answer, "X-Request-Id"));
}

static void the_new_account_can_be_used_at_once(void **state)
{
    struct user ann = user_new(*state, "ann");

    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/profile", NULL), "{'username':'%s'}", ann.name);
}

static void names_are_folded_to_lower_case(void **state)
{
    struct stack *s = *state;

    EXPECT_JSON(
        http_expect(s, 201, "POST", "/api/signup", NULL, signup_body("BigBob", USER_PASSWORD)),
        "{'user':{'username':'bigbob'}}");
    EXPECT_JSON(
        http_expect(s, 200, "POST", "/api/login", NULL, signup_body("bIGbOB", USER_PASSWORD)),
        "{'user':{'username':'bigbob'}}");
}

static void a_name_is_given_once(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "taken");

    (void)http_expect_problem(s, 409, "username_taken", "POST", "/api/signup", NULL,
                              signup_body(ann.name, USER_PASSWORD));
    (void)http_expect_problem(s, 409, "username_taken", "POST", "/api/signup", NULL,
                              signup_body(fmt("TAKEN%s", ann.name + 5), USER_PASSWORD));
}

/* Eight requests for one name are on their way before the first answer is read. */
static void of_many_at_once_one_gets_the_name(void **state)
{
    struct stack *s = *state;
    const char *body = "{\"username\":\"wanted\",\"password\":\"" USER_PASSWORD "\"}";
    const char *request =
        fmt("POST /api/signup HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
            body);
    struct raw r[8];
    int created = 0;
    int taken = 0;

    for (size_t i = 0; i < 8; i++)
        r[i] = raw_open(s->api.port);
    for (size_t i = 0; i < 8; i++)
        raw_send(&r[i], str_of(request));
    for (size_t i = 0; i < 8; i++) {
        int status = raw_status(&r[i]);
        created += status == 201;
        taken += status == 409;
        raw_close(&r[i]);
    }
    assert_int_equal(created, 1);
    assert_int_equal(taken, 7);
}

static void guessable_passwords_are_refused(void **state)
{
    static const char *const WEAK[] = {"password",     "12345678",    "qwertyuiop",
                                       "aaaaaaaaaaaa", "weak.person", "iloveyou1"};
    struct stack *s = *state;

    for (size_t i = 0; i < sizeof WEAK / sizeof WEAK[0]; i++)
        EXPECT_JSON(http_expect_problem(s, 422, "weak_password", "POST", "/api/signup", NULL,
                                        signup_body("weak.person", WEAK[i])),
                    "{'field':'password'}");
}

static void rules_for_names_and_passwords_are_kept(void **state)
{
    struct stack *s = *state;
    const char *const cases[][2] = {
        {"username", signup_body("ab", USER_PASSWORD)},
        {"username", signup_body(fmt_repeat('a', 33), USER_PASSWORD)},
        {"username", signup_body(".ann", USER_PASSWORD)},
        {"username", signup_body("ann b", USER_PASSWORD)},
        {"username", signup_body("\xc3\xa4nne", USER_PASSWORD)},
        {"username", signup_body("ann{x}", USER_PASSWORD)},
        {"username", signup_body("", USER_PASSWORD)},
        {"username", "{'password':'" USER_PASSWORD "'}"},
        {"password", "{'username':'somebody'}"},
        {"password", signup_body("somebody", "x9-Kq2z")},
        {"password", signup_body("somebody", fmt_repeat('x', 1025))},
        {"display_name",
         "{'username':'somebody','password':'" USER_PASSWORD "','display_name':'a\\u0007b'}"},
        {"display_name",
         fmt("{'username':'somebody','password':'" USER_PASSWORD "','display_name':'%s'}",
             fmt_repeat('d', 65))},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        EXPECT_JSON(
            http_expect_problem(s, 422, "invalid_field", "POST", "/api/signup", NULL, cases[i][1]),
            "{'field':'%s'}", cases[i][0]);
    (void)http_expect(s, 201, "POST", "/api/signup", NULL, signup_body("somebody", USER_PASSWORD));
}

static void long_and_unusual_passwords_work(void **state)
{
    struct stack *s = *state;
    const char *const passwords[] = {
        fmt("correct-horse-%s", fmt_repeat('z', 1010)),
        "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c-\xf0\x9f\x90\x8e-"
        "\xe6\xad\xa3\xe7\xa2\xba-42",
    };

    for (size_t i = 0; i < 2; i++) {
        const char *body = signup_body(fmt("unusual%zu", i), passwords[i]);
        (void)http_expect(s, 201, "POST", "/api/signup", NULL, body);
        (void)http_expect(s, 200, "POST", "/api/login", NULL, body);
    }
    /* Every byte of a long one counts. */
    (void)http_expect(s, 401, "POST", "/api/login", NULL,
                      signup_body("unusual0", fmt("correct-horse-%sy", fmt_repeat('z', 1009))));
}

static void logging_in_gives_a_session_of_its_own(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");

    assert_string_not_equal(ann.session, phone.session);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)user_expect(&phone, 200, "GET", "/api/profile", NULL);
}

/* All of an answer but the header lines that differ from one answer to the next. */
static const char *stable_answer(struct stack *s, const char *body)
{
    const struct http_answer *a = http_do(s, "POST", "/api/login", NULL, body);
    struct buf text = {0};
    str rest = buf_view(&a->head);
    str line;

    while (str_split(&rest, '\n', &line))
        if (!str_starts(line, STR("Date:")) && !str_starts(line, STR("X-Request-Id:")))
            buf_printf(&text, "%.*s\n", STR_ARG(line));
    buf_add_str(&text, buf_view(&a->text));
    const char *kept = fmt("%s", buf_cstr(&text));
    buf_fini(&text);
    return kept;
}

static void an_unknown_user_and_a_wrong_password_are_answered_alike(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    (void)http_expect_problem(s, 401, "bad_credentials", "POST", "/api/login", NULL,
                              signup_body(ann.name, "not-the-password-7"));
    (void)http_expect_problem(s, 401, "bad_credentials", "POST", "/api/login", NULL,
                              signup_body("nobody-here", USER_PASSWORD));
    assert_string_equal(stable_answer(s, signup_body(ann.name, "not-the-password-7")),
                        stable_answer(s, signup_body("nobody-here", USER_PASSWORD)));
    /* A name that cannot be one tells nothing either. */
    int status =
        http_do(s, "POST", "/api/login", NULL, signup_body("No Such Name!", USER_PASSWORD))->status;
    assert_true(status == 401 || status == 422);
}

/* How many hashes were computed shows in the CPU time: an unknown user must cost as much as a
 * known one. */
static void both_cost_the_server_the_same_work(void **state)
{
    struct stack *s = *state;
    struct stack *costly = stack_start((struct stack_options){
        .api_flags = {"--password-hash-memory-kib=8192", "--password-hash-passes=4"}});
    struct user ann = user_new(costly, "ann");
    double cpu[3];

    (void)s;
    for (int round = 0; round < 2; round++) {
        cpu[round] = daemon_metric(&costly->api, "process_cpu_seconds_total");
        for (int i = 0; i < 6; i++)
            (void)http_expect(costly, 401, "POST", "/api/login", NULL,
                              signup_body(round ? "nobody-here" : ann.name, "not-the-password-7"));
    }
    cpu[2] = daemon_metric(&costly->api, "process_cpu_seconds_total");
    double known = cpu[1] - cpu[0];
    double unknown = cpu[2] - cpu[1];
    stack_stop(costly);
    assert_true(known > 0.02);
    assert_true(unknown > known / 3 && known > unknown / 3);
}

static void a_password_is_hashed_with_argon2id_at_the_cost_set(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *hash = redis_text(&s->redis, "HGET u:{%s} password", ann.name);

    assert_non_null(hash);
    assert_non_null(strstr(hash, "$argon2id$v=19$m=64,t=1,p=1$"));
    assert_null(strstr(hash, USER_PASSWORD));
}

static void nothing_secret_is_in_the_log(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)http_do(s, "POST", "/api/login", NULL, signup_body(ann.name, "not-the-password-7"));
    assert_false(daemon_log_has(&s->api, USER_PASSWORD));
    assert_false(daemon_log_has(&s->api, "not-the-password-7"));
    assert_false(daemon_log_has(&s->api, ann.access));
    assert_false(daemon_log_has(&s->api, ann.refresh));
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(signing_up_gives_a_profile_and_tokens), CASE(the_new_account_can_be_used_at_once),
      CASE(names_are_folded_to_lower_case), CASE(a_name_is_given_once),
      CASE(of_many_at_once_one_gets_the_name), CASE(guessable_passwords_are_refused),
      CASE(rules_for_names_and_passwords_are_kept), CASE(long_and_unusual_passwords_work),
      CASE(logging_in_gives_a_session_of_its_own),
      CASE(an_unknown_user_and_a_wrong_password_are_answered_alike),
      CASE(both_cost_the_server_the_same_work),
      CASE(a_password_is_hashed_with_argon2id_at_the_cost_set), CASE(nothing_secret_is_in_the_log))
