#include "ask.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "erasing.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "store/account.h"
#include "verify_password.h"

HANDLER(erase_check)
{
    struct json_in in;

    if (!http_input_json(request, response, &in))
        return;
    (void)json_in_str(&in, "password", 1, PASSWORD_MAX);
    if (!http_input_bad(&in, response))
        (void)confirm_attempt(api_of(request), response, caller_of(request));
    json_in_close(&in);
}

/* From account_erase() on the account is gone for everybody; the rest is finished here or later. */
static void erase_account(struct api *api, struct http_response *response, str user, str hash)
{
    struct redis_command c;

    erasing_change(&c, "SADD", user);
    if (tell(&c) != OK) {
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
        return;
    }
    account_erase(&c, user, hash, clock_wall_ms());
    enum err err = ask_outcome(response, &c);
    account_cache_forget(api->accounts, user);
    if (err == OK) {
        if (erasing_finish(api, user) != OK)
            log_warn("an erasure could not be finished now, and will be later");
        response->status = 204;
    } else if (err == ERR_CONFLICT) {
        erasing_change(&c, "SREM", user);
        (void)!tell(&c);
        problem_answer(response, PROBLEM_BAD_CREDENTIALS, NULL);
    }
}

HANDLER(erase)
{
    char hash[PASSWORD_HASH_MAX];
    struct json_in in;

    if (!http_input_json(request, response, &in))
        return;
    str password = json_in_str(&in, "password", 1, PASSWORD_MAX);
    if (!http_input_bad(&in, response) &&
        verify_callers_password(request, response, password, hash))
        erase_account(api_of(request), response, caller_of(request), str_of(hash));
    json_in_close(&in);
}
