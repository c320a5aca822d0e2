/* One chat-server in several processes (--workers): to its clients it is as one. */
#include "story.h"

#include <sched.h>
#include <signal.h>

#define WORKERS 2
#define QUEUED 24 /* connections, so that some of them wait for either worker */
#define NODE_MAX 32

struct at {
    struct ws *ws;
    char node[NODE_MAX]; /* the worker's name for itself */
};

static struct at open_any(const struct user *u)
{
    struct at at;
    json_t *ready;

    at.ws = chat_open_ready(u, 0, &ready);
    (void)snprintf(at.node, sizeof at.node, "%s", TEXT_OF(ready, "node"));
    return at;
}

/* The kernel chooses, so ask until it chooses another than these (NULL: any). */
static struct at open_elsewhere(const struct user *u, const char *node, const char *other)
{
    for (int i = 0; i < 200; i++) {
        struct at at = open_any(u);
        if ((node == NULL || strcmp(at.node, node) != 0) &&
            (other == NULL || strcmp(at.node, other) != 0))
            return at;
        stack_hang_up(u->stack, at.ws);
    }
    fail_at(HERE, "200 connections, and none to another worker");
}

static void expect_alive(struct ws *ws)
{
    ws_send(ws, "{'type':'ping','id':'alive'}");
    ws_expect(ws, "{'type':'pong','id':'alive'}");
}

static int count_in_log(const struct daemon *d, const char *text)
{
    struct buf log = {0};
    int n = 0;

    process_log(&d->process, &log);
    for (const char *at = buf_cstr(&log); (at = strstr(at, text)) != NULL; at++)
        n++;
    buf_fini(&log);
    return n;
}

static double sum_over_workers(struct daemon *d, const char *name, const char *labels)
{
    double sum = 0;

    for (int i = 0; i < WORKERS; i++) {
        double value = daemon_metric(d, fmt("%s{worker=\"%d\"%s}", name, i, labels));
        assert_true(value >= 0);
        sum += value;
    }
    return sum;
}

/* ---- all is well ---- */

static void connections_are_spread_over_the_workers(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    pid_t pids[WORKERS];

    struct at here = open_any(&ann);
    struct at there = open_elsewhere(&ann, here.node, NULL);
    assert_string_not_equal(here.node, there.node);
    assert_int_equal(daemon_workers(&s->chat[0], pids, WORKERS), WORKERS);
}

static void the_log_says_which_worker_and_the_port_once(void **state)
{
    struct daemon *d = &((struct stack *)*state)->chat[0];

    assert_int_equal(count_in_log(d, "msg=listening"), 1);
    assert_true(count_in_log(d, "daemon=chat-server worker=0 msg=") > 0);
    assert_true(count_in_log(d, "daemon=chat-server worker=1 msg=") > 0);
}

static void messages_find_their_way_between_workers(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct at a = open_any(&ann);
    struct at b = open_elsewhere(&bob, a.node, NULL);

    for (int i = 1; i <= 20; i += 2) {
        ws_send(a.ws, "{'type':'send','id':'a%d','to':'%s','text':'hi'}", i, bob.name);
        ws_expect(a.ws, "{'type':'ack','id':'a%d','seq':%d}", i, i);
        ws_expect(b.ws, "{'type':'message','id':'a%d','seq':%d}", i, i);
        ws_send(b.ws, "{'type':'send','id':'b%d','to':'%s','text':'hi'}", i, ann.name);
        ws_expect(b.ws, "{'type':'ack','id':'b%d','seq':%d}", i, i + 1);
        ws_expect(a.ws, "{'type':'message','id':'b%d','seq':%d}", i, i + 1);
    }
}

