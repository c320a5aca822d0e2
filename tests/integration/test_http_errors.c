/* Every error of the contract, for every call it applies to. */
#include "story.h"

/* What every case needs: somebody with a session, and a room of theirs. */
struct scene {
    struct stack *stack;
    struct user ann;
    struct user bob;
    char room[32];
};

enum body_kind { NO_BODY, NEEDS_BODY, MAY_HAVE_BODY };

struct call {
    const char *method;
    const char *path; /* %s: the room */
    bool signed_in;
    enum body_kind body;
    const char *good;       /* a body that passes every check of shape */
    const char *text_field; /* a string in it: another type there is bad_json */
    const char *allow;      /* what Allow must name for this path */
};

static const struct call CALLS[] = {
    {"POST", "/api/signup", false, NEEDS_BODY,
     "{'username':'somebody','password':'" USER_PASSWORD "'}", "username", "POST"},
    {"POST", "/api/login", false, NEEDS_BODY,
     "{'username':'somebody','password':'not-the-password-7'}", "password", "POST"},
    {"POST", "/api/token", false, NEEDS_BODY, "{'refresh_token':'x'}", "refresh_token", "POST"},
    {"POST", "/api/logout", true, NO_BODY, NULL, NULL, "POST"},
    {"GET", "/api/sessions", true, NO_BODY, NULL, NULL, "GET"},
    {"DELETE", "/api/sessions/aaaaaaaaaaaaaaaaaaaaaaaa", true, NO_BODY, NULL, NULL, "DELETE"},
    {"GET", "/api/profile", true, NO_BODY, NULL, NULL, "GET"},
    {"PATCH", "/api/profile", true, NEEDS_BODY, "{'display_name':'Ann'}", "display_name", "PATCH"},
    {"DELETE", "/api/profile", true, NEEDS_BODY, "{'password':'not-the-password-7'}", "password",
     "DELETE"},
    {"PUT", "/api/profile/password", true, NEEDS_BODY,
     "{'current_password':'not-the-password-7','new_password':'another-Staple-41-x'}",
     "new_password", "PUT"},
    {"GET", "/api/profile/export", true, NO_BODY, NULL, NULL, "GET"},
    {"GET", "/api/users/nobody-here", true, NO_BODY, NULL, NULL, "GET"},
    {"GET", "/api/users?q=a", true, NO_BODY, NULL, NULL, "GET"},
    {"GET", "/api/contacts", true, NO_BODY, NULL, NULL, "GET"},
    {"PUT", "/api/contacts/nobody-here", true, NO_BODY, NULL, NULL, "PUT"},
    {"DELETE", "/api/contacts/nobody-here", true, NO_BODY, NULL, NULL, "DELETE"},
    {"GET", "/api/blocks", true, NO_BODY, NULL, NULL, "GET"},
    {"PUT", "/api/blocks/nobody-here", true, NO_BODY, NULL, NULL, "PUT"},
    {"DELETE", "/api/blocks/nobody-here", true, NO_BODY, NULL, NULL, "DELETE"},
    {"POST", "/api/conversations", true, NEEDS_BODY, "{'name':'x','members':[]}", "name", "POST"},
    {"GET", "/api/conversations", true, NO_BODY, NULL, NULL, "GET"},
    {"GET", "/api/conversations/%s", true, NO_BODY, NULL, NULL, "GET"},
    {"PATCH", "/api/conversations/%s", true, NEEDS_BODY, "{'name':'x'}", "name", "PATCH"},
    {"PUT", "/api/conversations/%s/members/nobody-here", true, MAY_HAVE_BODY, "{'role':'member'}",
     "role", "PUT"},
    {"DELETE", "/api/conversations/%s/members/nobody-here", true, NO_BODY, NULL, NULL, "DELETE"},
    {"PUT", "/api/conversations/%s/mute", true, NEEDS_BODY, "{'until':0}", NULL, "PUT"},
    {"GET", "/api/conversations/%s/messages", true, NO_BODY, NULL, NULL, "GET"},
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }
#define CALLS_N (sizeof CALLS / sizeof CALLS[0])

