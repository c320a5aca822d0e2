/* Tokens for a client that has proved who it is. */
#ifndef CHATAPP_API_GRANT_H
#define CHATAPP_API_GRANT_H

#include "api.h"
#include "http/http_response.h"
#include "place.h"
#include "refresh_token.h"
#include "store/account.h"

/* The session that a new refresh token is for, for a client at `block`; *hashes is what it borrows from. */
struct grant_hashes {
    struct refresh_hash family;
    struct refresh_hash current;
    struct place place;
};
struct new_session grant_session(const struct api *api, const struct refresh_token *token,
                                 str device, str block, struct grant_hashes *hashes);

/* {user?, access_token, refresh_token, token_type, expires_in}; `account` may be NULL. */
void grant_answer(struct api *api, struct http_response *response, int status,
                  const struct refresh_token *token, const struct account *account);

#endif