static void any_worker_shows_the_metrics_of_all(void **state)
{
    struct stack *s = *state;
    struct daemon *d = &s->chat[0];
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct at here = open_any(&ann);
    struct at there = open_elsewhere(&ann, here.node, NULL);
    static const char *const STORED = "chatapp_chat_messages_total";
    double before = sum_over_workers(d, STORED, ",outcome=\"stored\"");

    for (int i = 0; i < 8; i++) {
        ws_send(i < 5 ? here.ws : there.ws, "{'type':'send','id':'%d','to':'%s','text':'hi'}", i,
                bob.name);
        ws_expect(i < 5 ? here.ws : there.ws, "{'type':'ack','id':'%d'}", i);
    }
    for (int i = 0; i < 20; i++) /* whichever answers */
        assert_true(sum_over_workers(d, STORED, ",outcome=\"stored\"") == before + 8);
    assert_true(sum_over_workers(d, "chatapp_workers", "") == WORKERS);
    assert_true(sum_over_workers(d, "process_resident_memory_bytes", "") > 1e5);
    assert_true(daemon_metric(d, "chatapp_workers") == -1); /* none without the label */
}

/* ---- a worker dies ---- */

static bool is_over(struct ws *ws)
{
    ws_receive(ws, 20);
    return ws_ended(ws);
}

static void when_one_is_killed_the_other_lives_on_and_another_takes_its_place(void **state)
{
    struct stack *s = *state;
    struct daemon *d = &s->chat[0];
    struct user ann = user_new(s, "ann");
    struct at a = open_any(&ann);
    struct at b = open_elsewhere(&ann, a.node, NULL);
    pid_t pids[WORKERS];
    double restarts = sum_over_workers(d, "chatapp_worker_restarts_total", "");
    double to_redis = sum_over_workers(d, "chatapp_redis_connected", "");

    assert_int_equal(daemon_workers(d, pids, WORKERS), WORKERS);
    assert_int_equal(kill(pids[0], SIGKILL), 0);
    WAIT_UNTIL(is_over(a.ws) || is_over(b.ws));
    expect_alive(ws_ended(a.ws) ? b.ws : a.ws);
    assert_true(ws_ended(a.ws) != ws_ended(b.ws));

    struct at c = open_elsewhere(&ann, a.node, b.node);
    expect_alive(c.ws);
    expect_alive(ws_ended(a.ws) ? b.ws : a.ws);
    assert_true(sum_over_workers(d, "chatapp_worker_restarts_total", "") == restarts + 1);
    assert_true(sum_over_workers(d, "chatapp_workers", "") == WORKERS);
    /* The new one does not go on where the old one's gauges stood. */
    WAIT_UNTIL(sum_over_workers(d, "chatapp_redis_connected", "") == to_redis);
    assert_true(daemon_log_has(d, "signal=9"));
}

