/* Redis tells when a key changes (client-side caching, CLIENT TRACKING in broadcasting mode): one thread with one
 * blocking connection, which subscribes to its own invalidations. For caches that must not serve stale values:
 * while the tracker is not up, do not use them. */
#ifndef CHATAPP_REDIS_REDIS_TRACKER_H
#define CHATAPP_REDIS_REDIS_TRACKER_H

#include "base/str.h"
#include "redis/redis_url.h"

struct redis_tracker_options {
    const char *prefix; /* of the keys to hear about */
    /* All on the tracker's thread. */
    void (*on_up)(void *context);              /* changes are told from now on */
    void (*on_down)(void *context);            /* changes are being missed since at most 1.5 s */
    void (*on_change)(void *context, str key); /* STR_NONE: anything may have changed */
    void *context;
};

struct redis_tracker;

/* Copies the URL and the options; connects, and comes back after any loss, by itself. */
struct redis_tracker *redis_tracker_open(const struct redis_url *url,
                                         const struct redis_tracker_options *options);
void redis_tracker_close(struct redis_tracker **tracker); /* on_down is not called */

#endif
