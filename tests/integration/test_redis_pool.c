#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fmt.h"
#include "redis/redis_metrics.h"
#include "redis/redis_pool.h"
#include "the_redis.h"
#include "wait.h"

#define TIMEOUT_MS 300
#define FAIL_FAST_MS 250

/* None of them is in the table: the pool needs no table. */
const struct redis_script *const REDIS_SCRIPTS[] = {NULL};
const size_t REDIS_SCRIPTS_N = 0;

static const struct redis_script SCRIPT_bump = {
    "bump", "81e7c9d7bafa2fa9ebb782b21f18584829989fa7",
    STR("return {'ok', redis.call('INCRBY', KEYS[1], ARGV[1])}")};

static void open_pool_at(const char *text, size_t connections_max)
{
    struct redis_pool_options options = {connections_max, TIMEOUT_MS};
    struct redis_url url;
    const char *why = NULL;

    if (redis_url_parse(str_of(text), &url, &why) != OK)
        fail_at(HERE, "%s: %s", text, why);
    redis_pool_open(&url, &options);
}

static void open_pool(size_t connections_max)
{
    open_pool_at(the_redis.url, connections_max);
}

static enum err call1(const char *name, const char *a, struct redisReply **reply_out)
{
    struct redis_command c;

    redis_command_init(&c, name);
    if (a != NULL)
        redis_add(&c, str_of(a));
    return redis_call(&c, reply_out);
}

static enum err set(const char *key, const char *value)
{
    struct redis_command c;
    struct redisReply *reply;

    redis_command_init(&c, "SET");
    redis_add(&c, str_of(key));
    redis_add(&c, str_of(value));
    enum err err = redis_call(&c, &reply);
    if (err == OK)
        reply_free(reply);
    return err;
}

static int64_t incr(const char *key)
{
    struct redisReply *reply;

    if (call1("INCR", key, &reply) != OK)
        return -1;
    int64_t n = reply_int(reply);
    reply_free(reply);
    return n;
}

/* BLPOP on a list that stays empty: nil after that many ms, during which the connection is in use. */
static void build_blpop(struct redis_command *c, const char *seconds)
{
    redis_command_init(c, "BLPOP");
    redis_add(c, STR("empty"));
    redis_add(c, str_of(seconds));
}

static int64_t connections(void)
{
    const char *info = redis_text(&the_redis, "INFO clients");
    const char *at = strstr(info, "connected_clients:");
    int n = 0;

    if (at == NULL || sscanf(at, "connected_clients:%d", &n) != 1)
        fail_at(HERE, "no connected_clients in %s", info);
    return n - 1; /* the asking one */
}

/* ---- replies */

static void a_call_gets_its_reply(void **state)
{
    (void)state;
    struct redisReply *reply;
    open_pool(2);
    assert_int_equal(set("greeting", "hello"), OK);
    assert_int_equal(call1("GET", "greeting", &reply), OK);
    assert_true(str_eq(reply_str(reply), STR("hello")));
    reply_free(reply);
    assert_int_equal(call1("GET", "nothing here", &reply), OK);
    assert_true(reply_is_nil(reply));
    reply_free(reply);
    assert_int_equal(redis_ping(), OK);
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 1);
}

static void a_pipeline_gets_all_replies(void **state)
{
    (void)state;
    struct redis_command c[3];
    struct redisReply *replies[3];
    open_pool(2);
    for (size_t i = 0; i < 3; i++) {
        redis_command_init(&c[i], "INCRBY");
        redis_add(&c[i], STR("pipelined"));
        redis_add_int(&c[i], (int64_t)i + 1);
    }
    assert_int_equal(redis_pipeline(c, 3, replies), OK);
    assert_int_equal(reply_int(replies[0]), 1);
    assert_int_equal(reply_int(replies[1]), 3);
    assert_int_equal(reply_int(replies[2]), 6);
    for (size_t i = 0; i < 3; i++)
        reply_free(replies[i]);
}

