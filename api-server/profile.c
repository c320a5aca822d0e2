#include "api.h"
#include "ask.h"
#include "fields.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "profile_answer.h"
#include "profile_rules.h"
#include "store/account.h"

void profile_answer(struct api *api, struct http_response *response, str user)
{
    struct account_entry *entry;

    switch (account_cache_get(api->accounts, user, &entry)) {
    case OK:
        response->status = 200;
        response->shared = shared_bytes_ref(entry->profile);
        account_entry_unref(entry);
        break;
    case ERR_NOT_FOUND: problem_answer(response, PROBLEM_NOT_FOUND, NULL); break;
    default: problem_answer(response, PROBLEM_UNAVAILABLE, NULL); break;
    }
}

HANDLER(profile_get)
{
    profile_answer(api_of(request), response, caller_of(request));
}

/* Absent: stays. null or "": taken away. */
static str clearable(struct json_in *in, const char *key, const char *(*problem)(str text))
{
    const json_t *value = json_object_get(in->root, key);

    if (value == NULL)
        return STR_NONE;
    if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
        return STR("");
    return field_text(in, key, problem);
}

static void change(struct http_request *request, struct http_response *response, struct json_in *in)
{
    struct api *api = api_of(request);
    str user = caller_of(request);
    struct account_changes changes = {
        .display_name = field_text_optional(in, "display_name", display_name_problem),
        .about = clearable(in, "about", about_problem),
        .avatar_url = clearable(in, "avatar_url", avatar_url_problem),
    };
    struct redis_command c;

    if (http_input_bad(in, response))
        return;
    account_update(&c, user, &changes);
    enum err err = ask_outcome(response, &c);
    account_cache_forget(api->accounts, user);
    if (err == OK)
        profile_answer(api, response, user);
    else if (err == ERR_NOT_FOUND)
        problem_answer(response, PROBLEM_INVALID_TOKEN, NULL); /* erased meanwhile */
}

HANDLER(profile_change)
{
    struct json_in in;

    if (!http_input_json(request, response, &in))
        return;
    change(request, response, &in);
    json_in_close(&in);
}
