/* What operators rely on: health, readiness, metrics, and an orderly end. */
#include "four_scene.h"

static const struct http_answer *get(struct http *http, struct daemon *d, const char *path)
{
    return http_at(http, d->port, "GET", path, NULL, NULL);
}

static void all_are_alive_and_ready(void **state)
{
    struct four *f = *state;

    for (int i = 0; i < FOUR; i++) {
        assert_int_equal(http_status_of(f->d[i].port, "/healthz"), 200);
        assert_int_equal(http_status_of(f->d[i].port, "/readyz"), 200);
    }
}

/* Prometheus text format 0.0.4: every sample has a TYPE before it, and a number behind it. */
static void check_metrics(const char *name, str text)
{
    str line;
    char typed[128] = "";

    while (str_split(&text, '\n', &line)) {
        const char *z = fmt("%.*s", STR_ARG(line));
        char *end;
        if (line.n == 0 || str_starts(line, STR("# HELP ")))
            continue;
        if (str_starts(line, STR("# TYPE "))) {
            (void)sscanf(z, "# TYPE %127s", typed);
            continue;
        }
        if (typed[0] == '\0' || strncmp(z, typed, strlen(typed)) != 0)
            fail_at(HERE, "%s: a sample without its TYPE: %s", name, z);
        const char *value = strrchr(z, ' ');
        if (value == NULL || (strtod(value, &end), *end != '\0') || end == value)
            fail_at(HERE, "%s: no number: %s", name, z);
    }
}

static void all_have_metrics(void **state)
{
    struct four *f = *state;
    struct http http = {0};

    for (int i = 0; i < FOUR; i++) {
        const struct http_answer *a = get(&http, &f->d[i], "/metrics");
        assert_int_equal(a->status, 200);
        assert_non_null(strstr(http_header(a, "Content-Type"), "text/plain"));
        check_metrics(DAEMONS[i], buf_view(&a->text));
        assert_true(daemon_metric(&f->d[i], "process_resident_memory_bytes") > 1e5);
        assert_true(daemon_metric(&f->d[i], "process_cpu_seconds_total") >= 0);
        assert_true(daemon_metric(&f->d[i], "process_open_fds") > 3);
    }
    http_fini(&http);
}

static void what_is_done_is_counted(void **state)
{
    struct four *f = *state;
    struct daemon *chat = &f->d[CHAT];
    struct user ann = user_new(f->stack, "ann");
    struct user bob = user_new(f->stack, "bob");
    const char *stored = "chatapp_chat_messages_total{outcome=\"stored\"}";
    double before = daemon_metric(chat, stored);

    struct ws *ws = ws_new(chat->port, "/chat", fmt("Authorization: Bearer %s\r\n", ann.access));
    ws_expect(ws, "{'type':'ready'}");
    for (int i = 0; i < 5; i++)
        ws_send(ws, "{'type':'send','id':'%d','to':'%s','text':'x'}", i, bob.name);
    ws_expect(ws, "{'type':'ack','id':'4'}");
    assert_true(daemon_metric(chat, stored) == before + 5);
    assert_true(daemon_metric(chat, "chatapp_ws_connections") == 1);
    ws_close(ws);
    ws_free(ws);
    WAIT_UNTIL(daemon_metric(chat, "chatapp_ws_connections") == 0);
}

static void metrics_may_be_left_out(void **state)
{
    struct four *f = *state;

    for (int i = 0; i < 4; i++) {
        struct daemon silent;
        daemon_init(&silent, DAEMONS[i], fmt("%s-silent", DAEMONS[i]), &f->stack->dir,
                    f->stack->redis.url, (const char *[]){"--metrics=false", NULL});
        daemon_up(&silent);
        assert_int_equal(http_status_of(silent.port, "/metrics"), 404);
        assert_int_equal(http_status_of(silent.port, "/healthz"), 200);
        assert_int_equal(daemon_terminate(&silent), 0);
        daemon_fini(&silent);
    }
}

static void ready_follows_redis(void **state)
{
    struct four *f = *state;

    redis_server_kill9(&f->stack->redis);
    for (int i = 0; i < FOUR; i++) {
        struct http http = {0};
        WAIT_UNTIL(http_status_of(f->d[i].port, "/readyz") == 503);
        assert_true(get(&http, &f->d[i], "/readyz")->text.n > 0); /* it says why */
        assert_int_equal(http_status_of(f->d[i].port, "/healthz"), 200);
        http_fini(&http);
    }
    redis_server_restart(&f->stack->redis);
    for (int i = 0; i < FOUR; i++)
        daemon_wait_ready(&f->d[i]);
}

