#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "own_list.h"
#include "store/account.h"
#include "store/conversation.h"
#include "store/member.h"
#include "json/json_out.h"

#define ROLE_MAX 16

/* What a request is about. */
struct target {
    str conversation;
    str actor;
    struct username user;
    bool is_member; /* already */
    bool owner;     /* is the actor one? */
    bool admin;
    char role[ROLE_MAX]; /* now, and then the one that is asked for */
};

static bool is_role(str text)
{
    return str_eq(text, STR("owner")) || str_eq(text, STR("admin")) || str_eq(text, STR("member"));
}

/* 404 when the caller is no member, or one of the names cannot be. */
static bool find_target(struct http_request *request, struct http_response *response,
                        struct target *t)
{
    struct redis_command commands[2];
    struct redisReply *replies[2];

    *t = (struct target){.conversation = request->params[0], .actor = caller_of(request)};
    if (!conversation_id_is_valid(t->conversation) ||
        username_parse(request->params[1], &t->user) != OK) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return false;
    }
    member_role(&commands[0], t->conversation, t->actor);
    member_role(&commands[1], t->conversation, username_view(&t->user));
    if (!ask_all(response, commands, 2, replies))
        return false;
    bool known = !reply_is_nil(replies[0]);
    t->owner = str_eq(reply_str(replies[0]), STR("owner"));
    t->admin = str_eq(reply_str(replies[0]), STR("admin"));
    str role = reply_str(replies[1]);
    t->is_member = role.n > 0 && role.n < ROLE_MAX;
    if (t->is_member)
        memcpy(t->role, role.p, role.n);
    replies_free(replies, 2);
    if (!known)
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    return known;
}

/* Without one, a new member becomes a plain one, and one who is there already keeps theirs. */
static bool read_role(const struct http_request *request, struct http_response *response,
                      struct target *t)
{
    struct json_in in;

    if (!t->is_member)
        memcpy(t->role, "member", sizeof "member");
    if (request->body.n == 0)
        return true;
    if (!http_input_json(request, response, &in))
        return false;
    str role = json_in_str_optional(&in, "role", 0, ROLE_MAX - 1);
    if (!json_in_bad(&in) && !str_is_none(role) && !is_role(role))
        json_in_fail(&in, "role", "must be owner, admin or member");
    bool good = !http_input_bad(&in, response);
    if (good && !str_is_none(role)) {
        memcpy(t->role, role.p, role.n);
        t->role[role.n] = '\0';
    }
    json_in_close(&in);
    return good;
}

/* As member_put.lua has it, which decides; this is so that nothing is written for who may not. */
static bool may_add(const struct target *t)
{
    return t->owner || (t->admin && str_eq(str_of(t->role), STR("member")));
}

/* `by` STR(""): whoever it was that added them. */
static bool join(struct http_response *response, const struct target *t, str by)
{
    struct redis_command c;

    user_add_to_conversation(&c, username_view(&t->user), by, t->conversation, clock_wall_ms());
    enum err err = ask_outcome(response, &c);
    if (err != OK && err != ERR_UNAVAILABLE)
        problem_answer(response, PROBLEM_NOT_FOUND,
                       "There is no such user, or they cannot be added.");
    return err == OK;
}

/* Again, now that they are a member (own_list.h); who was erased meanwhile does not stay one. */
static bool stay_joined(struct http_response *response, const struct target *t)
{
    struct redis_command c;
    str user = username_view(&t->user);

    if (join(response, t, STR("")))
        return true;
    if (response->status == 404) {
        conversation_remove_member(&c, t->conversation, user, user, clock_wall_ms());
        (void)!tell(&c);
    }
    return false;
}

