/* The password of an account that exists, or seems to. On the pool: takes as long as hashing does. */
#ifndef CHATAPP_API_VERIFY_PASSWORD_H
#define CHATAPP_API_VERIFY_PASSWORD_H

#include "api.h"
#include "http/http_response.h"

/* On OK `hash_out` is the encoded hash that it was checked against. ERR_DENIED: wrong, or no such user, which takes
 * the same time. ERR_UNAVAILABLE. */
MUST_USE enum err verify_password(const struct api *api, str user, str password,
                                  char hash_out[PASSWORD_HASH_MAX]);

/* The same for a caller who is signed in, after confirm_attempt(). False: the answer is filled in. */
bool verify_callers_password(struct http_request *request, struct http_response *response,
                             str password, char hash_out[PASSWORD_HASH_MAX]);

/* Failed confirmations are counted by account, and apart from logins, which anybody can try. False: the answer is
 * filled in. */
bool confirm_attempt(const struct api *api, struct http_response *response, str user);

#endif
