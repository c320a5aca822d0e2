/* Commands over a redis_link. Who waits for a reply stands in a ring, in the order of sending, which is the
 * order of the replies; so each reply is the head's. The head's age is the age of the oldest.
 *
 * A callback is called in one of two places, never both, because each takes its entry out of the ring first:
 * on_reply(), and fail_all() when the connection is lost or the client closed. What hiredis then calls on_reply() with
 * for the same commands is not listened to: NULL, or, while a client that was closed lingers, their replies. Closing the
 * socket with replies on the way would make Redis drop what it has not read yet. */
#include "redis/redis_async.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "daemon/trace.h"
#include "redis/redis_errors.h"
#include "redis/redis_link.h"
#include "redis/redis_metrics.h"
#include "redis/redis_uv.h"

#define TICKS_PER_TIMEOUT 8
#define LINGER_MS 2000

struct waiter {
    redis_reply_fn *done;
    void *context;
    const char *name; /* of the command */
    uint64_t sent_ms;
    struct trace_ref trace; /* for whose sake it was sent */
};

struct redis_client {
    struct redis_link link;
    struct redis_client_options options;
    struct redis_errors errors;
    struct waiter *ring; /* in_flight_max of them */
    size_t head;
    size_t n;
    size_t unanswered; /* when it was closed: commands that it lingers for */
};

static void push(struct redis_client *client, struct waiter waiter)
{
    size_t max = client->options.in_flight_max;
    size_t tail = client->head + client->n++;

    client->ring[tail < max ? tail : tail - max] = waiter;
    metric_add(&REDIS_METRICS.in_flight, 1);
}

static struct waiter pop(struct redis_client *client)
{
    CHECK(client->n > 0);
    struct waiter waiter = client->ring[client->head];

    if (++client->head == client->options.in_flight_max)
        client->head = 0;
    client->n--;
    metric_add(&REDIS_METRICS.in_flight, -1);
    return waiter;
}

/* What the caller may see of it: error replies end here. */
static const struct redisReply *judge(struct redis_client *client, const struct redisReply *reply,
                                      const char *name)
{
    if (!reply_is_error(reply))
        return reply;
    str text = reply_str(reply);
    metric_add(&REDIS_METRICS.errors, 1);
    (void)redis_errors_note(&client->errors, text, name, (int64_t)uv_now(client->link.loop));
    if (redis_error_is(text, STR("NOSCRIPT")))
        redis_link_drop(&client->link, text);
    return NULL;
}

/* What is logged because of the reply, and what is sent, is for the same sake. Takes the waiter's reference. */
static void tell(struct redis_client *client, struct waiter *waiter, const struct redisReply *reply)
{
    const struct trace_ref *before = trace_switch_ref(&waiter->trace);
    const struct redisReply *judged = reply != NULL ? judge(client, reply, waiter->name) : NULL;

    if (waiter->done != NULL)
        waiter->done(waiter->context, judged);
    (void)trace_switch_ref(before);
    trace_ref_fini(&waiter->trace);
}

static void fail_all(struct redis_client *client)
{
    while (client->n > 0) {
        struct waiter waiter = pop(client);
        tell(client, &waiter, NULL);
    }
}

static void on_reply(redisAsyncContext *ac, void *data, void *context)
{
    struct redis_client *client = context;

    (void)ac;
    if (data == NULL)
        return;
    if (client->link.state == LINK_LINGERING) {
        if (--client->unanswered == 0)
            redis_link_close(&client->link);
        return;
    }
    struct waiter waiter = pop(client);
    tell(client, &waiter, data);
}

/* The last of the hello, answered only by a Redis that can work: not LOADING, not stopped. */
static void on_pong(redisAsyncContext *ac, void *data, void *context)
{
    struct redis_client *client = context;
    str text = reply_str(data);

    (void)ac;
    if (data == NULL)
        return;
    if (reply_is_error(data)) {
        redis_link_drop(&client->link, text);
        return;
    }
    redis_link_up(&client->link);
    if (client->options.on_up != NULL)
        client->options.on_up(client->options.context);
}

static void load(struct redis_client *client, const struct redis_script *script)
{
    struct redis_command command;

    redis_command_init(&command, "SCRIPT");
    redis_add(&command, STR("LOAD"));
    redis_add(&command, script->text);
    redis_link_greet(&client->link, &command, script->sha1);
}

static void greet(void *owner)
{
    struct redis_client *client = owner;
    struct redis_command ping;

    for (size_t i = 0; i < REDIS_SCRIPTS_N; i++)
        load(client, REDIS_SCRIPTS[i]);
    redis_command_init(&ping, "PING");
    (void)redis_link_send(&client->link, &ping, on_pong, client);
}

static void down(void *owner)
{
    struct redis_client *client = owner;

    fail_all(client);
    if (client->link.state != LINK_CLOSED && client->options.on_down != NULL)
        client->options.on_down(client->options.context);
}

static void tick(void *owner)
{
    struct redis_client *client = owner;

    if (client->n == 0)
        return;
    uint64_t age = uv_now(client->link.loop) - client->ring[client->head].sent_ms;
    if (age >= (uint64_t)client->options.timeout_ms)
        redis_link_drop(&client->link, STR("no reply in time"));
}

static void closed(void *owner)
{
    struct redis_client *client = owner;

    free(client->ring);
    free(client);
}

static const struct redis_link_events EVENTS = {
    .greet = greet, .down = down, .tick = tick, .closed = closed};

struct redis_client *redis_client_open(uv_loop_t *loop, const struct redis_url *url,
                                       const struct redis_client_options *options)
{
    struct redis_client *client = mem_zalloc(sizeof *client);
    int tick_ms = options->timeout_ms / TICKS_PER_TIMEOUT;

    CHECK(options->in_flight_max > 0 && options->timeout_ms > 0);
    client->options = *options;
    client->ring = mem_array(NULL, options->in_flight_max, sizeof *client->ring);
    client->link = (struct redis_link){.loop = loop,
                                       .url = *url,
                                       .name = "commands",
                                       .events = &EVENTS,
                                       .owner = client,
                                       .attempt_ms = options->timeout_ms,
                                       .tick_ms = tick_ms > 0 ? tick_ms : 1};
    redis_link_open(&client->link);
    return client;
}

enum err redis_send(struct redis_client *client, const struct redis_command *command,
                    redis_reply_fn *done, void *context)
{
    if (client->link.state != LINK_UP)
        return ERR_UNAVAILABLE;
    if (client->n == client->options.in_flight_max)
        return ERR_FULL;
    if (!redis_link_send(&client->link, command, on_reply, client))
        return ERR_UNAVAILABLE;
    push(client, (struct waiter){done, context, command->name, uv_now(client->link.loop),
                                 trace_ref_current()});
    return OK;
}

bool redis_client_is_up(const struct redis_client *client)
{
    return client->link.state == LINK_UP;
}

size_t redis_client_in_flight(const struct redis_client *client)
{
    return client->n;
}

void redis_client_flush(struct redis_client *client)
{
    if (client->link.state == LINK_UP)
        redis_uv_flush(client->link.ac);
}

void redis_client_close(struct redis_client **client)
{
    struct redis_client *closing = *client;

    *client = NULL;
    closing->unanswered = closing->n;
    if (closing->link.state == LINK_UP && closing->n > 0)
        redis_link_linger(&closing->link, LINGER_MS);
    else
        redis_link_close(&closing->link);
    fail_all(closing);
}
