/* Passwords: argon2id (RFC 9106) through libsodium, in its encoded form; guessable ones refused by
 * zxcvbn. */
#ifndef CHATAPP_AUTH_PASSWORD_H
#define CHATAPP_AUTH_PASSWORD_H

#include <sodium.h>

#include "base/err.h"
#include "base/str.h"

#define PASSWORD_MIN 8
#define PASSWORD_MAX 1024
#define PASSWORD_HASH_MAX crypto_pwhash_STRBYTES

/* The settings' bounds: what argon2id needs at least, and what still ends the same day. */
#define PASSWORD_MEMORY_KIB_MIN 8
#define PASSWORD_MEMORY_KIB_MAX 4194304
#define PASSWORD_PASSES_MIN 1
#define PASSWORD_PASSES_MAX 100

struct password_cost {
    int64_t memory_kib; /* --password-hash-memory-kib */
    int64_t passes;     /* --password-hash-passes */
};

/* ERR_DENIED: too guessable; `username` and the words of `display_name` count as known to the
 * guesser. Length is not checked here. zxcvbn looks at the first 100 bytes only (its time grows
 * with the length). */
MUST_USE enum err password_check_strength(str password, str username, str display_name);

/* Takes passes × memory: ~0.1 s of one core by default. ERR_UNAVAILABLE when the memory cannot be
 * had. */
MUST_USE enum err password_hash(str password, const struct password_cost *cost,
                                char hash_out[PASSWORD_HASH_MAX]);

/* ERR_DENIED when it is not the one. Takes the same time for a hash of NULL (no such user), which
 * is always ERR_DENIED. ERR_UNAVAILABLE when the memory cannot be had: nothing is known about the
 * password then. */
MUST_USE enum err password_verify(str password, const char *hash, const struct password_cost *cost);

/* True when `hash` was made at another cost: hash again after the next good login. */
bool password_needs_rehash(const char *hash, const struct password_cost *cost);

#endif
