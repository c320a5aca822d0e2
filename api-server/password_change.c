#include "ask.h"
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
    (void)password_attempt(api_of(request), response, caller_of(request));
}

/* Every other session is said to end before the password is changed; ending them is one step with the change. */
static bool announce_others(struct http_request *request, struct http_response *response)
{
    struct redis_command c;
    struct redisReply *reply;
    enum err err = OK;

    session_list(&c, caller_of(request));
    if (!ask(response, &c, &reply))
        return false;
    for (size_t i = 0; i < session_list_count(reply) && err == OK; i++) {
        str session = session_list_item(reply, i).id;
        if (!str_eq(session, str_of(request->caller.session)))
            err = session_ending_announce(caller_of(request), session);
    }
    reply_free(reply);
    if (err != OK)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return err == OK;
}

/* One that began after the announcement is announced now. */
static void publish_ended(str user, const struct redisReply *reply)
{
    for (size_t i = 1; i < reply_count(reply); i++) {
        str session = reply_str(reply_at(reply, i));
        (void)!session_ending_announce(user, session);
        session_ending_publish(user, session);
    }
}

static void change(struct http_request *request, struct http_response *response, str old_hash,
                   str new_hash)
{
    str user = caller_of(request);
    struct redis_command c;
    struct redisReply *reply;

    if (!announce_others(request, response))
        return;
    account_set_password(&c, user, old_hash, new_hash, str_of(request->caller.session));
    bool asked = ask(response, &c, &reply);
    account_cache_forget(api_of(request)->accounts, user);
    if (!asked)
        return;
    if (account_answer(reply) == OK) {
        publish_ended(user, reply);
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
