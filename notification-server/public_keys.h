/* The public keys that tokens are checked with, for a daemon of threads (common/session/keyring.h is for those of one
 * loop). They come through Redis, where the api-server puts them. Thread-safe. */
#ifndef CHATAPP_NOTIFICATION_PUBLIC_KEYS_H
#define CHATAPP_NOTIFICATION_PUBLIC_KEYS_H

#include "auth/token.h"

struct public_keys;

struct public_keys *public_keys_new(void);
void public_keys_free(struct public_keys **keys);
/* Reads them again; keeps the last ones when Redis is away. Every few seconds. */
void public_keys_refresh(struct public_keys *keys);
bool public_keys_are_there(struct public_keys *keys);
/* token_open() with today's keys, which are read again (at most once a second) for a key that is not known.
 * ERR_UNAVAILABLE: there are none yet. */
MUST_USE enum err public_keys_check(struct public_keys *keys, str token, str audience,
                                    struct claims *claims_out);

#endif
