/* Users as requests need them: the profile ready to be sent, and which sessions are alive. Kept coherent by Redis
 * (redis/redis_tracker.h); while that is down, every look-up asks Redis. */
#ifndef CHATAPP_API_ACCOUNT_CACHE_H
#define CHATAPP_API_ACCOUNT_CACHE_H

#include "base/err.h"
#include "base/ids.h"
#include "cache.h"
#include "http/shared_bytes.h"
#include "redis/redis_url.h"

struct account_entry {
    struct cached cached;
    struct shared_bytes *profile; /* account_json() */
    size_t n_sessions;
    char sessions[][ID_LEN + 1];
};

struct account_cache;

struct account_cache *account_cache_new(size_t entries);
/* Starts to listen to Redis; until that is up the cache is off. */
void account_cache_follow(struct account_cache *cache, const struct redis_url *url);
void account_cache_free(struct account_cache **cache);

/* On OK *entry_out is the caller's to account_entry_unref(). ERR_NOT_FOUND: no such user. One call to Redis at most. */
MUST_USE enum err account_cache_get(struct account_cache *cache, str user,
                                    struct account_entry **entry_out);
/* After a write of one's own, before it is answered. */
void account_cache_forget(struct account_cache *cache, str user);

void account_entry_unref(struct account_entry *entry);
bool account_entry_has_session(const struct account_entry *entry, str session);

/* A key that has changed: whose account is it? False when it is none that the cache holds anything of. */
bool account_cache_key_user(str key, str *user_out);

#endif
