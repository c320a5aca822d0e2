/* The asynchronous client against a real Redis that is stopped, killed and emptied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "redis/redis_metrics.h"
#include "redis_loop.h"
#include "the_redis.h"

#define TIMEOUT_MS 400
#define IN_FLIGHT_MAX 1000

static const struct redis_script SCRIPT_bump = {
    "bump", "81e7c9d7bafa2fa9ebb782b21f18584829989fa7",
    STR("return {'ok', redis.call('INCRBY', KEYS[1], ARGV[1])}")};
static const struct redis_script SCRIPT_one = {"one", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
                                               STR("return 1")};
const struct redis_script *const REDIS_SCRIPTS[] = {&SCRIPT_bump, &SCRIPT_one};
const size_t REDIS_SCRIPTS_N = 2;

static struct redis_loop loop;
static struct redis_client *client;
static int n_up;
static int n_down;
static size_t in_flight_at_down;
static void (*do_in_up)(void);
static void (*do_in_down)(void);

/* ---- what the client tells */

struct call {
    int n_done;
    int n_null;
    int64_t number;
    str text; /* as long as the call to it */
    void (*then)(struct call *call);
};

static void on_done(void *context, const struct redisReply *reply)
{
    struct call *call = context;

    call->n_done++;
    call->n_null += reply == NULL;
    call->number =
        reply_is_int(reply_at(reply, 1)) ? reply_int(reply_at(reply, 1)) : reply_int(reply);
    call->text = reply_str(reply);
    if (call->then != NULL)
        call->then(call);
}

static void on_up(void *context)
{
    assert_ptr_equal(context, &the_redis);
    n_up++;
    if (do_in_up != NULL)
        do_in_up();
}

static void on_down(void *context)
{
    assert_ptr_equal(context, &the_redis);
    n_down++;
    in_flight_at_down = client != NULL ? redis_client_in_flight(client) : 0;
    if (do_in_down != NULL)
        do_in_down();
}

static void open_client_at(const char *text)
{
    struct redis_url url = url_of(text);
    const struct redis_client_options options = {IN_FLIGHT_MAX, TIMEOUT_MS, on_up, on_down,
                                                 &the_redis};

    client = redis_client_open(&loop.uv, &url, &options);
}

static void open_client(void)
{
    open_client_at(the_redis.url);
    RUN_UNTIL(&loop, n_up == 1);
}

static enum err send_command(struct call *call, const char *name, const char *a, const char *b)
{
    struct redis_command c;
    int n_done = call->n_done;

    redis_command_init(&c, name);
    if (a != NULL)
        redis_add(&c, str_of(a));
    if (b != NULL)
        redis_add(&c, str_of(b));
    enum err err = redis_send(client, &c, on_done, call);
    assert_int_equal(call->n_done, n_done); /* never from within redis_send() */
    return err;
}

static enum err send_bump(struct call *call, int64_t by)
{
    struct redis_command c;

    redis_command_script(&c, &SCRIPT_bump);
    redis_add_key(&c, "n:{", STR("x"), "}");
    redis_add_int(&c, by);
    return redis_send(client, &c, on_done, call);
}

static int64_t bump_now(void)
{
    struct call call = {0};

    assert_int_equal(send_bump(&call, 1), OK);
    RUN_UNTIL(&loop, call.n_done == 1);
    assert_int_equal(call.n_null, 0);
    return call.number;
}

/* `n` INCRs on the way to a stopped Redis. */
static void send_to_stopped_redis(struct call *calls, size_t n)
{
    redis_server_pause(&the_redis);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(send_command(&calls[i], "INCR", "stopped", NULL), OK);
    run_for_ms(&loop, 5);
    assert_int_equal(redis_client_in_flight(client), n);
}

static void expect_all_null_once(const struct call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(calls[i].n_done, 1);
        assert_int_equal(calls[i].n_null, 1);
    }
}

/* ---- replies */

static void commands_are_answered_in_their_order(void **state)
{
    (void)state;
    struct call calls[100] = {0};
    open_client();
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(send_command(&calls[i], "INCR", "counter", NULL), OK);
    RUN_UNTIL(&loop, redis_client_in_flight(client) == 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(calls[i].n_done, 1);
        assert_int_equal(calls[i].number, i + 1);
    }
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 1);
}

static void scripts_are_there_from_the_beginning(void **state)
{
    (void)state;
    open_client();
    assert_int_equal(bump_now(), 1);
    assert_int_equal(n_down, 0);
}

