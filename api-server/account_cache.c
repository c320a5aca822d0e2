#include "account_cache.h"

#include <stdlib.h>

#include "base/mem.h"
#include "redis/redis_pool.h"
#include "redis/redis_tracker.h"
#include "store/account.h"
#include "store/keys.h"

struct account_cache {
    struct cache *cache;
    struct redis_tracker *tracker;
};

struct account_cache *account_cache_new(size_t entries)
{
    struct account_cache *cache = mem_zalloc(sizeof *cache);

    cache->cache = cache_new(entries, entries);
    return cache;
}

static void on_up(void *context)
{
    struct account_cache *cache = context;
    cache_enable(cache->cache, true);
}

static void on_down(void *context)
{
    struct account_cache *cache = context;
    cache_enable(cache->cache, false);
}

bool account_cache_key_user(str key, str *user_out)
{
    str rest = str_skip(key, sizeof KEY_USER - 1);
    str user;

    if (!str_starts(key, STR(KEY_USER)) || !str_split(&rest, '}', &user) || str_is_none(rest))
        return false;
    if (str_eq(rest, str_skip(STR(KEY_CONVERSATIONS), 1)) ||
        str_eq(rest, str_skip(STR(KEY_NODES), 1)))
        return false; /* these change often, and are not kept here */
    *user_out = user;
    return true;
}

static void on_change(void *context, str key)
{
    struct account_cache *cache = context;
    str user;

    if (str_is_none(key))
        cache_clear(cache->cache);
    else if (account_cache_key_user(key, &user))
        cache_drop(cache->cache, user);
}

void account_cache_follow(struct account_cache *cache, const struct redis_url *url)
{
    const struct redis_tracker_options options = {.prefix = KEY_USER,
                                                  .on_up = on_up,
                                                  .on_down = on_down,
                                                  .on_change = on_change,
                                                  .context = cache};

    cache->tracker = redis_tracker_open(url, &options);
}

void account_cache_free(struct account_cache **cache)
{
    struct account_cache *c = *cache;

    *cache = NULL;
    redis_tracker_close(&c->tracker);
    cache_free(&c->cache);
    free(c);
}

static void entry_free(struct cached *value)
{
    struct account_entry *entry = (struct account_entry *)value;

    shared_bytes_unref(entry->profile);
    free(entry);
}

static struct account_entry *entry_new(str user, const struct account *account)
{
    struct account_entry *entry =
        mem_zalloc(sizeof *entry + account->n_sessions * sizeof entry->sessions[0]);
    struct buf json = {0};

    cached_init(&entry->cached, entry_free);
    account_json(&json, NULL, user, account);
    entry->profile = shared_bytes_take(&json);
    for (size_t i = 0; i < account->n_sessions; i++) {
        str id = account_session(account, i);
        if (id_is_valid(id))
            memcpy(entry->sessions[entry->n_sessions++], id.p, id.n);
    }
    return entry;
}

/* Apart from the look-up, which must not clear a command's memory for nothing. */
__attribute__((noinline)) static enum err read_account(struct account_cache *cache, str user,
                                                       uint64_t generation,
                                                       struct account_entry **entry_out)
{
    struct redis_command command;
    struct redisReply *reply;
    struct account account;

    account_read(&command, user);
    enum err err = redis_call(&command, &reply);
    if (err != OK)
        return err;
    err = account_was_read(reply, &account);
    if (err == OK) {
        *entry_out = entry_new(user, &account);
        cache_put(cache->cache, user, &(*entry_out)->cached, 1, generation);
    }
    reply_free(reply);
    return err;
}

enum err account_cache_get(struct account_cache *cache, str user, struct account_entry **entry_out)
{
    uint64_t generation;

    *entry_out = (struct account_entry *)cache_get(cache->cache, user, &generation);
    return *entry_out ? OK : read_account(cache, user, generation, entry_out);
}

void account_cache_forget(struct account_cache *cache, str user)
{
    cache_drop(cache->cache, user);
}

void account_entry_unref(struct account_entry *entry)
{
    cached_unref(&entry->cached);
}

bool account_entry_has_session(const struct account_entry *entry, str session)
{
    for (size_t i = 0; i < entry->n_sessions; i++)
        if (str_eq(str_from(entry->sessions[i], ID_LEN), session))
            return true;
    return false;
}
