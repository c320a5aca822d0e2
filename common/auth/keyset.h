/* The Ed25519 keys (RFC 8037) that access tokens are signed with: public ones as a JWK Set (RFC
 * 7517), which the api-server serves at /.well-known/jwks.json and puts in Redis for the other
 * daemons; the private ones in a file of mode 0600 that only the api-server reads. The first key of
 * the file signs, all of them verify: that is how a rotation logs nobody out. */
#ifndef CHATAPP_AUTH_KEYSET_H
#define CHATAPP_AUTH_KEYSET_H

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define KEYSET_MAX 8
#define KEY_ID_LEN 16
#define KEY_THUMBPRINT_LEN 43
#define KEYSET_TEXT_MAX 16384 /* bytes of a JWK Set; longer ones are refused unseen */

struct verify_key {
    char kid[KEY_ID_LEN + 1]; /* from the public key: RFC 7638 thumbprint, first 16 characters */
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
};

struct keyset {
    size_t n;
    struct verify_key keys[KEYSET_MAX];
};

struct signing_key {
    struct verify_key verify;
    unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
};

/* The key that the 32 secret bytes of RFC 8032 ("d" in a JWK) determine; a new random one. */
void signing_key_from_seed(const unsigned char seed[crypto_sign_SEEDBYTES],
                           struct signing_key *key_out);
void signing_key_new(struct signing_key *key_out);
/* RFC 7638 with SHA-256, in base64url, NUL-terminated. */
void key_thumbprint(const unsigned char public_key[crypto_sign_PUBLICKEYBYTES],
                    char text_out[KEY_THUMBPRINT_LEN + 1]);

/* Reads the key file; makes it (0600, synced, never over an existing one, safe when two start at
 * once) when it is missing. The file is a JWK Set with private keys ("d"). The directory is made
 * when missing. ERR_DENIED: others than the owner may use it. ERR_INVALID: not such a file. ERR_IO:
 * the system refused. *why says what to do, naming the path. */
MUST_USE enum err keyset_open_file(const char *path, struct signing_key *signing_out,
                                   struct keyset *keys_out, struct buf *why);
/* Puts a new key in front of those in the file, which must exist (else ERR_NOT_FOUND), and drops
 * the oldest over KEYSET_MAX. Readers see the old file or the new one, and two rotations at once
 * are both carried out. The file keeps its owner. An api-server signs with the new key once it has
 * opened the file again. */
MUST_USE enum err keyset_rotate_file(const char *path, struct buf *why);
/* Public JWK Set as JSON:
 * {"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":...,"x":...}]} */
void keyset_to_jwks(const struct keyset *keys, struct buf *out);
/* ERR_INVALID leaves *keys_out untouched: not a JWK Set, one without a key of ours, with more than
 * KEYSET_MAX, or with a damaged one. Keys of another kind (RSA, X25519, another use or alg) are
 * skipped. */
MUST_USE enum err keyset_from_jwks(str jwks, struct keyset *keys_out);
/* Constant-time is not needed: kids are public. NULL when there is none. */
const struct verify_key *keyset_find(const struct keyset *keys, str kid);

#endif