static const char *path_of(const struct scene *scene, const struct call *call)
{
    return strstr(call->path, "%s")
               ? fmt("/api/conversations/%s%s", scene->room, strstr(call->path, "%s") + 2)
               : call->path;
}

/* Every one is asked by ann; what she has is left alone. */
static const struct http_answer *ask(const struct scene *scene, const struct call *call, str body)
{
    return http_bytes_at(&scene->stack->http, scene->stack->api.port, call->method,
                         path_of(scene, call), call->signed_in ? scene->ann.access : NULL, body);
}

static void expect_problem(const struct call *call, const struct http_answer *a, int status,
                           const char *code, const char *about)
{
    const char *type = http_header(a, "Content-Type");

    if (a->status != status)
        fail_at(HERE, "%s %s with %s: expected %d, got %d %s", call->method, call->path, about,
                status, a->status, match_show(a->json));
    if (type == NULL || strcmp(type, "application/problem+json") != 0)
        fail_at(HERE, "%s %s with %s: content type %s", call->method, call->path, about, type);
    EXPECT_JSON(a->json, "{'type':'*','title':'*','status':%d,'detail':'*','code':'%s'}", status,
                code);
}

/* --- bodies ---------------------------------------------------------------------------------- */

static void what_is_no_json_object_is_bad_json(void **state)
{
    static const struct {
        const char *about;
        str text;
    } BAD[] = {
        {"nothing", TEXT("")},
        {"half an object", TEXT("{\"username\":")},
        {"a word", TEXT("hello")},
        {"an array", TEXT("[]")},
        {"a string", TEXT("\"x\"")},
        {"null", TEXT("null")},
        {"two values", TEXT("{}{}")},
        {"a comma too many", TEXT("{\"a\":1,}")},
        {"a key twice", TEXT("{\"x\":1,\"x\":1}")},
        {"a key twice, escaped once", TEXT("{\"x\":1,\"\\u0078\":1}")},
        {"a key twice, deep inside", TEXT("{\"x\":{\"y\":[{\"z\":1,\"z\":2}]}}")},
        {"a NUL byte", TEXT("{\"x\":\"a\0b\"}")},
        {"an escaped NUL", TEXT("{\"x\":\"a\\u0000b\"}")},
        {"a lone surrogate", TEXT("{\"x\":\"\\ud800\"}")},
        {"invalid UTF-8", TEXT("{\"x\":\"\xff\"}")},
        {"a number beyond a double", TEXT("{\"x\":1e999}")},
        {"NaN", TEXT("{\"x\":NaN}")},
        {"17 levels", TEXT("{\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}")},
        {"single quotes", TEXT("{'x':1}")},
        {"a byte order mark", TEXT("\xef\xbb\xbf{}")},
    };
    const struct scene *scene = *state;

    for (size_t i = 0; i < CALLS_N; i++) {
        if (CALLS[i].body == NO_BODY)
            continue;
        for (size_t k = CALLS[i].body == NEEDS_BODY ? 0 : 1; k < sizeof BAD / sizeof BAD[0]; k++)
            expect_problem(&CALLS[i], ask(scene, &CALLS[i], BAD[k].text), 400, "bad_json",
                           BAD[k].about);
    }
}

static void sixteen_levels_are_fine(void **state)
{
    const struct scene *scene = *state;
    const char *body = "{\"display_name\":\"Ann\",\"x\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}";

    (void)user_expect(&scene->ann, 200, "PATCH", "/api/profile", body);
}

/* The field of the good body, as a value of another type. */
static const char *with_other_type(const struct call *call, const char *value)
{
    json_t *body = match_pattern(HERE, call->good);

    (void)json_object_set_new(body, call->text_field, match_pattern(HERE, value));
    char *text = json_dumps(body, 0);
    const char *kept = fmt("%s", text);
    free(text);
    json_decref(body);
    return kept;
}