/* Started before Redis is there, they wait for it. */
static void the_order_of_starting_does_not_matter(void **state)
{
    struct four *f = *state;
    struct daemon early[FOUR];

    redis_server_kill9(&f->stack->redis);
    for (int i = 0; i < FOUR; i++) {
        daemon_init(&early[i], DAEMONS[i], fmt("early-%d", i), &f->stack->dir, f->stack->redis.url,
                    NULL);
        daemon_launch(&early[i]);
    }
    redis_server_restart(&f->stack->redis);
    for (int i = 0; i < FOUR; i++) {
        daemon_wait_ready(&early[i]);
        assert_int_equal(daemon_terminate(&early[i]), 0);
        daemon_fini(&early[i]);
    }
    for (int i = 0; i < FOUR; i++)
        daemon_wait_ready(&f->d[i]);
}

/* --- the end --------------------------------------------------------------------------------- */

static void the_chat_server_sends_its_clients_away_in_order(void **state)
{
    struct four *f = *state;
    struct stack *s = f->stack;
    struct daemon chat;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct ws *ws[20];

    daemon_init(&chat, "chat-server", "chat-drain", &s->dir, s->redis.url,
                (const char *[]){"--drain-s=3", NULL});
    daemon_up(&chat);
    for (int i = 0; i < 20; i++) {
        ws[i] = ws_new(chat.port, "/chat", fmt("Authorization: Bearer %s\r\n", ann.access));
        ws_expect(ws[i], "{'type':'ready'}");
    }
    /* On its way when the signal comes: stored, answered. */
    ws_send(ws[0], "{'type':'send','id':'last','to':'%s','text':'x'}", bob.name);
    process_signal(&chat.process, 15);
    ws_expect(ws[0], "{'type':'ack','id':'last','seq':1}");
    WAIT_UNTIL(daemon_log_has(&chat, "msg=draining"));
    for (int i = 0; i < 20; i++)
        ws_expect_close(ws[i], 1012);
    assert_int_equal(process_wait(&chat.process), 0);
    for (int i = 0; i < 20; i++)
        ws_free(ws[i]);
    daemon_fini(&chat);
    EXPECT_JSON(user_expect(&bob, 200, "GET",
                            fmt("/api/conversations/%s/messages", direct_id(&ann, &bob)), NULL),
                "{'messages':[{'id':'last'}]}");
}

/* Whoever is connected already can still ask; a load balancer reads it there. */
static void readyz_says_draining(void **state)
{
    struct four *f = *state;
    struct stack *s = f->stack;
    struct daemon api;
    struct http http = {0};

    daemon_init(&api, "api-server", "api-drain", &s->dir, s->redis.url,
                (const char *[]){"--drain-s=3", NULL});
    daemon_up(&api);
    assert_int_equal(get(&http, &api, "/readyz")->status, 200); /* keeps the connection */
    process_signal(&api.process, 15);
    int status = 200;
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    while (status == 200 && clock_mono_ms() < deadline)
        status = get(&http, &api, "/readyz")->status;
    assert_true(status == 503 || status == 0); /* 0: it has gone already */
    http_fini(&http);
    assert_int_equal(process_wait(&api.process), 0);
    assert_true(daemon_log_has(&api, "draining"));
    daemon_fini(&api);
}

static void a_client_that_does_not_answer_does_not_hold_up_the_end(void **state)
{
    struct four *f = *state;
    struct stack *s = f->stack;
    struct daemon chat;
    struct user ann = user_new(s, "ann");

    daemon_init(&chat, "chat-server", "chat-stuck", &s->dir, s->redis.url, NULL);
    daemon_up(&chat);
    struct ws *stuck = ws_new(chat.port, "/chat", fmt("Authorization: Bearer %s\r\n", ann.access));
    struct raw half = raw_open(chat.port);
    raw_send(&half, STR("GET /chat HTTP/1.1\r\n"));
    ws_expect(stuck, "{'type':'ready'}");
    assert_int_equal(daemon_terminate(&chat), 0); /* nobody reads or answers meanwhile */
    raw_close(&half);
    ws_free(stuck);
    daemon_fini(&chat);
}

static void interrupting_is_an_orderly_end_too(void **state)
{
    struct four *f = *state;

    for (int i = 0; i < FOUR; i++) {
        struct daemon d;
        daemon_init(&d, DAEMONS[i], fmt("interrupted-%d", i), &f->stack->dir, f->stack->redis.url,
                    NULL);
        daemon_up(&d);
        process_signal(&d.process, 2);
        assert_int_equal(process_wait(&d.process), 0);
        daemon_fini(&d);
    }
}

STORY_OF_FOUR(CASE(all_are_alive_and_ready), CASE(all_have_metrics), CASE(what_is_done_is_counted),
              CASE(metrics_may_be_left_out), CASE(ready_follows_redis),
              CASE(the_order_of_starting_does_not_matter),
              CASE(the_chat_server_sends_its_clients_away_in_order), CASE(readyz_says_draining),
              CASE(a_client_that_does_not_answer_does_not_hold_up_the_end),
              CASE(interrupting_is_an_orderly_end_too))
