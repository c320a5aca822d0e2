/* Access tokens: JWT (RFC 7519) signed with Ed25519 (alg EdDSA, RFC 8037), typ at+jwt (RFC 9068),
 * so that any daemon can check one without asking another. iss and aud are "chatapp" for users; a
 * service's has another aud.
 *
 * Only exactly what token_make() makes is accepted: alg must be EdDSA, typ at+jwt, kid one of ours;
 * header members jwk, jku, x5u, x5c and crit are refused. */
#ifndef CHATAPP_AUTH_TOKEN_H
#define CHATAPP_AUTH_TOKEN_H

#include "auth/keyset.h"
#include "base/ids.h"
#include "base/username.h"

#define TOKEN_MAX 1024 /* bytes of a token's text; longer ones are refused unseen */
#define TOKEN_ISSUER "chatapp"
#define TOKEN_AUDIENCE "chatapp"
#define TOKEN_LIFE_MAX_S 86400 /* of a user's, from iat to exp */
#define TOKEN_LEEWAY_S 60      /* clocks of two machines differ; for exp and nbf/iat */

struct claims {
    struct username user;     /* sub */
    char session[ID_LEN + 1]; /* sid; a user's token has one, a service's may have "" */
    char audience[33];        /* aud, one string */
    int64_t issued_s;         /* iat */
    int64_t expires_s;        /* exp */
};

/* Appends the signed token to *out. */
void token_make(const struct signing_key *key, const struct claims *claims, struct buf *out);

/* Opens the token `text`; on OK fills *claims_out, else leaves it untouched. ERR_DENIED when
 * forged, cut short, not ours, of another audience, not yet valid or a user's for over TOKEN_LIFE_MAX_S; ERR_EXPIRED when genuine but
 * late. ERR_NOT_FOUND when the kid is unknown: the keys may have been rotated, so read them again
 * (not more than once a second) before refusing. One Ed25519 check, ~60 µs. */
MUST_USE enum err token_open(const struct keyset *keys, str text, str audience, int64_t now_ms,
                             struct claims *claims_out);

#endif
