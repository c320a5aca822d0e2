#include "page_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "redis/redis_tracker.h"
#include "store/keys.h"

#define PAGE_USUAL 8192 /* bytes, to guess how many there will be */
#define KEY_TEXT_MAX 128

struct page_cache {
    struct cache *cache;
    struct redis_tracker *tracker;
};

struct page_cache *page_cache_new(size_t bytes_max)
{
    struct page_cache *cache = mem_zalloc(sizeof *cache);

    cache->cache = cache_new(bytes_max, bytes_max / PAGE_USUAL);
    cache_enable(cache->cache, true);
    return cache;
}

static void on_up(void *context)
{
    struct page_cache *cache = context;
    cache_enable(cache->cache, true);
}

static void on_down(void *context)
{
    struct page_cache *cache = context;
    cache_enable(cache->cache, false);
}

static void on_change(void *context, str key)
{
    struct page_cache *cache = context;

    (void)key;
    cache_clear(cache->cache);
}

void page_cache_follow(struct page_cache *cache, const struct redis_url *url)
{
    const struct redis_tracker_options options = {.prefix = KEY_EPOCH,
                                                  .on_up = on_up,
                                                  .on_down = on_down,
                                                  .on_change = on_change,
                                                  .context = cache};

    cache_enable(cache->cache, false);
    cache->tracker = redis_tracker_open(url, &options);
}

void page_cache_free(struct page_cache **cache)
{
    redis_tracker_close(&(*cache)->tracker);
    cache_free(&(*cache)->cache);
    free(*cache);
    *cache = NULL;
}

static str key_of(const struct page_query *query, char text[KEY_TEXT_MAX])
{
    int n = snprintf(text, KEY_TEXT_MAX, "%.*s %lld %lld %lld", STR_ARG(query->conversation),
                     (long long)query->before, (long long)query->after, (long long)query->limit);
    return str_from(text, (size_t)n);
}

struct page *page_cache_get(struct page_cache *cache, const struct page_query *query,
                            uint64_t *generation_out)
{
    char text[KEY_TEXT_MAX];

    return (struct page *)cache_get(cache->cache, key_of(query, text), generation_out);
}

static void page_free(struct cached *value)
{
    struct page *page = (struct page *)value;

    shared_bytes_unref(page->body);
    free(page);
}

void page_cache_put(struct page_cache *cache, const struct page_query *query,
                    const struct log_state *state, struct shared_bytes *body, uint64_t generation)
{
    char text[KEY_TEXT_MAX];
    str key = key_of(query, text);
    struct page *page = mem_alloc(sizeof *page);
    size_t cost = sizeof *page + key.n + shared_bytes_view(body).n;

    cached_init(&page->cached, page_free);
    page->state = *state;
    page->body = shared_bytes_ref(body);
    cache_put(cache->cache, key, &page->cached, cost, generation);
    cached_unref(&page->cached);
}
