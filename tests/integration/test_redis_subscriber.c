/* The asynchronous subscriber against a real Redis, directly and through a proxy that can go silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "fmt.h"
#include "redis/redis_metrics.h"
#include "redis_loop.h"
#include "the_redis.h"

#define SILENCE_MS 600
#define TIMEOUT_MS 300

const struct redis_script *const REDIS_SCRIPTS[] = {NULL};
const size_t REDIS_SCRIPTS_N = 0;

static struct redis_loop loop;
static struct redis_client *publisher;
static struct redis_subscriber *subscriber;
static int n_up;
static int n_down;
static struct buf heard; /* "channel payload|" for each message */
static bool close_on_message;

static void on_up(void *context)
{
    (void)context;
    n_up++;
}

static void on_down(void *context)
{
    (void)context;
    assert_false(redis_subscriber_is_up(subscriber));
    n_down++;
}

static void on_message(void *context, str channel, str payload)
{
    assert_ptr_equal(context, &the_redis);
    buf_add_str(&heard, channel);
    buf_add_char(&heard, ' ');
    buf_add_str(&heard, payload);
    buf_add_char(&heard, '|');
    if (close_on_message)
        redis_subscriber_close(&subscriber);
}

static void open_subscriber_at(const char *text)
{
    const char *const channels[] = {"node:me", "all", NULL};
    const struct redis_client_options commands = {100, TIMEOUT_MS, NULL, NULL, NULL};
    const struct redis_subscriber_options messages = {channels, SILENCE_MS, on_up,
                                                      on_down,  on_message, &the_redis};
    struct redis_url direct = url_of(the_redis.url);
    struct redis_url url = url_of(text);

    publisher = redis_client_open(&loop.uv, &direct, &commands);
    subscriber = redis_subscriber_open(&loop.uv, &url, publisher, &messages);
}

static void open_subscriber(void)
{
    open_subscriber_at(the_redis.url);
    RUN_UNTIL(&loop, n_up == 1);
}

static void publish(const char *channel, const char *payload)
{
    assert_int_equal(redis_do(&the_redis, "PUBLISH %s %b", channel, payload, strlen(payload)), 1);
}

static bool heard_is(const char *text)
{
    return str_eq(buf_view(&heard), str_of(text));
}

static void messages_of_all_channels_arrive_in_order(void **state)
{
    (void)state;
    open_subscriber();
    assert_true(redis_subscriber_is_up(subscriber));
    publish("node:me", "one");
    publish("all", "two");
    publish("node:me", "");
    publish("node:me", "four words in one");
    RUN_UNTIL(&loop, heard_is("node:me one|all two|node:me |node:me four words in one|"));
}

static void nothing_else_is_heard_while_all_is_quiet(void **state)
{
    (void)state;
    open_subscriber();
    run_for_ms(&loop, SILENCE_MS * 4);
    assert_int_equal(n_down, 0);
    assert_int_equal(n_up, 1);
    assert_true(heard_is(""));
    publish("all", "still here");
    RUN_UNTIL(&loop, heard_is("all still here|"));
}

static void a_killed_redis_is_subscribed_again_when_it_is_back(void **state)
{
    (void)state;
    open_subscriber();
    redis_server_kill9(&the_redis);
    RUN_UNTIL(&loop, n_down == 1);
    redis_server_restart(&the_redis);
    RUN_UNTIL(&loop, n_up == 2);
    publish("all", "again");
    RUN_UNTIL(&loop, heard_is("all again|"));
    assert_int_equal(n_down, 1);
}

static void a_stopped_redis_is_noticed_within_the_silence(void **state)
{
    (void)state;
    open_subscriber();
    run_for_ms(&loop, SILENCE_MS);
    redis_server_pause(&the_redis);
    int64_t start = clock_mono_ms();
    RUN_UNTIL(&loop, n_down == 1);
    assert_in_range(clock_mono_ms() - start, SILENCE_MS / 3, SILENCE_MS + 20);
    run_for_ms(&loop, SILENCE_MS);
    assert_int_equal(n_up, 1);
    redis_server_go_on(&the_redis);
    RUN_UNTIL(&loop, n_up == 2);
    publish("all", "again");
    RUN_UNTIL(&loop, heard_is("all again|"));
}

static void our_own_standing_still_is_not_silence(void **state)
{
    (void)state;
    open_subscriber();
    publish("all", "meanwhile");
    int64_t end = clock_mono_ms() + SILENCE_MS * 2;
    while (clock_mono_ms() < end)
        wait_a_little();
    run_for_ms(&loop, SILENCE_MS);
    assert_true(heard_is("all meanwhile|"));
    assert_int_equal(n_down, 0);
}

