/* Messages over a redis_link. A connection that has gone silent may be idle or half-open, so three times in
 * each silence_ms a health check is published to our own first channel: that must arrive here. Silence is
 * looked at twice as often, early enough that it is noticed within silence_ms. */
#include "redis/redis_async.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "redis/redis_link.h"

#define TICKS_PER_SILENCE 6
#define TICKS_PER_HEALTH_CHECK 2
#define HEALTH_CHECK STR("\x16health") /* no JSON text begins like that */

struct redis_subscriber {
    struct redis_link link;
    struct redis_subscriber_options options;
    struct redis_client *publisher;
    char **channels;
    size_t n_channels;
    size_t n_confirmed; /* on this connection */
    uint64_t heard_ms;
    unsigned ticks;
};

static void publish_health_check(struct redis_subscriber *subscriber)
{
    struct redis_command publish;

    redis_command_init(&publish, "PUBLISH");
    redis_add(&publish, str_of(subscriber->channels[0]));
    redis_add(&publish, HEALTH_CHECK);
    /* While the publisher is down nothing is heard, and we reconnect: it is the same Redis. */
    if (redis_send(subscriber->publisher, &publish, NULL, NULL) != OK)
        return;
}

static void on_confirmed(struct redis_subscriber *subscriber)
{
    if (++subscriber->n_confirmed < subscriber->n_channels)
        return;
    subscriber->ticks = 0;
    redis_link_up(&subscriber->link);
    if (subscriber->options.on_up != NULL)
        subscriber->options.on_up(subscriber->options.context);
}

static void on_message(struct redis_subscriber *subscriber, str channel, str payload)
{
    bool own = str_eq(payload, HEALTH_CHECK) && str_eq(channel, str_of(subscriber->channels[0]));

    if (!own && subscriber->link.state == LINK_UP)
        subscriber->options.on_message(subscriber->options.context, channel, payload);
}

/* ["subscribe", channel, how many] or ["message", channel, payload]. NULL when the connection ends, which
 * down() tells. */
static void on_push(redisAsyncContext *ac, void *data, void *context)
{
    struct redis_subscriber *subscriber = context;
    const struct redisReply *push = data;

    (void)ac;
    if (push == NULL)
        return;
    subscriber->heard_ms = uv_now(subscriber->link.loop);
    if (str_eq(reply_word(push), STR("message")))
        on_message(subscriber, reply_str(reply_at(push, 1)), reply_str(reply_at(push, 2)));
    else if (str_eq(reply_word(push), STR("subscribe")))
        on_confirmed(subscriber);
}

static void greet(void *owner)
{
    struct redis_subscriber *subscriber = owner;
    struct redis_command subscribe;

    subscriber->n_confirmed = 0;
    redis_command_init(&subscribe, "SUBSCRIBE");
    for (size_t i = 0; i < subscriber->n_channels; i++)
        redis_add(&subscribe, str_of(subscriber->channels[i]));
    (void)redis_link_send(&subscriber->link, &subscribe, on_push, subscriber);
}

static void down(void *owner)
{
    struct redis_subscriber *subscriber = owner;

    if (subscriber->options.on_down != NULL)
        subscriber->options.on_down(subscriber->options.context);
}

static void tick(void *owner)
{
    struct redis_subscriber *subscriber = owner;
    uint64_t silence = uv_now(subscriber->link.loop) - subscriber->heard_ms;

    if (silence + (uint64_t)subscriber->link.tick_ms >= (uint64_t)subscriber->options.silence_ms)
        redis_link_drop(&subscriber->link, STR("silence"));
    else if (++subscriber->ticks % TICKS_PER_HEALTH_CHECK == 0)
        publish_health_check(subscriber);
}

static void closed(void *owner)
{
    struct redis_subscriber *subscriber = owner;

    for (size_t i = 0; i < subscriber->n_channels; i++)
        free(subscriber->channels[i]);
    free(subscriber->channels);
    free(subscriber);
}

static const struct redis_link_events EVENTS = {
    .greet = greet, .down = down, .tick = tick, .closed = closed};

static void copy_channels(struct redis_subscriber *subscriber, const char *const *channels)
{
    size_t n = 0;

    while (channels[n] != NULL)
        n++;
    CHECK(n > 0);
    subscriber->channels = mem_array(NULL, n, sizeof *subscriber->channels);
    for (size_t i = 0; i < n; i++)
        subscriber->channels[i] = str_dup(str_of(channels[i]));
    subscriber->n_channels = n;
}

struct redis_subscriber *redis_subscriber_open(uv_loop_t *loop, const struct redis_url *url,
                                               struct redis_client *publisher,
                                               const struct redis_subscriber_options *options)
{
    struct redis_subscriber *subscriber = mem_zalloc(sizeof *subscriber);
    int tick_ms = options->silence_ms / TICKS_PER_SILENCE;

    CHECK(options->silence_ms > 0 && options->on_message != NULL);
    subscriber->options = *options;
    subscriber->options.channels = NULL; /* copied instead */
    subscriber->publisher = publisher;
    copy_channels(subscriber, options->channels);
    subscriber->link = (struct redis_link){.loop = loop,
                                           .url = *url,
                                           .name = "messages",
                                           .events = &EVENTS,
                                           .owner = subscriber,
                                           .attempt_ms = options->silence_ms,
                                           .tick_ms = tick_ms > 0 ? tick_ms : 1};
    redis_link_open(&subscriber->link);
    return subscriber;
}

bool redis_subscriber_is_up(const struct redis_subscriber *subscriber)
{
    return subscriber->link.state == LINK_UP;
}

void redis_subscriber_close(struct redis_subscriber **subscriber)
{
    struct redis_subscriber *closing = *subscriber;

    *subscriber = NULL;
    redis_link_close(&closing->link);
}
