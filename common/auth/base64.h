/* base64 with padding (RFC 4648, section 4). */
#ifndef CHATAPP_AUTH_BASE64_H
#define CHATAPP_AUTH_BASE64_H

#include "base/buf.h"

void base64_add(struct buf *out, const void *bytes, size_t n);

/* Only with its padding, and without white space. False when it is not that, or more than `max` bytes. */
bool base64_read(str text, void *to, size_t max, size_t *n_out);

#endif