static void an_error_among_the_replies_makes_all_unavailable(void **state)
{
    (void)state;
    struct redis_command c[3];
    struct redisReply *replies[3];
    int64_t errors = metric_value(&REDIS_METRICS.errors);
    open_pool(1);
    assert_int_equal(set("text", "no number"), OK);
    for (size_t i = 0; i < 3; i++) {
        redis_command_init(&c[i], "INCR");
        redis_add(&c[i], i == 1 ? STR("text") : STR("number"));
    }
    assert_int_equal(redis_pipeline(c, 3, replies), ERR_UNAVAILABLE);
    assert_int_equal(metric_value(&REDIS_METRICS.errors) - errors, 1);
    assert_int_equal(incr("number"), 3);
}

static void a_full_redis_is_unavailable(void **state)
{
    (void)state;
    open_pool(1);
    (void)redis_do(&the_redis, "CONFIG SET maxmemory 1");
    assert_int_equal(set("more", "data"), ERR_UNAVAILABLE);
    (void)redis_do(&the_redis, "CONFIG SET maxmemory 0");
    assert_int_equal(set("more", "data"), OK);
}

/* ---- scripts */

static void build_bump(struct redis_command *c, int64_t by)
{
    redis_command_script(c, &SCRIPT_bump);
    redis_add_key(c, "n:{", STR("x"), "}");
    redis_add_int(c, by);
}

static int64_t bump(void)
{
    struct redis_command c;
    struct redisReply *reply;

    build_bump(&c, 1);
    assert_int_equal(redis_call(&c, &reply), OK);
    assert_true(str_eq(reply_word(reply), STR("ok")));
    int64_t n = reply_int(reply_at(reply, 1));
    reply_free(reply);
    return n;
}

static void a_script_that_redis_does_not_know_runs_once(void **state)
{
    (void)state;
    open_pool(1);
    assert_int_equal(bump(), 1);
    assert_int_equal(bump(), 2);
    (void)redis_do(&the_redis, "SCRIPT FLUSH");
    assert_int_equal(bump(), 3);
    assert_int_equal(metric_value(&REDIS_METRICS.reconnects), 0);
}

static void a_pipeline_may_hold_scripts_that_redis_does_not_know(void **state)
{
    (void)state;
    struct redis_command c[3];
    struct redisReply *replies[3];
    open_pool(1);
    build_bump(&c[0], 1);
    redis_command_init(&c[1], "PING");
    build_bump(&c[2], 10);
    assert_int_equal(redis_pipeline(c, 3, replies), OK);
    assert_int_equal(reply_int(reply_at(replies[0], 1)), 1);
    assert_true(str_eq(reply_str(replies[1]), STR("PONG")));
    assert_int_equal(reply_int(reply_at(replies[2], 1)), 11);
    for (size_t i = 0; i < 3; i++)
        reply_free(replies[i]);
}

/* ---- signing in */

static void it_signs_in_and_selects_the_database(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "ACL SETUSER bob on >p@ss ~* &* +@all");
    open_pool_at(fmt("redis://bob:p%%40ss@127.0.0.1:%d/3", the_redis.port), 1);
    assert_int_equal(set("where", "three"), OK);
    struct redisReply *reply;
    assert_int_equal(call1("ACL", "WHOAMI", &reply), OK);
    assert_true(str_eq(reply_str(reply), STR("bob")));
    reply_free(reply);
    assert_int_equal(redis_do(&the_redis, "EXISTS where"), 0);
}

static void a_wrong_password_is_unavailable(void **state)
{
    (void)state;
    open_pool_at(fmt("redis://bob:wrong@localhost:%d", the_redis.port), 1);
    assert_int_equal(redis_ping(), ERR_UNAVAILABLE);
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 0);
}

static void a_name_is_resolved(void **state)
{
    (void)state;
    open_pool_at(fmt("redis://localhost:%d", the_redis.port), 1);
    assert_int_equal(redis_ping(), OK);
}

/* ---- losses */

static void a_connection_that_died_idle_is_replaced_before_use(void **state)
{
    (void)state;
    open_pool(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(redis_ping(), OK);
        redis_server_restart(&the_redis);
    }
    assert_true(incr("after restart") > 0);
    assert_int_equal(metric_value(&REDIS_METRICS.reconnects), 3);
}

