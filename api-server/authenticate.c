#include "authenticate.h"

#include "auth/bearer.h"
#include "base/clock.h"
#include "http/problem.h"

/* Borrows the token. ERR_NOT_FOUND: there is none. */
static enum err find_token(const struct http_request *request, str *token_out)
{
    if (request->authorizations == 0)
        return ERR_NOT_FOUND;
    if (request->authorizations > 1)
        return ERR_INVALID;
    return bearer_parse(request->authorization, token_out);
}

/* ERR_NOT_FOUND: there is none. */
static enum err check_header(struct api *api, const struct http_request *request,
                             struct claims *claims_out)
{
    int64_t now_ms = clock_wall_ms();
    uint64_t generation;
    str token;

    enum err err = find_token(request, &token);
    if (err != OK)
        return err;
    if (token_cache_find(api->tokens, token, now_ms, claims_out, &generation))
        return OK;
    err = api_keys_check(api->keys, token, now_ms, claims_out);
    if (err == ERR_NOT_FOUND)
        return ERR_DENIED; /* an unknown key */
    if (err == OK)
        token_cache_add(api->tokens, token, claims_out, generation);
    return err;
}

/* ERR_NOT_FOUND: the session has ended, or the account is gone. */
static enum err check_session(struct api *api, const struct claims *claims)
{
    struct account_entry *entry;
    enum err err = account_cache_get(api->accounts, username_view(&claims->user), &entry);

    if (err != OK)
        return err;
    bool alive = account_entry_has_session(entry, str_of(claims->session));
    account_entry_unref(entry);
    return alive ? OK : ERR_NOT_FOUND;
}

bool authenticate(struct http_request *request, struct http_response *response)
{
    struct api *api = api_of(request);
    struct claims claims;

    enum err err = check_header(api, request, &claims);
    if (err == ERR_NOT_FOUND) {
        problem_answer(response, PROBLEM_UNAUTHENTICATED, NULL);
        return false;
    }
    if (err == OK)
        err = check_session(api, &claims);
    if (err != OK) {
        problem_answer(response,
                       err == ERR_UNAVAILABLE ? PROBLEM_UNAVAILABLE : PROBLEM_INVALID_TOKEN, NULL);
        return false;
    }
    request->caller.user = claims.user;
    memcpy(request->caller.session, claims.session, sizeof request->caller.session);
    return true;
}

/* Not cached as users' are: what is asked for here takes longer than checking a signature, and a cache for both kinds
 * would have to tell them apart. */
bool authenticate_service(struct http_request *request, struct http_response *response)
{
    struct claims claims;
    str token;

    enum err err = find_token(request, &token);
    if (err == ERR_NOT_FOUND) {
        problem_answer(response, PROBLEM_UNAUTHENTICATED, NULL);
        return false;
    }
    if (err == OK)
        err = api_keys_check_service(api_of(request)->keys, token, STR(SERVICE_AUDIENCE_NOTIFY),
                                     clock_wall_ms(), &claims);
    if (err == ERR_DENIED)
        problem_answer(response, PROBLEM_FORBIDDEN, "This needs the token of a service.");
    else if (err != OK)
        problem_answer(response, PROBLEM_INVALID_TOKEN, "The token is not valid, or has expired.");
    if (err == OK)
        request->caller.user = claims.user;
    return err == OK;
}
