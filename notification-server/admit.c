#include "admit.h"

#include "app.h"
#include "auth/bearer.h"
#include "http/problem.h"

static enum problem problem_of(enum err err, struct public_keys *keys, str token)
{
    struct claims claims;

    if (err == ERR_UNAVAILABLE)
        return PROBLEM_UNAVAILABLE;
    if (err == ERR_DENIED && public_keys_check(keys, token, STR(TOKEN_AUDIENCE), &claims) == OK)
        return PROBLEM_FORBIDDEN;
    return PROBLEM_INVALID_TOKEN;
}

bool service_admit(struct http_request *request, const struct http_route *route,
                   struct http_response *response)
{
    struct public_keys *keys = app_of(request)->keys;
    struct claims claims;
    str token;

    (void)route;
    if (request->authorizations == 0 ||
        bearer_parse(request->authorization, &token) == ERR_NOT_FOUND) {
        problem_answer(response, PROBLEM_UNAUTHENTICATED, NULL);
        return false;
    }
    if (request->authorizations > 1 || bearer_parse(request->authorization, &token) != OK) {
        problem_answer(response, PROBLEM_INVALID_TOKEN, NULL);
        return false;
    }
    enum err err = public_keys_check(keys, token, STR(SERVICE_AUDIENCE), &claims);
    if (err == OK) {
        request->caller.user = claims.user;
        return true;
    }
    enum problem problem = problem_of(err, keys, token);
    problem_answer(response, problem,
                   problem == PROBLEM_FORBIDDEN
                       ? "This is for services: a token with the audience notify is needed."
                       : NULL);
    return false;
}
