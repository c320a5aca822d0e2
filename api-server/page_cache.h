/* Finished pages of history. A page is good as long as the conversation's state is what it was when the page was
 * made, which the caller asks Redis for, and whether the reader is a member, each time. */
#ifndef CHATAPP_API_PAGE_CACHE_H
#define CHATAPP_API_PAGE_CACHE_H

#include "base/ids.h"
#include "cache.h"
#include "http/shared_bytes.h"
#include "redis/redis_url.h"

struct log_state {
    int64_t seq;
    int64_t created;        /* differs when the store was lost and the conversation made anew */
    int64_t kept;           /* records; retention drops some */
    char epoch[ID_LEN + 1]; /* of the store: differs when it lost some of what it had */
};

struct page_query {
    str conversation;
    int64_t before; /* -1: not given */
    int64_t after;  /* -1: not given */
    int64_t limit;
};

struct page {
    struct cached cached;
    struct log_state state;
    struct shared_bytes *body;
};

struct page_cache;

struct page_cache *page_cache_new(size_t bytes_max);
/* Empty while the connection to Redis is down, and when it comes up again: a store that has lost its last records may
 * come to the same state with others. */
void page_cache_follow(struct page_cache *cache, const struct redis_url *url);
void page_cache_free(struct page_cache **cache);
/* The caller's to cached_unref(), or NULL. *generation_out is for page_cache_put(), of what is read after this. */
struct page *page_cache_get(struct page_cache *cache, const struct page_query *query,
                            uint64_t *generation_out);
/* Takes a reference to `body`. */
void page_cache_put(struct page_cache *cache, const struct page_query *query,
                    const struct log_state *state, struct shared_bytes *body, uint64_t generation);

static inline bool log_state_eq(const struct log_state *a, const struct log_state *b)
{
    return a->seq == b->seq && a->created == b->created && a->kept == b->kept &&
           strcmp(a->epoch, b->epoch) == 0;
}

#endif
