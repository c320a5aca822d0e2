/* base64url without padding (RFC 4648, section 5), as everything in a JWT and a JWK is written. */
#ifndef CHATAPP_AUTH_BASE64URL_H
#define CHATAPP_AUTH_BASE64URL_H

#include "base/buf.h"

/* A-Z a-z 0-9 - _ */
bool base64url_is_char(char c);

void base64url_add(struct buf *out, const void *bytes, size_t n);

/* Only the one canonical spelling of the bytes: no padding, no white space, no stray bits in the
 * last character. False when it is not that, or more than `max` bytes. */
bool base64url_read(str text, void *to, size_t max, size_t *n_out);

#endif
