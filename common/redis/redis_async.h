/* An asynchronous Redis client on libuv, for the daemons that run on one event loop. Two kinds of
 * connection: redis_client for commands, redis_subscriber for pub/sub (RESP2 needs one of its own).
 * Both connect by themselves, sign in, load all scripts (the client), and come back after any loss with
 * exponential back-off and jitter (50 ms to 2 s). Single-threaded: loop thread only.
 *
 * Commands given in one turn of the loop leave in one write at its end, or at redis_client_flush(). Never blocks. */
#ifndef CHATAPP_REDIS_REDIS_ASYNC_H
#define CHATAPP_REDIS_REDIS_ASYNC_H

#include <uv.h>

#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis/redis_url.h"

struct redis_client;
struct redis_subscriber;

/* `reply` is borrowed and valid during the call only. NULL: unavailable: the connection was lost (the
 * command may or may not have run), it took longer than the time-out, or Redis answered LOADING, OOM,
 * MISCONF, READONLY, NOSCRIPT (then the connection is renewed) or another error, which was logged. Called
 * exactly once for every accepted command, also when the client is closed; never from within redis_send(). */
typedef void redis_reply_fn(void *context, const struct redisReply *reply);

struct redis_client_options {
    size_t in_flight_max; /* commands without a reply yet */
    int timeout_ms;       /* the oldest reply may be that late; then the connection is dropped */
    void (*on_up)(void *context);   /* ready for commands, scripts loaded: after each (re)connect */
    void (*on_down)(void *context); /* lost; who waited was called with NULL before; may be NULL */
    void *context;
};

/* Starts to connect. Keeps the context. */
struct redis_client *redis_client_open(uv_loop_t *loop, const struct redis_url *url,
                                       const struct redis_client_options *options);
/* ERR_UNAVAILABLE while down, ERR_FULL with in_flight_max commands on the way; `done` is then not called. `done` may be
 * NULL: nobody cares. */
MUST_USE enum err redis_send(struct redis_client *client, const struct redis_command *command,
                             redis_reply_fn *done, void *context);
bool redis_client_is_up(const struct redis_client *client);
size_t redis_client_in_flight(const struct redis_client *client);
/* Writes what this turn of the loop has gathered now; the client does that by itself in uv_prepare. */
void redis_client_flush(struct redis_client *client);
/* Calls what is in flight with NULL, and frees once libuv has let go; *client is NULL afterwards. Redis still gets what
 * was sent: the connection stays until it has answered, for two seconds at most. */
void redis_client_close(struct redis_client **client);

struct redis_subscriber_options {
    /* NULL-terminated, copied. The first one must be the subscriber's own: its health is checked by
     * publishing to it (hiredis 0.14 leaks on PING while subscribed). */
    const char *const *channels;
    int silence_ms;                 /* no message, not even our own, for that long: reconnect */
    void (*on_up)(void *context);   /* subscribed to all: what is published from now on arrives */
    void (*on_down)(void *context); /* messages are being missed from now on; may be NULL */
    /* Not called for our own health checks. */
    void (*on_message)(void *context, str channel, str payload);
    void *context;
};

/* `publisher` sends the health checks and must outlive the subscriber. */
struct redis_subscriber *redis_subscriber_open(uv_loop_t *loop, const struct redis_url *url,
                                               struct redis_client *publisher,
                                               const struct redis_subscriber_options *options);
bool redis_subscriber_is_up(const struct redis_subscriber *subscriber);
void redis_subscriber_close(struct redis_subscriber **subscriber);

#endif