static void another_type_is_bad_json(void **state)
{
    static const char *const OTHERS[] = {"7", "true", "[]", "{}"};
    const struct scene *scene = *state;

    for (size_t i = 0; i < CALLS_N; i++)
        for (size_t k = 0; CALLS[i].text_field != NULL && k < 4; k++)
            expect_problem(&CALLS[i],
                           ask(scene, &CALLS[i], str_of(with_other_type(&CALLS[i], OTHERS[k]))),
                           400, "bad_json", OTHERS[k]);
    const char *mute = fmt("/api/conversations/%s/mute", scene->room);
    static const char *const UNTIL[] = {"{'until':'soon'}", "{'until':[]}", "{'until':true}"};
    for (size_t k = 0; k < 3; k++)
        (void)user_expect_problem(&scene->ann, 400, "bad_json", "PUT", mute, UNTIL[k]);
    (void)user_expect_problem(&scene->ann, 422, "invalid_field", "PUT", mute, "{'until':1.5}");
    (void)user_expect_problem(&scene->ann, 400, "bad_json", "POST", "/api/conversations",
                              "{'name':'x','members':'bob'}");
    (void)user_expect_problem(&scene->ann, 400, "bad_json", "POST", "/api/conversations",
                              "{'name':'x','members':[7]}");
}

/* 64 KiB is let in, one byte more is not. */
static void bodies_over_64_kib_are_too_large(void **state)
{
    const struct scene *scene = *state;
    const char *fits = fmt("{\"x\":\"%s\"}", fmt_repeat('x', 65536 - 8));
    const char *over = fmt("{\"x\":\"%s\"}", fmt_repeat('x', 65536 - 7));

    assert_int_equal(strlen(fits), 65536);
    for (size_t i = 0; i < CALLS_N; i++) {
        if (CALLS[i].body == NO_BODY)
            continue;
        expect_problem(&CALLS[i], ask(scene, &CALLS[i], str_of(over)), 413, "too_large",
                       "65537 bytes");
        int status = ask(scene, &CALLS[i], str_of(fits))->status;
        if (status == 413 || status == 0 || status >= 500)
            fail_at(HERE, "%s %s with 65536 bytes: %d", CALLS[i].method, CALLS[i].path, status);
    }
}

static void a_missing_field_is_an_invalid_one(void **state)
{
    const struct scene *scene = *state;

    for (size_t i = 0; i < CALLS_N; i++) {
        if (CALLS[i].body != NEEDS_BODY || strcmp(CALLS[i].method, "PATCH") == 0)
            continue;
        const struct http_answer *a = ask(scene, &CALLS[i], STR("{}"));
        expect_problem(&CALLS[i], a, 422, "invalid_field", "{}");
        EXPECT_JSON(a->json, "{'field':'*'}");
    }
    EXPECT_JSON(user_expect_problem(&scene->ann, 422, "invalid_field", "PATCH",
                                    fmt("/api/conversations/%s", scene->room), "{}"),
                "{'field':'name'}");
}

static void unknown_fields_are_ignored(void **state)
{
    const struct scene *scene = *state;

    (void)user_expect(&scene->ann, 200, "PATCH", "/api/profile",
                      "{'display_name':'Ann','shoe_size':43}");
}

/* --- who is asking, and for what ------------------------------------------------------------- */

static void without_a_token_nothing_is_told(void **state)
{
    const struct scene *scene = *state;

    for (size_t i = 0; i < CALLS_N; i++) {
        if (!CALLS[i].signed_in)
            continue;
        for (int k = 0; k < 2; k++) {
            const struct http_answer *a =
                http_do(scene->stack, CALLS[i].method, path_of(scene, &CALLS[i]),
                        k ? "not-a-token" : NULL, CALLS[i].good);
            const char *challenge = http_header(a, "WWW-Authenticate");
            expect_problem(&CALLS[i], a, 401, k ? "invalid_token" : "unauthenticated",
                           k ? "a bad token" : "no token");
            assert_non_null(challenge);
            assert_int_equal(strncmp(challenge, "Bearer", 6), 0);
        }
    }
}

