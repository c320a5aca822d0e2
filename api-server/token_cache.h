/* Tokens that were found genuine, so that each is checked once and not with every request (60 to 100 µs). */
#ifndef CHATAPP_API_TOKEN_CACHE_H
#define CHATAPP_API_TOKEN_CACHE_H

#include "auth/token.h"

struct token_cache;

struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache **cache);
/* False: unknown, or expired by now; *generation_out is then for token_cache_add(), which takes nothing that was
 * checked with keys from before a clear. */
bool token_cache_find(struct token_cache *cache, str token, int64_t now_ms,
                      struct claims *claims_out, uint64_t *generation_out);
void token_cache_add(struct token_cache *cache, str token, const struct claims *claims,
                     uint64_t generation);
/* When keys have been taken away. */
void token_cache_clear(struct token_cache *cache);

#endif
