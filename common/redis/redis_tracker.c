#include "redis/redis_tracker.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "redis/redis_connection.h"

#define PING_MS 500
#define SILENCE_MS 1500
#define RETRY_MS 250

struct redis_tracker {
    struct redis_url url;
    struct redis_tracker_options options;
    pthread_t thread;
    int stop_fd; /* readable: end */
    struct redis_connection *connection;
};

/* Waits up to `ms`; false when it is time to stop. */
static bool wait_for(struct redis_tracker *t, int fd, int ms, bool *readable_out)
{
    struct pollfd fds[] = {{.fd = t->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    (void)poll(fds, 2, ms);
    *readable_out = fds[1].revents != 0;
    return fds[0].revents == 0;
}

static bool ask(struct redis_tracker *t, const struct redis_command *command, int64_t *number_out)
{
    struct redisReply *reply;

    if (!redis_connection_exchange(t->connection, command, 1, &reply))
        return false;
    bool good = !reply_is_error(reply);
    if (!good)
        log_warn("Redis refuses to track changes", F_STR("says", reply_str(reply)));
    *number_out = reply_int(reply);
    reply_free(reply);
    return good;
}

/* In this order: a connection that has subscribed takes no other commands in RESP2. */
static bool subscribe(struct redis_tracker *t)
{
    struct redis_command c;
    int64_t id;
    int64_t ignored;

    redis_command_init(&c, "CLIENT");
    redis_add(&c, STR("ID"));
    if (!ask(t, &c, &id))
        return false;
    redis_command_init(&c, "CLIENT");
    redis_add(&c, STR("TRACKING"));
    redis_add(&c, STR("ON"));
    redis_add(&c, STR("REDIRECT"));
    redis_add_int(&c, id);
    redis_add(&c, STR("BCAST"));
    redis_add(&c, STR("PREFIX"));
    redis_add(&c, str_of(t->options.prefix));
    if (!ask(t, &c, &ignored))
        return false;
    redis_command_init(&c, "SUBSCRIBE");
    redis_add(&c, STR("__redis__:invalidate"));
    return ask(t, &c, &ignored);
}

static bool send_ping(struct redis_tracker *t)
{
    static const char PING[] = "*1\r\n$4\r\nPING\r\n";
    int done = 0;

    if (redisAppendFormattedCommand(t->connection->redis, PING, sizeof PING - 1) != REDIS_OK)
        return false;
    while (!done)
        if (redisBufferWrite(t->connection->redis, &done) != REDIS_OK)
            return false;
    return true;
}

/* ["message", channel, [key, …]] or, when everything was flushed, a nil in place of the keys. A pong is shorter. */
static void tell(struct redis_tracker *t, const struct redisReply *push)
{
    const struct redisReply *keys = reply_at(push, 2);

    if (reply_count(push) < 3 || !str_eq(reply_word(push), STR("message")))
        return;
    if (reply_is_nil(keys))
        t->options.on_change(t->options.context, STR_NONE);
    for (size_t i = 0; i < reply_count(keys); i++)
        t->options.on_change(t->options.context, reply_str(reply_at(keys, i)));
}

/* What has come, without waiting for more. */
static bool take(struct redis_tracker *t)
{
    void *push;

    if (redisBufferRead(t->connection->redis) != REDIS_OK)
        return false;
    for (;;) {
        if (redisGetReplyFromReader(t->connection->redis, &push) != REDIS_OK)
            return false;
        if (push == NULL)
            return true;
        tell(t, push);
        reply_free(push);
    }
}

/* Until the connection is lost (true) or it is time to stop (false). */
static bool listen_to(struct redis_tracker *t)
{
    int64_t heard_ms = clock_mono_ms();
    int64_t pinged_ms = 0;
    bool readable;

    for (;;) {
        int64_t now_ms = clock_mono_ms();
        if (now_ms - heard_ms > SILENCE_MS)
            return true;
        if (now_ms - pinged_ms >= PING_MS) {
            if (!send_ping(t))
                return true;
            pinged_ms = now_ms;
        }
        if (!wait_for(t, t->connection->redis->fd, PING_MS / 2, &readable))
            return false;
        if (!readable)
            continue;
        if (!take(t))
            return true;
        heard_ms = clock_mono_ms();
    }
}

static void *run(void *argument)
{
    struct redis_tracker *t = argument;
    bool go_on = true;
    bool ignored;

    while (go_on) {
        bool connected;
        t->connection = redis_connection_open(&t->url, SILENCE_MS, &connected);
        if (connected && subscribe(t)) {
            log_info("hears of changes in Redis");
            t->options.on_up(t->options.context);
            go_on = listen_to(t);
            if (go_on) {
                t->options.on_down(t->options.context);
                log_warn("no longer hears of changes in Redis");
            }
        }
        redis_connection_close(t->connection);
        go_on = go_on && wait_for(t, -1, RETRY_MS, &ignored);
    }
    return NULL;
}

struct redis_tracker *redis_tracker_open(const struct redis_url *url,
                                         const struct redis_tracker_options *options)
{
    struct redis_tracker *t = mem_zalloc(sizeof *t);

    t->url = *url;
    t->options = *options;
    t->stop_fd = eventfd(0, EFD_CLOEXEC);
    CHECK(t->stop_fd >= 0);
    CHECK(pthread_create(&t->thread, NULL, run, t) == 0);
    return t;
}

void redis_tracker_close(struct redis_tracker **tracker)
{
    struct redis_tracker *t = *tracker;
    uint64_t one = 1;

    *tracker = NULL;
    if (t == NULL)
        return;
    CHECK(write(t->stop_fd, &one, sizeof one) == sizeof one);
    (void)pthread_join(t->thread, NULL);
    (void)close(t->stop_fd);
    free(t);
}
