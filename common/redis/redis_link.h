/* One connection of the event loop to Redis that comes back by itself: what redis_client and
 * redis_subscriber share. It resolves, connects, signs in, gives up when that takes too long, and begins
 * anew after every loss, 50 ms later and then twice as late each time up to 2 s, with jitter.
 *
 * The owner embeds it, says hello over it, declares it up, and hears when it is lost. */
#ifndef CHATAPP_REDIS_REDIS_LINK_H
#define CHATAPP_REDIS_REDIS_LINK_H

#include <hiredis/async.h>
#include <uv.h>

#include "base/buf.h"
#include "redis/redis_command.h"
#include "redis/redis_url.h"

#define REDIS_LINK_WHY_MAX 128

enum link_state {
    LINK_NEW,
    LINK_WAITING,   /* for the next attempt */
    LINK_RESOLVING, /* the host's name */
    LINK_CONNECTING,
    LINK_GREETING, /* AUTH, SELECT and the owner's hello are on the way */
    LINK_UP,
    LINK_FALLING,   /* dropped by us; hiredis frees its context when its callback returns */
    LINK_LINGERING, /* only hears what was sent before */
    LINK_CLOSED
};

/* Called from the loop, never from within the functions below but for redis_link_drop(). */
struct redis_link_events {
    void (*greet)(void *owner);  /* connected: send the hello */
    void (*down)(void *owner);   /* was up, is not any more */
    void (*tick)(void *owner);   /* every tick_ms while up */
    void (*closed)(void *owner); /* libuv has let go: free the owner */
};

struct redis_link {
    uv_loop_t *loop;
    struct redis_url url;
    const char *name; /* for logs */
    const struct redis_link_events *events;
    void *owner;
    int attempt_ms; /* from resolving to up */
    int tick_ms;
    enum link_state state;
    redisAsyncContext *ac; /* hiredis's; NULL unless CONNECTING to FALLING */
    struct redis_resolve *resolve;
    uv_timer_t timer;
    unsigned attempt;
    int backoff_ms;
    bool was_up; /* on this connection */
    bool ever_up;
    uint64_t up_since_ms;
    uint64_t ticked_ms;
    bool tick_skipped;
    struct buf out; /* one command, formatted */
    char fall_why[REDIS_LINK_WHY_MAX];
    char why[REDIS_LINK_WHY_MAX]; /* it is down, as last logged */
    uint64_t why_ms;
};

/* The owner has filled `loop` to `tick_ms`; the rest is zero. The first attempt begins in the next turn. */
void redis_link_open(struct redis_link *link);
/* False when it is neither greeting nor up; `fn` is then not called. With NULL as its reply `fn` has
 * nothing to do: down() follows. */
bool redis_link_send(struct redis_link *link, const struct redis_command *command,
                     redisCallbackFn *fn, void *context);
/* Part of the hello: an answer other than the text `expected` (a literal) drops the connection. */
void redis_link_greet(struct redis_link *link, const struct redis_command *command,
                      const char *expected);
/* The hello was answered. */
void redis_link_up(struct redis_link *link);
/* Ends the connection and tries again later; `why` is for the log. */
void redis_link_drop(struct redis_link *link, str why);
/* It is up, and ends for ever: down() is not called any more, and no more is sent. But what was sent goes its way, and
 * answers are heard, until redis_link_close(), which it calls itself after `ms` and when the connection is lost. */
void redis_link_linger(struct redis_link *link, int ms);
/* For ever, and at once. down() is not called any more, closed() is. */
void redis_link_close(struct redis_link *link);

#endif
