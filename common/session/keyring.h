/* The public keys that access tokens are checked with, for the daemons on an event loop. They come through Redis
 * (key `jwks`, put there by the api-server) and are read again every few seconds, and when a token names a key
 * that is not known. Ready once keys were read; keeps the last ones while Redis is away. */
#ifndef CHATAPP_SESSION_KEYRING_H
#define CHATAPP_SESSION_KEYRING_H

#include "auth/token.h"
#include "redis/redis_async.h"

struct keyring;

struct keyring *keyring_open(uv_loop_t *loop, struct redis_client *redis);
void keyring_close(struct keyring **keyring);
/* Redis is there (again): read them now. */
void keyring_refresh(struct keyring *keyring);
bool keyring_is_ready(const struct keyring *keyring);

/* token_open() with today's keys. ERR_NOT_FOUND: another key; they are being read again (at most once a second), so
 * that a retry may succeed. */
MUST_USE enum err keyring_open_token(struct keyring *keyring, str token, struct claims *claims_out);

#endif
