/* A bounded map from bytes to shared values that forgets what was used longest ago. In shards, so that threads
 * seldom wait for each other.
 *
 * What is read from Redis to be put here may be stale by the time it is: cache_get() says how often the shard was
 * invalidated so far, and cache_put() takes nothing that was read before another invalidation. */
#ifndef CHATAPP_API_CACHE_H
#define CHATAPP_API_CACHE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/str.h"

/* First member of every value. */
struct cached {
    _Atomic int references;
    void (*free)(struct cached *value);
};

void cached_init(struct cached *value,
                 void (*free)(struct cached *value)); /* one reference, the caller's */
void cached_unref(struct cached *value);              /* NULL is fine */

struct cache;

/* `cost_max`: of all values together; `entries`: about how many there will be. It is off until cache_enable(). */
struct cache *cache_new(size_t cost_max, size_t entries);
void cache_free(struct cache **cache);
/* Off: empty, and takes nothing. */
void cache_enable(struct cache *cache, bool on);

/* A reference for the caller, or NULL. */
struct cached *cache_get(struct cache *cache, str key, uint64_t *generation_out);
/* Takes a reference of its own, in place of what was there. */
void cache_put(struct cache *cache, str key, struct cached *value, size_t cost,
               uint64_t generation);
void cache_drop(struct cache *cache, str key);
void cache_clear(struct cache *cache);

#endif
