/* X-Request-Id and traceparent: the client's word is taken over by every daemon, answered, and in the log. */
#include "four_scene.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "traceparent: 00-" TRACE "-00f067aa0ba902b7-01"

static const struct http_answer *get(struct http *http, int port, const char *path,
                                     const char *const *headers)
{
    http->headers = headers;
    return http_at(http, port, "GET", path, NULL, NULL);
}

static void every_daemon_answers_with_the_clients_id(void **state)
{
    struct four *f = *state;
    struct http http = {0};

    for (int i = 0; i < FOUR; i++) {
        const struct http_answer *a = get(&http, f->d[i].port, "/healthz",
                                          (const char *[]){"X-Request-Id: order.66-A_b", NULL});
        assert_int_equal(a->status, 200);
        assert_string_equal(http_header(a, "X-Request-Id"), "order.66-A_b");
    }
    http_fini(&http);
}

static void every_daemon_makes_one_where_there_is_none_or_a_bad_one(void **state)
{
    struct four *f = *state;
    struct http http = {0};
    const char *bad[] = {NULL, "X-Request-Id: a b", "X-Request-Id: a;b",
                         fmt("X-Request-Id: %s", fmt_repeat('x', 65)),
                         fmt("X-Request-Id: %s", fmt_repeat('x', 1000))};

    for (int i = 0; i < FOUR; i++)
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            const struct http_answer *a =
                get(&http, f->d[i].port, "/nothing-here", (const char *[]){bad[k], NULL});
            const char *id = http_header(a, "X-Request-Id");
            assert_int_equal(a->status, 404);
            assert_non_null(id);
            assert_true(strlen(id) > 8 && strlen(id) <= 64);
            assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(id));
        }
    http_fini(&http);
}

static bool logged(const struct daemon *d, const char *with, const char *and)
{
    struct buf log = {0};
    bool found = false;
    str rest;
    str line;

    process_log(&d->process, &log);
    rest = str_of(buf_cstr(&log));
    while (!found && str_split(&rest, '\n', &line)) {
        const char *z = fmt("%.*s", STR_ARG(line));
        found = strstr(z, with) != NULL && strstr(z, and) != NULL;
    }
    buf_fini(&log);
    return found;
}

static void the_log_names_the_request_and_its_trace(void **state)
{
    struct four *f = *state;
    struct http http = {0};

    for (int i = 0; i < FOUR; i++) {
        const char *id = fmt("logged-%d", i);
        (void)get(&http, f->d[i].port, "/healthz",
                  (const char *[]){fmt("X-Request-Id: %s", id), PARENT, NULL});
        WAIT_UNTIL(logged(&f->d[i], fmt("request=%s", id), "trace=" TRACE));
    }
    http_fini(&http);
}

/* A password is hashed on another thread. */
static void an_answer_from_the_pool_is_known_by_it_too(void **state)
{
    struct four *f = *state;
    struct http http = {.headers = (const char *[]){"X-Request-Id: from-the-pool", NULL}};

    const struct http_answer *a =
        http_at(&http, f->d[API].port, "POST", "/api/login", NULL,
                "{'username':'nobody-here','password':'correct-horse-9-battery'}");
    assert_int_equal(a->status, 401);
    assert_string_equal(http_header(a, "X-Request-Id"), "from-the-pool");
    WAIT_UNTIL(logged(&f->d[API], "request=from-the-pool", "status=401"));
    http_fini(&http);
}

static void a_connection_is_known_by_its_upgrade(void **state)
{
    struct four *f = *state;
    struct user ann = user_new(f->stack, "ann");
    struct ws *ws = ws_new(
        f->d[CHAT].port, "/chat",
        fmt("Authorization: Bearer %s\r\nX-Request-Id: phone-7\r\n" PARENT "\r\n", ann.access));

    ws_expect(ws, "{'type':'ready'}");
    assert_true(logged(&f->d[CHAT], "msg=connected", "request=phone-7 trace=" TRACE));
    ws_close(ws);
    ws_free(ws);
    WAIT_UNTIL(logged(&f->d[CHAT], "msg=disconnected", "request=phone-7 trace=" TRACE));
}

/* Failures of one kind are logged once a second. */
static bool failed_sign_in_is_logged(struct daemon *chat, const struct user *user)
{
    struct ws *ws =
        ws_new(chat->port, "/chat",
               fmt("Authorization: Bearer %s\r\nX-Request-Id: phone-9\r\n", user->access));

    ws_expect_close(ws, 1013);
    ws_free(ws);
    return logged(chat, "msg=\"redis failed\"", "request=phone-9");
}

/* What is said of an answer of Redis, for a frame, or for signing in, is said for the connection's sake. */
static void what_redis_answers_later_is_for_the_connection_s_sake(void **state)
{
    struct four *f = *state;
    struct user ann = user_new(f->stack, "ann");
    struct user bob = user_new(f->stack, "bob");
    const char *conversation = direct_id(&ann, &bob);
    struct ws *ws = ws_new(
        f->d[CHAT].port, "/chat",
        fmt("Authorization: Bearer %s\r\nX-Request-Id: phone-8\r\n" PARENT "\r\n", ann.access));

    ws_expect(ws, "{'type':'ready'}");
    (void)redis_do(&f->stack->redis, "SET c:{%s}:log spoiled", conversation);
    ws_send(ws, "{'type':'send','id':'1','to':'%s','text':'x'}", bob.name);
    ws_expect(ws, "{'type':'error','id':'1','code':'unavailable'}");
    WAIT_UNTIL(logged(&f->d[CHAT], "msg=\"redis failed\"", "request=phone-8 trace=" TRACE));
    (void)redis_do(&f->stack->redis, "DEL c:{%s}:log", conversation);
    ws_free(ws);
    (void)redis_do(&f->stack->redis, "DEL u:{%s}:conversations", bob.name);
    (void)redis_do(&f->stack->redis, "SET u:{%s}:conversations spoiled", bob.name);
    WAIT_UNTIL(failed_sign_in_is_logged(&f->d[CHAT], &bob));
}

static void a_refused_upgrade_has_one_too(void **state)
{
    struct four *f = *state;
    struct ws *ws = ws_new(f->d[CHAT].port, "/chat",
                           "Authorization: Bearer nonsense\r\nX-Request-Id: refused-1\r\n");

    ws_expect_status(ws, 401);
    ws_free(ws);
    WAIT_UNTIL(logged(&f->d[CHAT], "status=401", "request=refused-1"));
}

STORY_OF_FOUR(CASE(every_daemon_answers_with_the_clients_id),
              CASE(every_daemon_makes_one_where_there_is_none_or_a_bad_one),
              CASE(the_log_names_the_request_and_its_trace),
              CASE(an_answer_from_the_pool_is_known_by_it_too),
              CASE(a_connection_is_known_by_its_upgrade),
              CASE(what_redis_answers_later_is_for_the_connection_s_sake),
              CASE(a_refused_upgrade_has_one_too))
