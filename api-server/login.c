#include "ask.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "fields.h"
#include "grant.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "place.h"
#include "profile_rules.h"
#include "rate.h"
#include "session_ending.h"
#include "verify_password.h"

#define NAME_BYTES 256

struct fields {
    struct username user; /* "" when it can be nobody's */
    str password;
    str device;
};

static bool read_fields(const struct http_request *request, struct http_response *response,
                        struct json_in *in, struct fields *to)
{
    if (!http_input_json(request, response, in))
        return false;
    to->user.text[0] = '\0';
    str name = json_in_str(in, "username", 1, NAME_BYTES);
    to->password = json_in_str(in, "password", 1, PASSWORD_MAX);
    to->device = field_text_optional(in, "device", device_problem);
    if (http_input_bad(in, response)) {
        json_in_close(in);
        return false;
    }
    (void)!username_parse(
        name, &to->user); /* a name that cannot be is answered like one that is not there */
    if (str_is_none(to->device))
        to->device = STR("");
    return true;
}

/* ---- how often ---- */

/* Whose failures are counted together: all of the account's, but those from each place where its owner signed in
 * lately by themselves, so that no stranger can keep the owner out. */
static enum err account_limit(const struct http_request *request, str user, struct buf *who_out)
{
    struct place place = place_of(user, request->block);
    bool known;
    enum err err = place_is_known(user, &place, &known);

    if (err != OK)
        return err;
    buf_add_str(who_out, user);
    if (known)
        buf_printf(who_out, " %s", place.text);
    return OK;
}

static void account_attempt(const struct http_request *request, struct http_response *response,
                            str user)
{
    struct buf who = {0};

    if (account_limit(request, user, &who) == OK)
        (void)rate_take(response, "password", buf_view(&who), api_of(request)->settings.rate_login);
    else
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    buf_fini(&who);
}

static void account_give_back(const struct http_request *request, str user)
{
    int64_t rate = api_of(request)->settings.rate_login;
    struct buf who = {0};

    if (rate > 0 && user.n > 0 && account_limit(request, user, &who) == OK)
        rate_give_back("password", buf_view(&who), rate);
    buf_fini(&who);
}

HANDLER(login_check)
{
    int64_t rate = api_of(request)->settings.rate_login;
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    json_in_close(&in);
    if (rate_take(response, "login", request->block, rate) && rate > 0 &&
        fields.user.text[0] != '\0')
        account_attempt(request, response, username_view(&fields.user));
}

/* It was never tried. */
static void give_back(const struct http_request *request, str user)
{
    rate_give_back("login", request->block, api_of(request)->settings.rate_login);
    account_give_back(request, user);
}

HANDLER(login_undo)
{
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    json_in_close(&in);
    give_back(request, username_view(&fields.user));
}

/* ---- signing in ---- */

static void end_oldest(struct api *api, str user, const struct redisReply *reply)
{
    for (size_t i = 1; i < reply_count(reply); i++)
        if (session_ending(api, user, reply_str(reply_at(reply, i)), NULL) != OK)
            log_warn("a session over the limit could not be ended", F_STR("user", user));
}

/* "" when the hash is as costly as it should be. */
static str new_hash(const struct api *api, str password, const char *old,
                    char hash_out[PASSWORD_HASH_MAX])
{
    if (!password_needs_rehash(old, &api->password_cost) ||
        password_hash(password, &api->password_cost, hash_out) != OK)
        return STR("");
    return str_of(hash_out);
}

static bool read_account(struct http_response *response, str user, struct account *account_out,
                         struct redisReply **reply_out)
{
    struct redis_command c;

    account_read(&c, user);
    if (!ask(response, &c, reply_out))
        return false;
    if (account_was_read(*reply_out, account_out) == OK)
        return true;
    reply_free(*reply_out);
    problem_answer(response, PROBLEM_BAD_CREDENTIALS, NULL); /* erased meanwhile */
    return false;
}

static void sign_in(const struct http_request *request, struct http_response *response,
                    const struct fields *f, const char *old_hash)
{
    struct api *api = api_of(request);
    char hash[PASSWORD_HASH_MAX];
    str user = username_view(&f->user);
    struct refresh_token token = refresh_token_new(&f->user);
    struct grant_hashes hashes;
    struct new_session session = grant_session(api, &token, f->device, request->block, &hashes);
    struct account account;
    struct redisReply *account_reply;
    struct redisReply *reply;
    struct redis_command c;

    if (!read_account(response, user, &account, &account_reply))
        return;
    session_open(&c, user, str_of(old_hash), new_hash(api, f->password, old_hash, hash), &session,
                 api->settings.sessions_max, clock_wall_ms());
    if (ask(response, &c, &reply)) {
        account_cache_forget(api->accounts, user);
        if (account_answer(reply) == OK) {
            end_oldest(api, user, reply);
            directory_add(&c, user); /* mends what a crash during the sign-up left out */
            (void)!tell(&c);
            grant_answer(api, response, 200, &token, &account);
        } else {
            problem_answer(response, PROBLEM_BAD_CREDENTIALS,
                           NULL); /* the password was changed meanwhile */
        }
        reply_free(reply);
    }
    reply_free(account_reply);
}

HANDLER(login)
{
    char hash[PASSWORD_HASH_MAX];
    struct json_in in;
    struct fields fields;

    if (!read_fields(request, response, &in, &fields))
        return;
    str user = username_view(&fields.user);
    enum err err = verify_password(api_of(request), user, fields.password, hash);
    if (err == OK) {
        account_give_back(request, user);
        sign_in(request, response, &fields, hash);
    } else if (err == ERR_DENIED) {
        problem_answer(response, PROBLEM_BAD_CREDENTIALS, NULL);
    } else {
        give_back(request, user);
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    }
    json_in_close(&in);
}