/* The supervisor is stopped meanwhile, so that it is surely down when they connect. */
static void who_connects_while_one_is_down_is_served_by_the_next(void **state)
{
    struct stack *s = *state;
    struct daemon *d = &s->chat[0];
    struct user ann = user_new(s, "ann");
    struct at a = open_any(&ann);
    struct at b = open_elsewhere(&ann, a.node, NULL);
    struct raw raws[QUEUED];
    pid_t pids[WORKERS];

    process_signal(&d->process, SIGSTOP);
    assert_int_equal(daemon_workers(d, pids, WORKERS), WORKERS);
    assert_int_equal(kill(pids[0], SIGKILL), 0);
    WAIT_UNTIL(is_over(a.ws) || is_over(b.ws));
    for (int i = 0; i < QUEUED; i++) {
        raws[i] = raw_open(d->port);
        raw_send(&raws[i], STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    process_signal(&d->process, SIGCONT);
    for (int i = 0; i < QUEUED; i++) {
        assert_int_equal(raw_status(&raws[i]), 200);
        raw_close(&raws[i]);
    }
    expect_alive(open_elsewhere(&ann, a.node, b.node).ws);
}

static void what_was_acked_survives_all_workers(void **state)
{
    struct stack *s = *state;
    struct daemon *d = &s->chat[0];
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct at a = open_any(&ann);
    pid_t pids[WORKERS];

    for (int i = 1; i <= 3; i++) {
        ws_send(a.ws, "{'type':'send','id':'m%d','to':'%s','text':'hi'}", i, bob.name);
        ws_expect(a.ws, "{'type':'ack','id':'m%d','seq':%d}", i, i);
        WAIT_UNTIL(daemon_workers(d, pids, WORKERS) == WORKERS);
        for (int k = 0; k < WORKERS; k++)
            (void)kill(pids[k], SIGKILL);
        WAIT_UNTIL(is_over(a.ws));
        a = open_any(&ann);
        ws_send(a.ws, "{'type':'send','id':'m%d','to':'%s','text':'hi'}", i, bob.name);
        ws_expect(a.ws, "{'type':'ack','id':'m%d','seq':%d,'duplicate':true}", i, i);
    }
}

/* ---- the end ---- */

static void start(struct daemon *d, struct stack *s, const char *name, const char *workers)
{
    daemon_init(d, "chat-server", name, &s->dir, s->redis.url, (const char *[]){workers, NULL});
    daemon_up(d);
}

static struct ws *open_at(struct daemon *d, const struct user *u, char node[NODE_MAX])
{
    struct ws *ws = ws_new(d->port, "/chat", fmt("Authorization: Bearer %s\r\n", u->access));

    ws_expect_status(ws, 101);
    (void)snprintf(node, NODE_MAX, "%s", TEXT_OF(ws_expect_next(ws, "{'type':'ready'}"), "node"));
    return ws;
}

/* A connection to each worker. */
static void open_at_both(struct daemon *d, const struct user *u, struct ws *ws_out[WORKERS])
{
    char here[NODE_MAX];
    char there[NODE_MAX];

    ws_out[0] = open_at(d, u, here);
    for (int i = 0; i < 200; i++) {
        ws_out[1] = open_at(d, u, there);
        if (strcmp(here, there) != 0)
            return;
        ws_free(ws_out[1]);
    }
    fail_at(HERE, "200 connections to one of two workers");
}

static void sigterm_drains_all_of_them(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct daemon d;
    struct ws *ws[WORKERS];

    start(&d, s, "drained", "--workers=2");
    open_at_both(&d, &ann, ws);
    process_signal(&d.process, SIGTERM);
    for (int i = 0; i < WORKERS; i++) {
        ws_expect_close(ws[i], 1012);
        ws_free(ws[i]);
    }
    assert_int_equal(process_wait(&d.process), 0);
    daemon_fini(&d);
}

static void workers_drain_when_their_supervisor_is_killed(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct daemon d;
    struct ws *ws[WORKERS];

    start(&d, s, "orphaned", "--workers=2");
    open_at_both(&d, &ann, ws);
    daemon_kill9(&d);
    for (int i = 0; i < WORKERS; i++) {
        ws_expect_close(ws[i], 1012);
        ws_free(ws[i]);
    }
    WAIT_UNTIL(count_in_log(&d, "msg=stopped") == WORKERS);
    daemon_fini(&d);
}

/* What was on its way to Redis is given up last of all, when most else has been closed. */
static void they_end_well_too_while_redis_does_not_answer(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user eve = user_new(s, "eve");
    struct daemon d;
    struct ws *ws[WORKERS];

    daemon_init(&d, "chat-server", "stalled", &s->dir, s->redis.url,
                (const char *[]){"--workers=2", "--redis-timeout-ms=60000", NULL});
    daemon_up(&d);
    open_at_both(&d, &ann, ws);
    ws_send(ws[0], "{'type':'send','id':'1','to':'%s','text':'hi'}", bob.name);
    ws_expect(ws[0], "{'type':'ack','id':'1'}");
    ws_expect(ws[1], "{'type':'message','id':'1'}");
    double before = sum_over_workers(&d, "chatapp_redis_commands_total", "");
    redis_server_pause(&s->redis);
    for (int i = 0; i < WORKERS; i++) {
        ws_send(ws[i], "{'type':'send','id':'old%d','to':'%s','text':'hi'}", i, bob.name);
        ws_send(ws[i], "{'type':'send','id':'new%d','to':'%s','text':'hi'}", i, eve.name);
    }
    WAIT_UNTIL(sum_over_workers(&d, "chatapp_redis_commands_total", "") >= before + 2 * WORKERS);
    assert_int_equal(daemon_terminate(&d), 0);
    redis_server_go_on(&s->redis);
    for (int i = 0; i < WORKERS; i++)
        ws_free(ws[i]);
    daemon_fini(&d);
}

/* ---- how it is started ---- */

static int run_chat_server(const char *const *args, struct buf *err)
{
    const char *argv[8] = {daemon_path("chat-server")};

    for (size_t i = 0; args[i] != NULL; i++)
        argv[i + 1] = args[i];
    buf_clear(err);
    int status = process_run(argv, NULL, NULL, err);
    (void)buf_cstr(err);
    return status;
}

#define ARGS(...) ((const char *[]){__VA_ARGS__, NULL})

static void a_bad_number_ends_with_2_and_its_name(void **state)
{
    static const char *const BAD[] = {"--workers=0", "--workers=257", "--workers=-1",
                                      "--workers=many", "--workers="};
    struct buf err = {0};

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(run_chat_server(ARGS(BAD[i], "--port=0"), &err), 2);
        assert_non_null(strstr(err.p, "--workers: must be auto or a number from 1 to 256"));
        assert_int_equal(run_chat_server(ARGS("--check-config", BAD[i]), &err), 2);
    }
    assert_int_equal(run_chat_server(ARGS("--workers=2", "--drain-s=x"), &err), 2);
    assert_int_equal(run_chat_server(ARGS("--check-config", "--workers=256"), &err), 0);
    assert_int_equal(run_chat_server(ARGS("--check-config", "--workers=auto"), &err), 0);
    buf_fini(&err);
    (void)state;
}

static void a_port_in_use_is_refused_with_and_without_workers(void **state)
{
    struct stack *s = *state;
    const char *port = fmt("--port=%d", s->chat[0].port);
    const char *redis = fmt("--redis-url=%s", s->redis.url);
    static const char *const WORKERS_FLAGS[] = {"--workers=1", "--workers=2"};
    struct buf err = {0};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(run_chat_server(ARGS(WORKERS_FLAGS[i], port, redis), &err), 1);
        assert_non_null(
            strstr(err.p, fmt("--port: cannot listen on 127.0.0.1 port %d", s->chat[0].port)));
        assert_null(strstr(err.p, "listening"));
    }
    buf_fini(&err);
}

