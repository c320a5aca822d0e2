/* The elliptic curve P-256, which libsodium lacks: for Web Push and for ES256 tokens. From OpenSSL's libcrypto, whose
 * types stay in p256.c. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_P256_H
#define CHATAPP_NOTIFICATION_CRYPTO_P256_H

#include "base/err.h"
#include "base/str.h"

#define P256_PRIVATE_N 32
#define P256_POINT_N 65 /* uncompressed: 4, x, y */
#define P256_SECRET_N 32
#define P256_SIGNATURE_N 64 /* r and s, as JWS wants them (RFC 7518, section 3.4) */

struct p256_key {
    unsigned char private_key[P256_PRIVATE_N];
    unsigned char point[P256_POINT_N]; /* the public key */
};

/* Of 32 random bytes nearly all are a private key; ERR_INVALID: these are none. */
MUST_USE enum err p256_from_private(const unsigned char private_key[P256_PRIVATE_N],
                                    struct p256_key *key_out);
/* A private key in PEM (PKCS #8 or SEC 1) without a password. ERR_INVALID: there is none, or one of another kind. */
MUST_USE enum err p256_from_pem(str pem, struct p256_key *key_out);
/* Is it a point of the curve, and not the one at infinity? */
bool p256_is_point(const unsigned char *point, size_t n);

/* ECDH: the x of the shared point. ERR_INVALID: the other's is no point. ~60 µs. */
MUST_USE enum err p256_agree(const struct p256_key *key, const unsigned char other[P256_POINT_N],
                             unsigned char secret_out[P256_SECRET_N]);
/* ECDSA with SHA-256; another signature each time. ~30 µs. */
void p256_sign(const struct p256_key *key, str text, unsigned char signature_out[P256_SIGNATURE_N]);

#endif