static void unknown_paths_are_not_found(void **state)
{
    static const char *const PATHS[] = {
        "/api/nonsense",         "/api",          "/api/",
        "/api/profile/",         "/api/signup/x", "/api/conversations/x/y/z/w",
        "/API/profile",          "/api//profile", "/api/../api/profile",
        "/.well-known/nonsense", "/api/users/a/b"};
    const struct scene *scene = *state;

    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++)
        (void)user_expect_problem(&scene->ann, 404, "not_found", "GET", PATHS[i], NULL);
}

static void other_methods_are_not_allowed(void **state)
{
    const struct scene *scene = *state;

    for (size_t i = 0; i < CALLS_N; i++) {
        const char *path = path_of(scene, &CALLS[i]);
        const struct http_answer *a = http_do(scene->stack, "TRACE", path, scene->ann.access, NULL);
        const char *allow = http_header(a, "Allow");
        if (a->status != 405 || allow == NULL || strstr(allow, CALLS[i].allow) == NULL)
            fail_at(HERE, "TRACE %s: %d, Allow: %s", path, a->status, allow ? allow : "(none)");
        EXPECT_JSON(a->json, "{'code':'method_not_allowed'}");
    }
    (void)user_expect_problem(&scene->ann, 405, "method_not_allowed", "POST", "/api/profile", "{}");
    (void)user_expect_problem(&scene->ann, 405, "method_not_allowed", "DELETE",
                              "/api/conversations", NULL);
}

static void head_is_get_without_a_body(void **state)
{
    const struct scene *scene = *state;
    const struct http_answer *a =
        http_do(scene->stack, "HEAD", "/api/profile", scene->ann.access, NULL);

    assert_int_equal(a->status, 200);
    assert_int_equal(a->text.n, 0);
}

static void bad_percent_encoding_is_refused(void **state)
{
    static const char *const PATHS[] = {"/api/users/%", "/api/users/%2", "/api/users/%zz",
                                        "/api/users/%00", "/api/users/%ff"};
    const struct scene *scene = *state;

    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        int status = http_do(scene->stack, "GET", PATHS[i], scene->ann.access, NULL)->status;
        if (status != 400 && status != 404)
            fail_at(HERE, "%d for %s", status, PATHS[i]);
    }
}

static void a_sane_request_id_comes_back(void **state)
{
    static const char *const SANE[] = {"X-Request-Id: abc-123", NULL};
    static const char *const ODD[] = {"X-Request-Id: a b\"c", NULL};
    const struct scene *scene = *state;

    scene->stack->http.headers = SANE;
    assert_string_equal(
        http_header(http_do(scene->stack, "GET", "/api/profile", NULL, NULL), "X-Request-Id"),
        "abc-123");
    scene->stack->http.headers = ODD;
    const char *made =
        http_header(http_do(scene->stack, "GET", "/api/profile", NULL, NULL), "X-Request-Id");
    assert_non_null(made);
    assert_null(strstr(made, "\""));
}

/* --- too many, and no Redis ------------------------------------------------------------------ */

static void too_many_signups_are_told_when_to_come_back(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--rate-signup=3"}});

    (void)state;
    for (int i = 0; i < 3; i++)
        (void)user_new(s, "ann");
    (void)http_expect_problem(s, 429, "rate_limited", "POST", "/api/signup", NULL,
                              "{'username':'one.more','password':'" USER_PASSWORD "'}");
    const char *after = http_header(&s->http.answer, "Retry-After");
    assert_non_null(after);
    assert_in_range(atoi(after), 1, 60);
    /* What breaks a rule costs nothing, and is told as such. */
    (void)http_expect_problem(s, 422, "invalid_field", "POST", "/api/signup", NULL,
                              "{'username':'x','password':'" USER_PASSWORD "'}");
    stack_stop(s);
}

