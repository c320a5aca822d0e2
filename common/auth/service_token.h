/* Tokens of services: of programs that use ChatApp, not of people. `api-server token` makes them. They are the same JWTs as
 * access tokens (token.h), but `aud` says what they are for, `sub` is the service's name, they have no session, and may
 * be good for years: what ends one is taking its key out of the signing-key file. */
#ifndef CHATAPP_AUTH_SERVICE_TOKEN_H
#define CHATAPP_AUTH_SERVICE_TOKEN_H

#include "auth/token.h"

#define SERVICE_AUDIENCE_NOTIFY "notify" /* may call /notify */

/* Is there anything that such tokens are for? */
bool service_audience_is_known(str audience);

/* As token_open(), but tells apart why not. ERR_DENIED: genuine and good, but a user's or for something else (HTTP 403).
 * ERR_INVALID: not genuine; ERR_EXPIRED (401, both). ERR_NOT_FOUND: as there. */
MUST_USE enum err service_token_open(const struct keyset *keys, str token, str audience,
                                     int64_t now_ms, struct claims *claims_out);

#endif
