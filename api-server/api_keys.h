/* The keys that sign and check access tokens: from the key file, read again when it changes, and published in Redis
 * for the other daemons before anything is signed with a new one. Thread-safe. */
#ifndef CHATAPP_API_API_KEYS_H
#define CHATAPP_API_API_KEYS_H

#include "auth/service_token.h"
#include "http/shared_bytes.h"

struct api_keys;

/* Keeps a copy of the path. Failures as keyset_open_file() has them. */
MUST_USE enum err api_keys_open(const char *path, struct api_keys **keys_out, struct buf *why);
void api_keys_free(struct api_keys **keys);
/* Called whenever other keys check tokens from now on. Once, before the threads. */
void api_keys_follow(struct api_keys *keys, void (*on_change)(void *context), void *context);

/* Reads the file again if it has changed, and publishes the keys unless Redis has them. Every few seconds. */
void api_keys_refresh(struct api_keys *keys);
/* Redis had them when last looked at. */
bool api_keys_published(const struct api_keys *keys);

void api_keys_sign(struct api_keys *keys, const struct claims *claims, struct buf *token_out);
/* The id that these texts determine for who has the key that signs, and for nobody else. */
struct id api_keys_id(struct api_keys *keys, str purpose, str a, str b);
/* As token_open(), for users' tokens. */
MUST_USE enum err api_keys_check(struct api_keys *keys, str token, int64_t now_ms,
                                 struct claims *claims_out);
/* As service_token_open(). */
MUST_USE enum err api_keys_check_service(struct api_keys *keys, str token, str audience,
                                         int64_t now_ms, struct claims *claims_out);
/* The public JWK Set; the caller's reference. */
struct shared_bytes *api_keys_jwks(struct api_keys *keys);

#endif
