/* RSA signatures as JWT's RS256 wants them: PKCS #1 v1.5 with SHA-256 (RFC 7518, section 3.3). */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_RSA_KEY_H
#define CHATAPP_NOTIFICATION_CRYPTO_RSA_KEY_H

#include "base/buf.h"
#include "base/err.h"

#define RSA_KEY_BITS_MIN 2048

struct rsa_key;

/* From PEM. ERR_INVALID: no private RSA key, or a short one. */
MUST_USE enum err rsa_key_from_pem(str pem, struct rsa_key **key_out);
void rsa_key_free(struct rsa_key **key); /* NULL is fine */
/* Appends the signature, as many bytes as the key has. ~1 ms. Thread-safe. */
void rsa_key_sign(const struct rsa_key *key, str text, struct buf *out);

#endif