static int64_t reads_so_far;

static void count_reads(struct call *call)
{
    char text[8192];
    const char *at;

    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(call->text));
    at = strstr(text, "total_reads_processed:");
    assert_non_null(at);
    reads_so_far = strtoll(strchr(at, ':') + 1, NULL, 10);
}

static void what_one_turn_sends_leaves_in_one_write(void **state)
{
    (void)state;
    struct call before = {.then = count_reads};
    struct call pings = {0};
    open_client();
    assert_int_equal(send_command(&before, "INFO", "stats", NULL), OK);
    RUN_UNTIL(&loop, before.n_done == 1);
    int64_t reads = reads_so_far;
    for (int i = 0; i < 200; i++)
        assert_int_equal(send_command(&pings, "PING", NULL, NULL), OK);
    RUN_UNTIL(&loop, pings.n_done == 200);
    assert_int_equal(send_command(&before, "INFO", "stats", NULL), OK);
    RUN_UNTIL(&loop, before.n_done == 2);
    assert_int_equal(reads_so_far - reads, 2); /* the pings, INFO */
}

static void flush_writes_without_waiting_for_the_end_of_the_turn(void **state)
{
    (void)state;
    struct call call = {0};
    open_client();
    assert_int_equal(send_command(&call, "SET", "flushed", "1"), OK);
    redis_client_flush(client);
    WAIT_UNTIL(redis_do(&the_redis, "EXISTS flushed") == 1);
    assert_int_equal(call.n_done, 0);
    RUN_UNTIL(&loop, call.n_done == 1);
    redis_client_flush(client); /* nothing to do */
}

static void send_next(struct call *call)
{
    if (call->n_done < 500)
        assert_int_equal(send_command(call, "INCR", "chain", NULL), OK);
    redis_client_flush(client);
}

static void a_callback_may_send_and_flush(void **state)
{
    (void)state;
    struct call call = {.then = send_next};
    open_client();
    assert_int_equal(send_command(&call, "INCR", "chain", NULL), OK);
    RUN_UNTIL(&loop, call.n_done == 500);
    assert_int_equal(call.number, 500);
    assert_int_equal(n_down, 0);
}

static void no_more_than_the_limit_are_in_flight(void **state)
{
    (void)state;
    struct call call = {0};
    open_client();
    for (int i = 0; i < IN_FLIGHT_MAX; i++)
        assert_int_equal(send_command(&call, "PING", NULL, NULL), OK);
    assert_int_equal(send_command(&call, "PING", NULL, NULL), ERR_FULL);
    assert_int_equal(metric_value(&REDIS_METRICS.in_flight), IN_FLIGHT_MAX);
    RUN_UNTIL(&loop, call.n_done == IN_FLIGHT_MAX);
    assert_int_equal(send_command(&call, "PING", NULL, NULL), OK);
    RUN_UNTIL(&loop, call.n_done == IN_FLIGHT_MAX + 1);
    assert_int_equal(call.n_null, 0);
}

/* Far more than the socket takes at once, while nobody reads. */
static void a_full_socket_is_waited_for(void **state)
{
    (void)state;
    enum { N = 300, SIZE = 20000 };
    struct call *calls = mem_zalloc(N * sizeof *calls);
    char *value = mem_zalloc(SIZE + 1);
    open_client();
    memset(value, 'v', SIZE);
    redis_server_pause(&the_redis);
    for (int i = 0; i < N; i++)
        assert_int_equal(send_command(&calls[i], "APPEND", "long", value), OK);
    run_for_ms(&loop, TIMEOUT_MS / 4);
    redis_server_go_on(&the_redis);
    RUN_UNTIL(&loop, redis_client_in_flight(client) == 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(calls[i].n_done, 1);
        assert_int_equal(calls[i].number, (i + 1) * SIZE);
    }
    assert_int_equal(n_down, 0);
    free(value);
    free(calls);
}

static void an_error_reply_is_null_and_nothing_else_changes(void **state)
{
    (void)state;
    struct call set = {0};
    struct call wrong = {0};
    struct call right = {0};
    int64_t errors = metric_value(&REDIS_METRICS.errors);
    open_client();
    assert_int_equal(send_command(&set, "SET", "text", "x"), OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send_command(&wrong, "INCR", "text", NULL), OK);
    assert_int_equal(send_command(&right, "INCR", "number", NULL), OK);
    RUN_UNTIL(&loop, right.n_done == 1);
    assert_int_equal(wrong.n_done, 10);
    assert_int_equal(wrong.n_null, 10);
    assert_int_equal(right.number, 1);
    assert_int_equal(metric_value(&REDIS_METRICS.errors) - errors, 10);
    assert_int_equal(n_down, 0);
}