static void auto_takes_every_core(void **state)
{
    struct stack *s = *state;
    struct daemon d;
    pid_t pids[1];
    cpu_set_t set;

    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    size_t cores = (size_t)CPU_COUNT(&set);
    start(&d, s, "auto", "--workers=auto");
    assert_int_equal(daemon_workers(&d, pids, 1), cores == 1 ? 0 : cores);
    assert_int_equal(daemon_terminate(&d), 0);
    daemon_fini(&d);
}

static void without_redis_they_still_say_that_they_are_alive(void **state)
{
    struct stack *s = *state;
    struct daemon d;

    daemon_init(&d, "chat-server", "alone", &s->dir, "unix:///nonexistent/redis",
                ARGS("--workers=2"));
    daemon_launch(&d);
    assert_int_equal(http_status_of(d.port, "/healthz"), 200);
    assert_int_equal(http_status_of(d.port, "/readyz"), 503);
    assert_int_equal(daemon_terminate(&d), 0);
    daemon_fini(&d);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 1, .chat_flags = {"--workers=2"}});
    return 0;
}

STORY(setup, CASE(connections_are_spread_over_the_workers),
      CASE(the_log_says_which_worker_and_the_port_once),
      CASE(messages_find_their_way_between_workers), CASE(any_worker_shows_the_metrics_of_all),
      CASE(when_one_is_killed_the_other_lives_on_and_another_takes_its_place),
      CASE(who_connects_while_one_is_down_is_served_by_the_next),
      CASE(what_was_acked_survives_all_workers), CASE(sigterm_drains_all_of_them),
      CASE(workers_drain_when_their_supervisor_is_killed),
      CASE(they_end_well_too_while_redis_does_not_answer),
      CASE(a_bad_number_ends_with_2_and_its_name),
      CASE(a_port_in_use_is_refused_with_and_without_workers), CASE(auto_takes_every_core),
      CASE(without_redis_they_still_say_that_they_are_alive))
