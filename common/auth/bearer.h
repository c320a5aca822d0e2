/* The value of an Authorization header (RFC 9110, section 11.6.2; RFC 6750, section 2.1). */
#ifndef CHATAPP_AUTH_BEARER_H
#define CHATAPP_AUTH_BEARER_H

#include "base/err.h"
#include "base/str.h"

/* On OK *token_out borrows the token from `value`; whether it is genuine, token_open() says.
 * ERR_NOT_FOUND: no header (STR_NONE), or another scheme than Bearer (in any case of letters).
 * ERR_INVALID: not exactly one token, one over TOKEN_MAX, or with characters that no token of ours
 * has. The caller refuses a request that has the header twice: one value is all that can be seen
 * here. */
MUST_USE enum err bearer_parse(str value, str *token_out);

#endif