static void a_nil_reply_is_not_null(void **state)
{
    (void)state;
    struct call call = {0};
    open_client();
    assert_int_equal(send_command(&call, "GET", "nothing", NULL), OK);
    RUN_UNTIL(&loop, call.n_done == 1);
    assert_int_equal(call.n_null, 0);
}

/* ---- scripts that Redis forgot */

static void noscript_renews_the_connection(void **state)
{
    (void)state;
    struct call lost[2] = {0};
    struct call behind[50] = {0};
    open_client();
    assert_int_equal(bump_now(), 1);
    (void)redis_do(&the_redis, "SCRIPT FLUSH");
    assert_int_equal(send_bump(&lost[0], 1), OK);
    assert_int_equal(send_bump(&lost[1], 1), OK);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(send_command(&behind[i], "PING", NULL, NULL), OK);
    RUN_UNTIL(&loop, n_up == 2);
    assert_int_equal(n_down, 1);
    expect_all_null_once(lost, 2);
    expect_all_null_once(behind, 50);
    assert_int_equal(bump_now(), 2);
    assert_int_equal(metric_value(&REDIS_METRICS.reconnects), 1);
}

static void try_again(struct call *call)
{
    if (call->n_null == call->n_done) /* the first time */
        assert_int_equal(send_bump(call, 1), ERR_UNAVAILABLE);
}

static void nothing_is_accepted_once_the_scripts_are_missed(void **state)
{
    (void)state;
    struct call call = {.then = try_again};
    open_client();
    (void)redis_do(&the_redis, "SCRIPT FLUSH");
    assert_int_equal(send_bump(&call, 1), OK);
    RUN_UNTIL(&loop, n_up == 2);
    assert_int_equal(call.n_done, 1);
    assert_int_equal(bump_now(), 1);
}

/* ---- losses */

static void send_is_refused(struct call *call)
{
    struct call never = {0};

    (void)call;
    assert_int_equal(n_down, 0); /* all callbacks come before on_down */
    assert_false(redis_client_is_up(client));
    assert_int_equal(send_command(&never, "PING", NULL, NULL), ERR_UNAVAILABLE);
}

static void send_is_refused_in_down(void)
{
    struct call never = {0};

    assert_int_equal(in_flight_at_down, 0);
    assert_int_equal(send_command(&never, "PING", NULL, NULL), ERR_UNAVAILABLE);
}

static void kill_and_restart(const char *url)
{
    struct call calls[50] = {0};

    open_client_at(url);
    RUN_UNTIL(&loop, n_up == 1);
    assert_int_equal(bump_now(), 1);
    for (size_t i = 0; i < 50; i++)
        calls[i].then = send_is_refused;
    do_in_down = send_is_refused_in_down;
    send_to_stopped_redis(calls, 50);
    redis_server_kill9(&the_redis);
    int64_t start = clock_mono_ms();
    RUN_UNTIL(&loop, n_down == 1);
    assert_in_range(clock_mono_ms() - start, 0, TIMEOUT_MS / 2); /* not by its silence */
    expect_all_null_once(calls, 50);
    assert_int_equal(metric_value(&REDIS_METRICS.in_flight), 0);
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 0);
    run_for_ms(&loop, 200); /* attempts that fail */
    redis_server_restart_empty(&the_redis);
    RUN_UNTIL(&loop, n_up == 2);
    expect_all_null_once(calls, 50);
    assert_int_equal(bump_now(), 1);
    assert_int_equal(n_down, 1);
}

static void a_killed_redis_is_noticed_and_its_successor_used(void **state)
{
    (void)state;
    kill_and_restart(the_redis.url);
}

/* Unread data make the kernel reset the connection: libuv then reports an error instead of data. */
static void the_same_over_tcp(void **state)
{
    (void)state;
    kill_and_restart(fmt("redis://127.0.0.1:%d", the_redis.port));
}

