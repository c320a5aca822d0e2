#include "ask.h"
#include "base/clock.h"
#include "fields.h"
#include "grant.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "profile_rules.h"
#include "rate.h"

struct fields {
    struct username user;
    str password;
    str display_name;
};

static bool read_fields(const struct http_request *request, struct http_response *response,
                        struct json_in *in, struct fields *to)
{
    if (!http_input_json(request, response, in))
        return false;
    field_username(in, "username", &to->user);
    to->password = json_in_str(in, "password", PASSWORD_MIN, PASSWORD_MAX);
    to->display_name = field_text_optional(in, "display_name", display_name_problem);
    if (http_input_bad(in, response)) {
        json_in_close(in);
        return false;
    }
    if (str_is_none(to->display_name))
        to->display_name = username_view(&to->user);
    return true;
}

HANDLER(signup_check)
{
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    json_in_close(&in);
    (void)rate_take(response, "signup", request->block, api_of(request)->settings.rate_signup);
}

HANDLER(signup_undo)
{
    (void)response;
    rate_give_back("signup", request->block, api_of(request)->settings.rate_signup);
}

static bool is_free(struct http_response *response, str user)
{
    struct redis_command c;
    struct redisReply *reply;

    account_created(&c, user);
    if (!ask(response, &c, &reply))
        return false;
    bool taken = !reply_is_nil(reply);
    reply_free(reply);
    if (taken)
        problem_answer(response, PROBLEM_USERNAME_TAKEN, NULL);
    return !taken;
}

static bool hash(struct api *api, struct http_response *response, const struct fields *f,
                 char *hash_out)
{
    if (password_check_strength(f->password, username_view(&f->user), f->display_name) != OK) {
        problem_field(response, PROBLEM_WEAK_PASSWORD, "password", "is too easy to guess");
        return false;
    }
    if (password_hash(f->password, &api->password_cost, hash_out) == OK)
        return true;
    problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return false;
}

/* The account and its session first, then the directory: login mends a crash in between. */
static void create(const struct http_request *request, struct http_response *response,
                   const struct fields *f, str password_hash)
{
    struct api *api = api_of(request);
    int64_t now_ms = clock_wall_ms();
    str user = username_view(&f->user);
    struct refresh_token token = refresh_token_new(&f->user);
    struct grant_hashes hashes;
    struct new_session session = grant_session(api, &token, STR(""), request->block, &hashes);
    struct account account = {.display_name = f->display_name, .created = now_ms};
    struct redis_command c;

    account_create(&c, user, password_hash, f->display_name, &session, now_ms);
    enum err err = ask_outcome(response, &c);
    account_cache_forget(api->accounts, user);
    if (err == ERR_CONFLICT)
        problem_answer(response, PROBLEM_USERNAME_TAKEN, NULL);
    if (err != OK)
        return;
    directory_add(&c, user);
    (void)!tell(&c);
    grant_answer(api, response, 201, &token, &account);
}

HANDLER(signup)
{
    struct api *api = api_of(request);
    char password_hash[PASSWORD_HASH_MAX];
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    if (is_free(response, username_view(&fields.user)) &&
        hash(api, response, &fields, password_hash))
        create(request, response, &fields, str_of(password_hash));
    json_in_close(&in);
}