/* The frame of the joining itself is new to them. */
static void ring_joined(const struct target *t, int64_t seq)
{
    struct buf bell = {0};
    struct redis_command c;

    buf_printf(&bell, "J %s %.*s %lld", t->user.text, STR_ARG(t->conversation),
               (long long)(seq - 1));
    user_ring(&c, username_view(&t->user), buf_view(&bell));
    (void)!tell(&c);
    buf_fini(&bell);
}

static void answer_member(struct http_response *response, int status, const struct target *t)
{
    struct buf *b = &response->body;

    response->status = status;
    json_open(b, NULL, '{');
    json_open(b, "member", '{');
    json_put_str(b, "username", username_view(&t->user));
    json_put_str(b, "role", str_of(t->role));
    json_close(b, '}');
    json_close(b, '}');
}

static void answer_refusal(struct http_response *response, str word)
{
    static const struct {
        str word;
        enum problem problem;
    } REFUSALS[] = {
        {{"not_found", 9}, PROBLEM_NOT_FOUND}, {{"no_member", 9}, PROBLEM_NOT_FOUND},
        {{"forbidden", 9}, PROBLEM_FORBIDDEN}, {{"last_owner", 10}, PROBLEM_LAST_OWNER},
        {{"full", 4}, PROBLEM_ROOM_FULL},
    };

    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        if (str_eq(word, REFUSALS[i].word)) {
            problem_answer(response, REFUSALS[i].problem, NULL);
            return;
        }
    }
    problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
}

static void put(struct http_request *request, struct http_response *response,
                const struct target *t)
{
    struct redis_command c;
    struct redisReply *reply;

    conversation_put_member(&c, t->conversation, t->actor, username_view(&t->user), str_of(t->role),
                            clock_wall_ms(), api_of(request)->settings.room_members_max);
    if (!ask(response, &c, &reply))
        return;
    str word = reply_word(reply);
    bool joined = str_eq(word, STR("joined"));
    if (joined)
        ring_joined(t, reply_int(reply_at(reply, 1)));
    if (joined || str_eq(word, STR("role")) || str_eq(word, STR("same"))) {
        if (stay_joined(response, t))
            answer_member(response, joined ? 201 : 200, t);
    } else {
        answer_refusal(response, word);
        if (!t->is_member)
            own_list_drop(t->conversation, &t->user, 1);
    }
    reply_free(reply);
}

HANDLER(members_put)
{
    struct target t;

    if (!find_target(request, response, &t) || !read_role(request, response, &t))
        return;
    if (conversation_id_is_direct(t.conversation))
        problem_answer(response, PROBLEM_FORBIDDEN, "A direct conversation has no other members.");
    else if (!t.is_member && !may_add(&t))
        problem_answer(response, PROBLEM_FORBIDDEN, NULL);
    else if (t.is_member || join(response, &t, t.actor))
        put(request, response, &t);
}

HANDLER(members_remove)
{
    struct redis_command c;
    struct redisReply *reply;
    struct target t;

    if (!find_target(request, response, &t))
        return;
    conversation_remove_member(&c, t.conversation, t.actor, username_view(&t.user),
                               clock_wall_ms());
    if (!ask(response, &c, &reply))
        return;
    str word = reply_word(reply);
    if (str_eq(word, STR("left")) || str_eq(word, STR("removed"))) {
        own_list_drop(t.conversation, &t.user, 1);
        response->status = 204;
    } else {
        answer_refusal(response, word);
    }
    reply_free(reply);
}

HANDLER(members_mute)
{
    struct redis_command c;
    struct json_in in;

    if (!conversation_id_is_valid(request->params[0])) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    if (!http_input_json(request, response, &in))
        return;
    int64_t until = json_in_int(&in, "until", 0, SEQ_MAX);
    bool bad = http_input_bad(&in, response);
    json_in_close(&in);
    if (bad)
        return;
    member_mute(&c, request->params[0], caller_of(request), until);
    enum err err = ask_outcome(response, &c);
    if (err == OK)
        response->status = 204;
    else if (err != ERR_UNAVAILABLE)
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
}
