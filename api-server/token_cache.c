#include "token_cache.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cache.h"

#define TOKENS_MAX 16384

struct known_token {
    struct cached cached;
    struct claims claims;
};

struct token_cache {
    struct cache *cache;
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = mem_zalloc(sizeof *cache);

    cache->cache = cache_new(TOKENS_MAX, TOKENS_MAX);
    cache_enable(cache->cache, true);
    return cache;
}

void token_cache_free(struct token_cache **cache)
{
    cache_free(&(*cache)->cache);
    free(*cache);
    *cache = NULL;
}

bool token_cache_find(struct token_cache *cache, str token, int64_t now_ms,
                      struct claims *claims_out, uint64_t *generation_out)
{
    struct known_token *known =
        (struct known_token *)cache_get(cache->cache, token, generation_out);

    if (known == NULL)
        return false;
    bool good = now_ms / 1000 < known->claims.expires_s;
    if (good)
        *claims_out = known->claims;
    cached_unref(&known->cached);
    return good;
}

static void known_free(struct cached *value)
{
    free(value);
}

void token_cache_add(struct token_cache *cache, str token, const struct claims *claims,
                     uint64_t generation)
{
    struct known_token *known = mem_alloc(sizeof *known);

    cached_init(&known->cached, known_free);
    known->claims = *claims;
    cache_put(cache->cache, token, &known->cached, 1, generation);
    cached_unref(&known->cached);
}

void token_cache_clear(struct token_cache *cache)
{
    cache_clear(cache->cache);
}