static void redis_away_is_unavailable_and_back_is_ok(void **state)
{
    (void)state;
    open_pool(2);
    assert_int_equal(redis_ping(), OK);
    redis_server_kill9(&the_redis);
    for (int i = 0; i < 50; i++)
        assert_int_equal(redis_ping(), ERR_UNAVAILABLE);
    redis_server_restart(&the_redis);
    WAIT_UNTIL(redis_ping() == OK);
}

static int64_t ping_takes_ms(enum err expected)
{
    int64_t start = clock_mono_ms();

    assert_int_equal(redis_ping(), expected);
    return clock_mono_ms() - start;
}

static void a_stopped_redis_costs_one_time_out_and_then_nothing_for_a_moment(void **state)
{
    (void)state;
    open_pool(2);
    assert_int_equal(redis_ping(), OK);
    redis_server_pause(&the_redis);
    assert_in_range(ping_takes_ms(ERR_UNAVAILABLE), TIMEOUT_MS,
                    TIMEOUT_MS * 3); /* the old connection */
    assert_in_range(ping_takes_ms(ERR_UNAVAILABLE), TIMEOUT_MS, TIMEOUT_MS * 3); /* a new one */
    int64_t failed_ms = clock_mono_ms();
    assert_in_range(ping_takes_ms(ERR_UNAVAILABLE), 0, TIMEOUT_MS / 3);
    while (clock_mono_ms() <= failed_ms + FAIL_FAST_MS)
        wait_a_little();
    assert_in_range(ping_takes_ms(ERR_UNAVAILABLE), TIMEOUT_MS, TIMEOUT_MS * 3); /* tried again */
    redis_server_go_on(&the_redis);
    WAIT_UNTIL(redis_ping() == OK);
}

/* INCR was written to a stopped Redis and may run later; its late reply must not be taken for another's. */
static void a_late_reply_is_nobody_elses(void **state)
{
    (void)state;
    open_pool(1);
    assert_int_equal(set("late", "10"), OK);
    redis_server_pause(&the_redis);
    assert_int_equal(incr("late"), -1);
    redis_server_go_on(&the_redis);
    struct redisReply *reply;
    WAIT_UNTIL(call1("GET", "late", &reply) == OK);
    assert_true(str_eq(reply_str(reply), STR("10")) || str_eq(reply_str(reply), STR("11")));
    assert_false(reply_is_int(reply));
    reply_free(reply);
}

/* Answers PING, and hangs up on anything else, having counted it. */
struct hanging_up {
    int listener;
    atomic_int heard;
};

static void *hang_up(void *context)
{
    struct hanging_up *h = context;
    int fd;

    while ((fd = accept(h->listener, NULL, NULL)) >= 0) {
        char in[256];
        ssize_t n;
        while ((n = recv(fd, in, sizeof in, 0)) > 0) {
            if (memmem(in, (size_t)n, "PING", 4) == NULL) {
                atomic_fetch_add(&h->heard, 1);
                break;
            }
            (void)send(fd, "+PONG\r\n", 7, MSG_NOSIGNAL);
        }
        (void)close(fd);
    }
    return NULL;
}