static void without_permission_it_is_never_up(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "ACL SETUSER deaf on >pass ~* resetchannels +@all");
    open_subscriber_at(fmt("redis://deaf:pass@127.0.0.1:%d", the_redis.port));
    run_for_ms(&loop, 300);
    assert_int_equal(n_up, 0);
    (void)redis_do(&the_redis, "ACL SETUSER deaf allchannels");
    RUN_UNTIL(&loop, n_up == 1);
}

static void on_message_may_close(void **state)
{
    (void)state;
    close_on_message = true;
    open_subscriber();
    publish("all", "first");
    publish("all", "second");
    RUN_UNTIL(&loop, subscriber == NULL);
    run_for_ms(&loop, 20);
    assert_true(heard_is("all first|"));
    assert_int_equal(n_down, 0);
}

/* ---- a connection that is open and carries nothing */

struct proxy {
    int listener;
    int port;
    pthread_t thread;
    atomic_bool silent; /* for the connections made before */
    atomic_bool ended;
};

static int connect_to_redis(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)the_redis.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail_at(HERE, "the proxy finds no Redis");
    return fd;
}

static bool forward(int from, int to)
{
    char bytes[4096];
    ssize_t n = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);

    return n > 0 ? send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n : n < 0;
}

/* One connection at a time; a silent one stays open until the end. */
static void *run_proxy(void *context)
{
    struct proxy *proxy = context;
    int open[16];
    size_t n_open = 0;
    int fd;

    while (n_open < 16 && (fd = accept(proxy->listener, NULL, NULL)) >= 0) {
        int redis = connect_to_redis();
        open[n_open++] = fd;
        open[n_open++] = redis;
        while (!atomic_load(&proxy->silent) && !atomic_load(&proxy->ended)) {
            struct pollfd polled[] = {{.fd = fd, .events = POLLIN},
                                      {.fd = redis, .events = POLLIN}};
            (void)poll(polled, 2, 5);
            if (!forward(fd, redis) || !forward(redis, fd))
                break;
        }
        atomic_store(&proxy->silent, false);
    }
    while (n_open > 0)
        (void)close(open[--n_open]);
    return NULL;
}

static void proxy_start(struct proxy *proxy)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;

    *proxy = (struct proxy){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(proxy->listener, 8), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&at, &n), 0);
    proxy->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&proxy->thread, NULL, run_proxy, proxy), 0);
}

static void proxy_stop(struct proxy *proxy)
{
    atomic_store(&proxy->ended, true);
    (void)shutdown(proxy->listener, SHUT_RDWR);
    (void)pthread_join(proxy->thread, NULL);
    (void)close(proxy->listener);
}

static void a_half_open_connection_is_noticed_and_renewed(void **state)
{
    (void)state;
    struct proxy proxy;
    proxy_start(&proxy);
    open_subscriber_at(fmt("redis://127.0.0.1:%d", proxy.port));
    RUN_UNTIL(&loop, n_up == 1);
    run_for_ms(&loop, SILENCE_MS * 2);
    assert_int_equal(n_down, 0);
    atomic_store(&proxy.silent, true);
    int64_t start = clock_mono_ms();
    RUN_UNTIL(&loop, n_down == 1);
    assert_in_range(clock_mono_ms() - start, SILENCE_MS / 3, SILENCE_MS + 20);
    RUN_UNTIL(&loop, n_up == 2);
    (void)redis_do(&the_redis, "PUBLISH all again"); /* the half-open one is there as well */
    RUN_UNTIL(&loop, heard_is("all again|"));
    assert_true(redis_client_is_up(publisher));
    redis_subscriber_close(&subscriber);
    run_for_ms(&loop, 5);
    proxy_stop(&proxy);
}

/* ---- */

static int begin(void **state)
{
    (void)state;
    n_up = n_down = 0;
    close_on_message = false;
    buf_clear(&heard);
    redis_loop_init(&loop);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (subscriber != NULL)
        redis_subscriber_close(&subscriber);
    redis_client_close(&publisher);
    redis_loop_fini(&loop);
    buf_fini(&heard);
    assert_int_equal(metric_value(&REDIS_METRICS.connected), 0);
    assert_int_equal(metric_value(&REDIS_METRICS.in_flight), 0);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_of_all_channels_arrive_in_order),
        TEST(nothing_else_is_heard_while_all_is_quiet),
        TEST(a_killed_redis_is_subscribed_again_when_it_is_back),
        TEST(a_stopped_redis_is_noticed_within_the_silence),
        TEST(our_own_standing_still_is_not_silence),
        TEST(without_permission_it_is_never_up),
        TEST(on_message_may_close),
        TEST(a_half_open_connection_is_noticed_and_renewed),
    };
    return cmocka_run_group_tests(tests, the_redis_start, the_redis_stop);
}
