#include "verify_password.h"

#include <stdio.h>

#include "ask.h"
#include "handlers.h"
#include "http/problem.h"
#include "rate.h"
#include "store/account.h"

enum err verify_password(const struct api *api, str user, str password,
                         char hash_out[PASSWORD_HASH_MAX])
{
    struct redis_command c;
    struct redisReply *reply;

    account_password(&c, user);
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    str hash = reply_str(reply);
    bool known = hash.n > 0 && hash.n < PASSWORD_HASH_MAX;
    if (known)
        (void)snprintf(hash_out, PASSWORD_HASH_MAX, "%.*s", STR_ARG(hash));
    reply_free(reply);
    return password_verify(password, known ? hash_out : NULL, &api->password_cost);
}

bool confirm_attempt(const struct api *api, struct http_response *response, str user)
{
    return rate_take(response, "confirm", user, api->settings.rate_login);
}

HANDLER(confirm_undo)
{
    (void)response;
    rate_give_back("confirm", caller_of(request), api_of(request)->settings.rate_login);
}

bool verify_callers_password(struct http_request *request, struct http_response *response,
                             str password, char hash_out[PASSWORD_HASH_MAX])
{
    const struct api *api = api_of(request);
    str user = caller_of(request);
    enum err err = verify_password(api, user, password, hash_out);

    if (err != ERR_DENIED)
        confirm_undo(request, response);
    if (err != OK)
        problem_answer(response, err == ERR_DENIED ? PROBLEM_BAD_CREDENTIALS : PROBLEM_UNAVAILABLE,
                       NULL);
    return err == OK;
}
