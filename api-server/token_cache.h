/* Authorization headers whose token was found genuine, so that each is checked once and not with every request (60 to
 * 100 µs). Found by the exact bytes. */
#ifndef CHATAPP_API_TOKEN_CACHE_H
#define CHATAPP_API_TOKEN_CACHE_H

#include "auth/token.h"

struct token_cache;

struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache **cache);
/* False: unknown, or expired by now. */
bool token_cache_find(struct token_cache *cache, str header, int64_t now_ms,
                      struct claims *claims_out);
void token_cache_add(struct token_cache *cache, str header, const struct claims *claims);
/* When keys have been taken away. */
void token_cache_clear(struct token_cache *cache);

#endif
