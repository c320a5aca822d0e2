#include <stdlib.h>

#include "ask.h"
#include "base/mem.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "session_ending.h"
#include "store/account.h"
#include "verify_password.h"

struct fields {
    str current;
    str new;
};

static bool read_fields(const struct http_request *request, struct http_response *response,
                        struct json_in *in, struct fields *to)
{
    if (!http_input_json(request, response, in))
        return false;
    to->current = json_in_str(in, "current_password", 1, PASSWORD_MAX);
    to->new = json_in_str(in, "new_password", PASSWORD_MIN, PASSWORD_MAX);
    if (!http_input_bad(in, response))
        return true;
    json_in_close(in);
    return false;
}

HANDLER(password_change_check)
{
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    json_in_close(&in);
    (void)confirm_attempt(api_of(request), response, caller_of(request));
}

/* Every other session has ended in one step with the change. */
static void tell_ended(struct api *api, str user, const struct redisReply *reply)
{
    size_t n = reply_count(reply) - 1;
    str *sessions = mem_alloc((n + 1) * sizeof *sessions);

    for (size_t i = 0; i < n; i++)
        sessions[i] = reply_str(reply_at(reply, i + 1));
    session_ending_tell(api, user, sessions, n);
    free(sessions);
}

static void change(struct http_request *request, struct http_response *response, str old_hash,
                   str new_hash)
{
    str user = caller_of(request);
    struct redis_command c;
    struct redisReply *reply;

    account_set_password(&c, user, old_hash, new_hash, str_of(request->caller.session));
    bool asked = ask(response, &c, &reply);
    account_cache_forget(api_of(request)->accounts, user);
    if (!asked)
        return;
    if (account_answer(reply) == OK) {
        tell_ended(api_of(request), user, reply);
        response->status = 204;
    } else {
        problem_answer(response, PROBLEM_BAD_CREDENTIALS,
                       NULL); /* changed by somebody else meanwhile */
    }
    reply_free(reply);
}

HANDLER(password_change)
{
    struct api *api = api_of(request);
    char old_hash[PASSWORD_HASH_MAX];
    char new_hash[PASSWORD_HASH_MAX];
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    if (verify_callers_password(request, response, fields.current, old_hash)) {
        if (password_check_strength(fields.new, caller_of(request), STR("")) != OK)
            problem_field(response, PROBLEM_WEAK_PASSWORD, "new_password", "is too easy to guess");
        else if (password_hash(fields.new, &api->password_cost, new_hash) != OK)
            problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
        else
            change(request, response, str_of(old_hash), str_of(new_hash));
    }
    json_in_close(&in);
}
