#include "conversation_details.h"

#include <stdlib.h>

#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "base/mem.h"
#include "handlers.h"
#include "http/problem.h"
#include "store/account.h"
#include "store/conversation.h"
#include "store/member.h"
#include "json/json_out.h"

#define CHUNK 64

struct member {
    str name;
    str role;
};

static int by_name(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;
    size_t shorter = x->name.n < y->name.n ? x->name.n : y->name.n;
    int order = memcmp(x->name.p, y->name.p, shorter);
    return order != 0 ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static struct member *sorted(const struct redisReply *reply, size_t n)
{
    struct member *members = mem_array(NULL, n + 1, sizeof *members);

    for (size_t i = 0; i < n; i++)
        members[i] = (struct member){reply_key(reply, i), reply_str(reply_value(reply, i))};
    qsort(members, n, sizeof *members, by_name);
    return members;
}

static bool put_chunk(struct http_response *response, const struct member *members, size_t n)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    struct redisReply *names[CHUNK];
    struct buf *b = &response->body;

    for (size_t i = 0; i < n; i++)
        account_display_name(&commands[i], members[i].name);
    bool good = ask_all(response, commands, n, names);
    free(commands);
    for (size_t i = 0; good && i < n; i++) {
        str display_name = reply_str(names[i]);
        json_open(b, NULL, '{');
        json_put_str(b, "username", members[i].name);
        if (display_name.n > 0) /* an erased account has none */
            json_put_str(b, "display_name", display_name);
        json_put_str(b, "role", members[i].role);
        json_close(b, '}');
        reply_free(names[i]);
    }
    return good;
}

static bool put_members(struct http_response *response, const struct redisReply *reply)
{
    size_t n = reply_pairs(reply);
    struct member *members = sorted(reply, n);
    bool good = true;

    json_open(&response->body, "members", '[');
    for (size_t from = 0; from < n && good; from += CHUNK)
        good = put_chunk(response, members + from, n - from < CHUNK ? n - from : CHUNK);
    if (good)
        json_close(&response->body, ']');
    free(members);
    return good;
}

static void put_details(struct http_response *response, int status, str conversation,
                        const struct conversation_view *view, const struct redisReply *members)
{
    struct buf *b = &response->body;

    json_open(b, NULL, '{');
    conversation_view_json(b, "conversation", conversation, view, clock_wall_ms());
    b->n--; /* the object goes on */
    json_put_str(b, "role", view->role);
    json_put_int(b, "created", view->created);
    if (!put_members(response, members))
        return;
    json_close(b, '}');
    json_close(b, '}');
    response->status = status;
}

void conversation_details(struct http_response *response, int status, str conversation, str user)
{
    struct redis_command commands[2];
    struct redisReply *replies[2];
    struct conversation_view view;

    if (!conversation_id_is_valid(conversation)) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    conversation_view(&commands[0], conversation, user, STR(""));
    member_list(&commands[1], conversation);
    if (!ask_all(response, commands, 2, replies))
        return;
    enum err err = conversation_viewed(replies[0], &view);
    if (err == OK)
        put_details(response, status, conversation, &view, replies[1]);
    else
        problem_answer(response, err == ERR_NOT_FOUND ? PROBLEM_NOT_FOUND : PROBLEM_UNAVAILABLE,
                       NULL);
    replies_free(replies, 2);
}

HANDLER(conversations_get)
{
    conversation_details(response, 200, request->params[0], caller_of(request));
}