static void guessing_passwords_is_slowed_down_without_locking_anybody_out(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--rate-login=4"}});
    struct user ann = user_new(s, "ann");
    int refused = 0;

    (void)state;
    for (int i = 0; i < 12; i++) {
        const struct http_answer *a =
            http_do(s, "POST", "/api/login", NULL,
                    fmt("{'username':'%s','password':'guess-number-%d'}", ann.name, i));
        assert_true(a->status == 401 || a->status == 429);
        if (a->status == 429) {
            const char *after = http_header(a, "Retry-After");
            EXPECT_JSON(a->json, "{'code':'rate_limited'}");
            assert_non_null(after);
            assert_in_range(atoi(after), 1, 60); /* nothing that lasts */
            refused++;
        }
    }
    assert_true(refused >= 6);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL); /* who is in stays in */
    stack_stop(s);
}

static void without_redis_everything_is_unavailable_and_comes_back(void **state)
{
    const struct scene *scene = *state;
    struct stack *s = scene->stack;

    redis_server_kill9(&s->redis);
    /* What the api-server has in memory it may still give, until it sees that Redis has gone. */
    WAIT_UNTIL(http_do(s, "GET", "/api/profile", scene->ann.access, NULL)->status == 503);
    for (size_t i = 0; i < CALLS_N; i++) {
        const char *good =
            strcmp(CALLS[i].path, "/api/token") == 0
                ? fmt("{'refresh_token':'%s'}", scene->ann.refresh) /* for others none is asked */
                : CALLS[i].good;
        const struct http_answer *a = ask(scene, &CALLS[i], str_of(good ? fmt_json(good) : NULL));
        expect_problem(&CALLS[i], a, 503, "unavailable", "no Redis");
        const char *after = http_header(a, "Retry-After");
        assert_non_null(after);
        assert_true(atoi(after) >= 1);
    }
    assert_int_equal(http_status_of(s->api.port, "/readyz"), 503);
    assert_int_equal(http_status_of(s->api.port, "/healthz"), 200);
    redis_server_restart(&s->redis);
    daemon_wait_ready(&s->api);
    (void)user_expect(&scene->ann, 200, "GET", "/api/profile", NULL);
    (void)user_new(s, "after");
}

/* Redis takes the connection and never answers. */
static void a_redis_that_hangs_is_unavailable_too(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--redis-timeout-ms=300"}});
    struct user ann = user_new(s, "ann");

    (void)state;
    redis_server_pause(&s->redis);
    (void)user_expect_problem(&ann, 503, "unavailable", "GET", "/api/conversations", NULL);
    (void)http_expect_problem(s, 503, "unavailable", "POST", "/api/signup", NULL,
                              "{'username':'somebody.new','password':'" USER_PASSWORD "'}");
    assert_int_equal(http_status_of(s->api.port, "/healthz"), 200);
    assert_int_equal(http_status_of(s->api.port, "/readyz"), 503);
    redis_server_go_on(&s->redis);
    daemon_wait_ready(&s->api);
    (void)user_expect(&ann, 200, "GET", "/api/conversations", NULL);
    stack_stop(s);
}

static int setup(void **state)
{
    static struct scene scene;

    scene.stack = stack_start((struct stack_options){0});
    scene.ann = user_new(scene.stack, "ann");
    scene.bob = user_new(scene.stack, "bob");
    (void)snprintf(scene.room, sizeof scene.room, "%s",
                   room_new(&scene.ann, "Scene", (const struct user *[]){&scene.bob, NULL}));
    *state = &scene;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct scene *scene = *state;

    stack_stop(scene->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_no_json_object_is_bad_json),
        CASE(sixteen_levels_are_fine),
        CASE(another_type_is_bad_json),
        CASE(bodies_over_64_kib_are_too_large),
        CASE(a_missing_field_is_an_invalid_one),
        CASE(unknown_fields_are_ignored),
        CASE(without_a_token_nothing_is_told),
        CASE(unknown_paths_are_not_found),
        CASE(other_methods_are_not_allowed),
        CASE(head_is_get_without_a_body),
        CASE(bad_percent_encoding_is_refused),
        CASE(a_sane_request_id_comes_back),
        CASE(too_many_signups_are_told_when_to_come_back),
        CASE(guessing_passwords_is_slowed_down_without_locking_anybody_out),
        CASE(without_redis_everything_is_unavailable_and_comes_back),
        CASE(a_redis_that_hangs_is_unavailable_too),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