static void a_redis_that_hangs_up_is_noticed(void **state)
{
    (void)state;
    open_client();
    for (int i = 2; i < 5; i++) {
        (void)redis_do(&the_redis, "CLIENT KILL TYPE normal SKIPME yes");
        RUN_UNTIL(&loop, n_up == i);
        assert_int_equal(n_down, i - 1);
    }
    assert_int_equal(bump_now(), 1);
}

static void a_stopped_redis_is_noticed_by_its_silence(void **state)
{
    (void)state;
    struct call calls[20] = {0};
    open_client();
    int64_t start = clock_mono_ms();
    send_to_stopped_redis(calls, 20);
    RUN_UNTIL(&loop, n_down == 1);
    assert_in_range(clock_mono_ms() - start, TIMEOUT_MS - 10, TIMEOUT_MS * 5 / 4 + 50);
    expect_all_null_once(calls, 20);
    run_for_ms(&loop, TIMEOUT_MS * 2); /* the kernel still connects, but nobody answers */
    assert_int_equal(n_up, 1);
    redis_server_go_on(&the_redis);
    RUN_UNTIL(&loop, n_up == 2);
    expect_all_null_once(calls, 20);
    assert_true(bump_now() > 0);
}

static void an_idle_client_is_left_alone(void **state)
{
    (void)state;
    open_client();
    run_for_ms(&loop, TIMEOUT_MS * 3);
    assert_int_equal(n_down, 0);
    assert_int_equal(bump_now(), 1);
}

/* A process that was stopped itself finds old commands in flight, and their replies waiting. */
static void our_own_standing_still_is_not_the_fault_of_redis(void **state)
{
    (void)state;
    struct call call = {0};
    open_client();
    assert_int_equal(send_command(&call, "PING", NULL, NULL), OK);
    redis_client_flush(client);
    int64_t end = clock_mono_ms() + TIMEOUT_MS * 3;
    while (clock_mono_ms() < end)
        wait_a_little();
    RUN_UNTIL(&loop, call.n_done == 1);
    assert_int_equal(call.n_null, 0);
    assert_int_equal(n_down, 0);
}

/* ---- connecting */

static void nothing_is_accepted_before_it_is_up(void **state)
{
    (void)state;
    struct call never = {0};
    open_client_at(the_redis.url);
    assert_false(redis_client_is_up(client));
    while (n_up == 0) {
        assert_int_equal(send_command(&never, "PING", NULL, NULL), ERR_UNAVAILABLE);
        (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
    }
    assert_true(redis_client_is_up(client));
    assert_int_equal(never.n_done, 0);
}

static void a_redis_that_comes_later_is_found(void **state)
{
    (void)state;
    redis_server_kill9(&the_redis);
    open_client_at(fmt("redis://localhost:%d", the_redis.port));
    run_for_ms(&loop, 300);
    assert_int_equal(n_up, 0);
    assert_int_equal(n_down, 0); /* it never was up */
    redis_server_restart(&the_redis);
    RUN_UNTIL(&loop, n_up == 1);
    assert_true(bump_now() > 0);
}

static void it_signs_in_and_selects_the_database(void **state)
{
    (void)state;
    struct call set = {0};
    struct call who = {0};
    (void)redis_do(&the_redis, "ACL SETUSER bob on >p@ss ~* &* +@all");
    open_client_at(fmt("redis://bob:p%%40ss@localhost:%d/4", the_redis.port));
    RUN_UNTIL(&loop, n_up == 1);
    assert_int_equal(send_command(&set, "SET", "where", "four"), OK);
    assert_int_equal(send_command(&who, "ACL", "WHOAMI", NULL), OK);
    RUN_UNTIL(&loop, who.n_done == 1);
    assert_int_equal(redis_do(&the_redis, "EXISTS where"), 0);
}

static void a_wrong_password_is_never_up(void **state)
{
    (void)state;
    open_client_at(fmt("redis://bob:wrong@127.0.0.1:%d", the_redis.port));
    run_for_ms(&loop, 500);
    assert_int_equal(n_up, 0);
    assert_int_equal(n_down, 0);
}

static void an_unknown_host_is_never_up(void **state)
{
    (void)state;
    open_client_at("redis://does-not-exist.invalid:1");
    run_for_ms(&loop, 300);
    assert_int_equal(n_up, 0);
}

/* ---- closing */

static void close_now(void)
{
    redis_client_close(&client);
    assert_null(client);
}

static void close_in_callback(struct call *call)
{
    if (call->n_done == 1)
        close_now();
}

static void closing_calls_what_is_in_flight(void **state)
{
    (void)state;
    struct call calls[30] = {0};
    open_client();
    send_to_stopped_redis(calls, 30);
    close_now();
    expect_all_null_once(calls, 30);
    redis_server_go_on(&the_redis);
    run_for_ms(&loop, 20);
    expect_all_null_once(calls, 30);
    assert_int_equal(n_down, 0);
}

/* More than the socket takes, so that most of it has not left when the client is closed. */
static void what_was_sent_before_closing_arrives(void **state)
{
    (void)state;
    struct call calls[100] = {0};
    const char *big = fmt_repeat('x', 10000);
    open_client();
    redis_server_pause(&the_redis);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(send_command(&calls[i], "RPUSH", "l", big), OK);
    redis_client_flush(client);
    close_now();
    expect_all_null_once(calls, 100);
    redis_server_go_on(&the_redis);
    RUN_UNTIL(&loop, redis_do(&the_redis, "LLEN l") == 100);
    expect_all_null_once(calls, 100);
    assert_int_equal(n_down, 0);
}

static void a_stopped_redis_does_not_hold_up_the_end_for_long(void **state)
{
    (void)state;
    struct call calls[30] = {0};
    open_client();
    send_to_stopped_redis(calls, 30);
    close_now();
    (void)uv_timer_stop(&loop.wake);
    (void)uv_run(&loop.uv, UV_RUN_DEFAULT); /* until nothing is left */
    (void)uv_timer_start(&loop.wake, redis_loop_woken, 1, 1);
    redis_server_go_on(&the_redis);
    expect_all_null_once(calls, 30);
}

static void a_callback_may_close(void **state)
{
    (void)state;
    struct call calls[30] = {[9] = {.then = close_in_callback}};
    open_client();
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(send_command(&calls[i], "PING", NULL, NULL), OK);
    RUN_UNTIL(&loop, client == NULL);
    run_for_ms(&loop, 20);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(calls[i].n_done, 1);
        assert_int_equal(calls[i].n_null, i > 9);
    }
    assert_int_equal(n_down, 0);
}

