/* JWTs for others (RFC 7519, in JWS Compact Serialization): push services know ES256 and RS256. Our own tokens are in
 * common/auth/token.h. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_JWT_H
#define CHATAPP_NOTIFICATION_CRYPTO_JWT_H

#include "crypto/p256.h"
#include "crypto/rsa_key.h"

/* Both append header.payload.signature; `header` and `payload` are JSON. */
void jwt_es256(const struct p256_key *key, str header, str payload, struct buf *out);
void jwt_rs256(const struct rsa_key *key, str header, str payload, struct buf *out);

#endif
