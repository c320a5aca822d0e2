/* Percent-encoding (RFC 3986, section 2.1). Pure. */
#ifndef CHATAPP_HTTP_HTTP_PERCENT_H
#define CHATAPP_HTTP_HTTP_PERCENT_H

#include "base/str.h"

/* Decodes into `to`, which has room for text.n bytes. False when a % is not followed by two hex digits, or when the
 * result is not UTF-8 or has a control character in it. */
bool http_percent_decode(str text, bool plus_is_space, char *to, size_t *n_out);

#endif
