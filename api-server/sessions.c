#include "sessions.h"
#include "ask.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "grant.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/idempotency_key.h"
#include "http/problem.h"
#include "session_ending.h"
#include "json/json_out.h"

#define MS_PER_S 1000

/* ---- POST /api/token ---- */

/* A key names one use of a token. The successor follows from both, by a secret of ours: a repeat of a request whose
 * answer was lost gets the same one, and who has stolen the token alone cannot tell it. */
static struct refresh_token successor_of(struct api *api, const struct refresh_token *token,
                                         str key)
{
    struct refresh_token next = refresh_token_next(token);

    if (!str_is_none(key) && api->settings.refresh_repeat_s > 0)
        next.secret = api_keys_id(api->keys, STR("refresh"), str_of(token->secret.text), key);
    return next;
}

static enum err rotate(const struct api *api, const struct refresh_token *old,
                       const struct refresh_token *next)
{
    struct refresh_hash family = refresh_hash(&old->family);
    struct refresh_hash current = refresh_hash(&old->secret);
    struct refresh_hash successor = refresh_hash(&next->secret);
    struct redis_command c;
    struct redisReply *reply;

    session_refresh(&c, username_view(&old->user), str_of(old->session.text), str_of(family.text),
                    str_of(current.text), str_of(successor.text), api->session_ttl_ms,
                    api->settings.refresh_repeat_s * MS_PER_S, clock_wall_ms());
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    err = account_answer(reply);
    reply_free(reply);
    return err;
}

static void refresh(struct api *api, struct http_response *response,
                    const struct refresh_token *token, str key)
{
    struct refresh_token next = successor_of(api, token, key);
    str user = username_view(&token->user);
    str session = str_of(token->session.text);

    switch (rotate(api, token, &next)) {
    case OK: grant_answer(api, response, 200, &next, NULL); break;
    case ERR_CONFLICT:
        log_warn("a refresh token was used twice", F_STR("user", user), F_STR("session", session));
        session_ending_tell(api, user, &session, 1);
        problem_answer(response, PROBLEM_TOKEN_REUSED, NULL);
        break;
    case ERR_UNAVAILABLE: problem_answer(response, PROBLEM_UNAVAILABLE, NULL); break;
    default: problem_answer(response, PROBLEM_INVALID_TOKEN, NULL); break;
    }
}

HANDLER(token_refresh)
{
    struct json_in in;
    struct refresh_token token;

    if (!idempotency_key_accept(request, response) || !http_input_json(request, response, &in))
        return;
    str text = json_in_str(&in, "refresh_token", 1, TOKEN_MAX);
    if (!http_input_bad(&in, response)) {
        if (refresh_token_parse(text, &token) == OK)
            refresh(api_of(request), response, &token, request->idempotency_key);
        else
            problem_answer(response, PROBLEM_INVALID_TOKEN, NULL);
    }
    json_in_close(&in);
}

/* ---- the caller's sessions ---- */

static void end_session(struct http_request *request, struct http_response *response, str session)
{
    bool was_there = false;

    if (session_ending(api_of(request), caller_of(request), session, &was_there) != OK)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    else if (!was_there)
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    else
        response->status = 204;
}

HANDLER(logout)
{
    end_session(request, response, str_of(request->caller.session));
    if (response->status == 404) /* somebody else was quicker */
        http_response_fini(response);
    if (response->status == 0)
        response->status = 204;
}

HANDLER(sessions_end)
{
    if (id_is_valid(request->params[0]))
        end_session(request, response, request->params[0]);
    else
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
}

void sessions_json(struct buf *out, const struct redisReply *reply, str current)
{
    json_open(out, "sessions", '[');
    for (size_t i = 0; i < session_list_count(reply); i++) {
        struct session_item s = session_list_item(reply, i);
        json_open(out, NULL, '{');
        json_put_str(out, "id", s.id);
        json_put_str(out, "device", s.device);
        json_put_int(out, "created", s.created);
        json_put_int(out, "last_used", s.last_used);
        json_put_bool(out, "current", str_eq(s.id, current));
        json_close(out, '}');
    }
    json_close(out, ']');
}

HANDLER(sessions_list)
{
    struct redis_command c;
    struct redisReply *reply;

    session_list(&c, caller_of(request));
    if (!ask(response, &c, &reply))
        return;
    json_open(&response->body, NULL, '{');
    sessions_json(&response->body, reply, str_of(request->caller.session));
    json_close(&response->body, '}');
    response->status = 200;
    reply_free(reply);
}
