/* HKDF with SHA-256 (RFC 5869), for keys of at most one hash. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_HKDF_H
#define CHATAPP_NOTIFICATION_CRYPTO_HKDF_H

#include <sodium.h>

#include "base/str.h"

#define HKDF_MAX crypto_auth_hmacsha256_BYTES

/* Extract with `salt`, then expand with `info`, to the `n` (at most HKDF_MAX) bytes at `to`. */
void hkdf(str salt, str secret, str info, unsigned char *to, size_t n);

#endif
