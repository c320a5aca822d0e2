/* Refresh tokens: `<session>.<family secret>.<token secret>.<username>`. The family secret is the same for all tokens of
 * a session and shows that a token is genuine, the token secret that it is the newest. Redis keeps hashes of both. */
#ifndef CHATAPP_API_REFRESH_TOKEN_H
#define CHATAPP_API_REFRESH_TOKEN_H

#include "base/buf.h"
#include "base/ids.h"
#include "base/username.h"

#define REFRESH_TOKEN_MAX (3 * (ID_LEN + 1) + USERNAME_MAX)
#define REFRESH_HASH_LEN 64

struct refresh_token {
    struct id session;
    struct id family;
    struct id secret;
    struct username user;
};

struct refresh_hash {
    char text[REFRESH_HASH_LEN + 1];
};

/* Of a new session. */
struct refresh_token refresh_token_new(const struct username *user);
/* Its successor. */
struct refresh_token refresh_token_next(const struct refresh_token *token);
void refresh_token_write(const struct refresh_token *token, struct buf *out);
MUST_USE enum err refresh_token_parse(str text, struct refresh_token *token_out);
/* BLAKE2b-256 of a secret, in hex. The secrets are random, so no slow hash is needed. */
struct refresh_hash refresh_hash(const struct id *secret);

#endif