static void a_callback_of_a_loss_may_close(void **state)
{
    (void)state;
    struct call calls[30] = {[9] = {.then = close_in_callback}};
    open_client();
    send_to_stopped_redis(calls, 30);
    redis_server_kill9(&the_redis);
    RUN_UNTIL(&loop, client == NULL);
    run_for_ms(&loop, 20);
    expect_all_null_once(calls, 30);
    assert_int_equal(n_down, 0);
    redis_server_restart(&the_redis);
}

static void on_down_and_on_up_may_close(void **state)
{
    (void)state;
    do_in_down = close_now;
    open_client();
    (void)redis_do(&the_redis, "CLIENT KILL TYPE normal SKIPME yes");
    RUN_UNTIL(&loop, client == NULL);
    run_for_ms(&loop, 100);
    assert_int_equal(n_up, 1);
    do_in_up = close_now;
    open_client_at(the_redis.url);
    RUN_UNTIL(&loop, client == NULL);
    assert_int_equal(n_up, 2);
    assert_int_equal(n_down, 1);
}

static void it_may_be_closed_in_every_phase_of_connecting(void **state)
{
    (void)state;
    const char *urls[] = {the_redis.url, fmt("redis://localhost:%d", the_redis.port),
                          "redis://does-not-exist.invalid:1", "unix:///nowhere.sock"};
    for (int turns = 0; turns < 40; turns++) {
        open_client_at(urls[turns % 4]);
        for (int i = 0; i < turns / 4; i++)
            (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
        close_now();
    }
}

/* ---- everything at once */

struct torture {
    int64_t next_due; /* callbacks come in the order of sending */
    int64_t sent;
    int64_t done;
};

static struct torture torture;

static void on_tortured(void *context, const struct redisReply *reply)
{
    (void)reply;
    assert_int_equal((int64_t)(intptr_t)context, torture.next_due++);
    torture.done++;
}

static void send_some(void)
{
    struct redis_command c;

    for (int i = 0; i < 40; i++) {
        if (i % 3 == 0) {
            redis_command_script(&c, &SCRIPT_bump);
            redis_add_key(&c, "n:{", STR("x"), "}");
            redis_add_int(&c, 1);
        } else {
            redis_command_init(&c, "INCR");
            redis_add(&c, i % 3 == 1 ? STR("a") : STR("text"));
        }
        if (redis_send(client, &c, on_tortured, (void *)(intptr_t)torture.sent) == OK)
            torture.sent++;
    }
}

static void disturb(int round)
{
    switch (round % 6) {
    case 0: redis_server_kill9(&the_redis); break;
    case 1: redis_server_restart_empty(&the_redis); break;
    case 2: redis_server_pause(&the_redis); break;
    case 3: redis_server_go_on(&the_redis); break;
    case 4: (void)redis_do(&the_redis, "SCRIPT FLUSH"); break;
    case 5: (void)redis_do(&the_redis, "CLIENT KILL TYPE normal SKIPME yes"); break;
    default: break;
    }
}

/* The last disturbance may be noticed only by the next command. */
static void bump_in_the_end(void)
{
    struct call call = {0};

    do {
        RUN_UNTIL(&loop, redis_client_is_up(client) && redis_client_in_flight(client) == 0);
        call = (struct call){0};
        assert_int_equal(send_bump(&call, 1), OK);
        RUN_UNTIL(&loop, call.n_done == 1);
    } while (call.n_null > 0);
    assert_true(call.number > 0);
}

static void whatever_happens_each_command_is_called_back_once_and_in_order(void **state)
{
    (void)state;
    torture = (struct torture){0};
    open_client();
    for (int round = 0; round < 24; round++) {
        int64_t end = clock_mono_ms() + (round % 6 == 2 ? TIMEOUT_MS + 200 : 120);
        while (clock_mono_ms() < end) {
            send_some();
            (void)uv_run(&loop.uv, UV_RUN_ONCE);
            assert_int_equal(redis_client_in_flight(client), torture.sent - torture.done);
        }
        disturb(round);
    }
    bump_in_the_end();
    assert_int_equal(redis_client_in_flight(client), 0);
    assert_int_equal(torture.done, torture.sent);
    assert_true(torture.sent > 1000);
    assert_true(n_up >= 4);
    assert_in_range(n_up - n_down, 1, 1);
}

/* ---- */

static int begin(void **state)
{
    (void)state;
    n_up = n_down = 0;
    do_in_up = do_in_down = NULL;
    (void)redis_do(&the_redis, "FLUSHALL");
    (void)redis_do(&the_redis, "SCRIPT FLUSH");
    metric_set(&REDIS_METRICS.reconnects, 0);
    redis_loop_init(&loop);
    return 0;
}

static int end(void **state)
{
    (void)state;
    do_in_down = NULL;
    if (client != NULL)
        close_now();
    redis_loop_fini(&loop);
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 0);
    assert_int_equal(metric_value(&REDIS_METRICS.in_flight), 0);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commands_are_answered_in_their_order),
        TEST(scripts_are_there_from_the_beginning),
        TEST(what_one_turn_sends_leaves_in_one_write),
        TEST(flush_writes_without_waiting_for_the_end_of_the_turn),
        TEST(a_callback_may_send_and_flush),
        TEST(no_more_than_the_limit_are_in_flight),
        TEST(a_full_socket_is_waited_for),
        TEST(an_error_reply_is_null_and_nothing_else_changes),
        TEST(a_nil_reply_is_not_null),
        TEST(noscript_renews_the_connection),
        TEST(nothing_is_accepted_once_the_scripts_are_missed),
        TEST(a_killed_redis_is_noticed_and_its_successor_used),
        TEST(the_same_over_tcp),
        TEST(a_redis_that_hangs_up_is_noticed),
        TEST(a_stopped_redis_is_noticed_by_its_silence),
        TEST(an_idle_client_is_left_alone),
        TEST(our_own_standing_still_is_not_the_fault_of_redis),
        TEST(nothing_is_accepted_before_it_is_up),
        TEST(a_redis_that_comes_later_is_found),
        TEST(it_signs_in_and_selects_the_database),
        TEST(a_wrong_password_is_never_up),
        TEST(an_unknown_host_is_never_up),
        TEST(closing_calls_what_is_in_flight),
        TEST(what_was_sent_before_closing_arrives),
        TEST(a_stopped_redis_does_not_hold_up_the_end_for_long),
        TEST(a_callback_may_close),
        TEST(a_callback_of_a_loss_may_close),
        TEST(on_down_and_on_up_may_close),
        TEST(it_may_be_closed_in_every_phase_of_connecting),
        TEST(whatever_happens_each_command_is_called_back_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, the_redis_start, the_redis_stop);
}