static void a_command_whose_connection_broke_is_not_repeated(void **state)
{
    (void)state;
    struct hanging_up h = {.listener = socket(AF_UNIX, SOCK_STREAM, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pthread_t thread;
    const char *path = fmt("%s/hangs-up.sock", the_redis.dir);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(h.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(h.listener, 8), 0);
    assert_int_equal(pthread_create(&thread, NULL, hang_up, &h), 0);
    open_pool_at(fmt("unix://%s", path), 4);
    assert_int_equal(incr("x"), -1);
    (void)shutdown(h.listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(h.listener);
    assert_int_equal(atomic_load(&h.heard), 1);
}

/* ---- threads */

#define THREADS 12
#define CALLS_EACH 300

static void *call_often(void *context)
{
    char key[32];
    atomic_int *failures = context;
    int64_t last = 0;

    (void)snprintf(key, sizeof key, "t:%lx", (unsigned long)pthread_self());
    for (int i = 0; i < CALLS_EACH; i++) {
        int64_t n = incr(key);
        if (n != last + 1)
            atomic_fetch_add(failures, 1);
        last = n;
    }
    return NULL;
}

static void many_threads_share_few_connections(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    atomic_int failures = 0;
    open_pool(3);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &failures), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_in_range(metric_value(&REDIS_METRICS.connected), 1, 3);
    assert_int_equal(connections(), metric_value(&REDIS_METRICS.connected));
}

static void *keep_busy(void *seconds)
{
    struct redis_command c[2];
    struct redisReply *replies[2];

    build_blpop(&c[0], seconds);
    build_blpop(&c[1], seconds);
    if (redis_pipeline(c, 2, replies) == OK) {
        reply_free(replies[0]);
        reply_free(replies[1]);
    }
    return NULL;
}

/* The other thread has the only connection, for twice that long. */
static enum err ping_beside(const char *seconds)
{
    pthread_t busy;
    char argument[16];

    (void)snprintf(argument, sizeof argument, "%s", seconds);
    assert_int_equal(redis_ping(), OK);
    assert_int_equal(pthread_create(&busy, NULL, keep_busy, argument), 0);
    WAIT_UNTIL(metric_value(&REDIS_METRICS.in_flight) == 2);
    enum err err = redis_ping();
    (void)pthread_join(busy, NULL);
    return err;
}

static void a_caller_waits_for_a_free_connection(void **state)
{
    (void)state;
    open_pool(1);
    assert_int_equal(ping_beside("0.05"), OK);
}

static void a_caller_does_not_wait_longer_than_the_time_out(void **state)
{
    (void)state;
    open_pool(1);
    assert_int_equal(ping_beside("0.25"), ERR_UNAVAILABLE);
    assert_int_equal(redis_ping(), OK);
}

/* ---- signals */

static atomic_int n_signals;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&n_signals, 1);
}

static void signals_disturb_nothing(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */
    const struct itimerval often = {{0, 500}, {0, 500}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction before;
    struct redis_command c;
    struct redisReply *reply;

    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (int i = 0; i < 20; i++) {
        open_pool_at(fmt("redis://localhost:%d", the_redis.port), 1);
        build_blpop(&c, "0.02");
        assert_int_equal(redis_call(&c, &reply), OK);
        reply_free(reply);
        redis_pool_close();
    }
    (void)setitimer(ITIMER_REAL, &never, NULL);
    (void)sigaction(SIGALRM, &before, NULL);
    assert_true(atomic_load(&n_signals) > 100);
    open_pool(1);
}

static int begin(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "FLUSHALL");
    (void)redis_do(&the_redis, "SCRIPT FLUSH");
    metric_set(&REDIS_METRICS.reconnects, 0);
    return 0;
}

/* Each test leaves its pool open. */
static int end(void **state)
{
    (void)state;
    redis_pool_close();
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 0);
    assert_int_equal(metric_value(&REDIS_METRICS.in_flight), 0);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_gets_its_reply),
        TEST(a_pipeline_gets_all_replies),
        TEST(an_error_among_the_replies_makes_all_unavailable),
        TEST(a_full_redis_is_unavailable),
        TEST(a_script_that_redis_does_not_know_runs_once),
        TEST(a_pipeline_may_hold_scripts_that_redis_does_not_know),
        TEST(it_signs_in_and_selects_the_database),
        TEST(a_wrong_password_is_unavailable),
        TEST(a_name_is_resolved),
        TEST(a_connection_that_died_idle_is_replaced_before_use),
        TEST(redis_away_is_unavailable_and_back_is_ok),
        TEST(a_stopped_redis_costs_one_time_out_and_then_nothing_for_a_moment),
        TEST(a_late_reply_is_nobody_elses),
        TEST(a_command_whose_connection_broke_is_not_repeated),
        TEST(many_threads_share_few_connections),
        TEST(a_caller_waits_for_a_free_connection),
        TEST(a_caller_does_not_wait_longer_than_the_time_out),
        TEST(signals_disturb_nothing),
    };
    return cmocka_run_group_tests(tests, the_redis_start, the_redis_stop);
}
