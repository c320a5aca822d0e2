#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conversation_details.h"
#include "fields.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "own_list.h"
#include "profile_rules.h"
#include "rate.h"
#include "store/account.h"
#include "store/conversation.h"
#include "json/json_out.h"

#define CHUNK 64
#define BELL_MAX (8 + USERNAME_MAX + CONVERSATION_ID_LEN + 24)
#define MEMBERS_IN_BODY 32768 /* more do not fit into 64 KiB */

/* ---- POST /api/conversations ---- */

struct new_room {
    struct conversation_id id;
    str name;
    int64_t now_ms;
    size_t n; /* members, the owner first, each once */
    struct username *members;
    size_t joined; /* the first so many have it on their list */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct username *)a)->text, ((const struct username *)b)->text);
}

/* Takes out what is there twice, and the owner, who stands first. */
static void keep_each_once(struct new_room *room)
{
    size_t kept = 1;

    qsort(room->members + 1, room->n - 1, sizeof *room->members, by_name);
    for (size_t i = 1; i < room->n; i++) {
        const struct username *m = &room->members[i];
        if (by_name(m, &room->members[0]) == 0 ||
            (kept > 1 && by_name(m, &room->members[kept - 1]) == 0))
            continue;
        room->members[kept++] = *m;
    }
    room->n = kept;
}

static void read_members(struct json_in *in, struct new_room *room)
{
    size_t n = json_in_has(in, "members") ? json_in_array(in, "members", MEMBERS_IN_BODY) : 0;

    room->members = mem_resize(room->members, (n + 1) * sizeof *room->members);
    for (size_t i = 0; i < n; i++) {
        str name = json_in_item_str(in, "members", i);
        if (json_in_bad(in))
            return;
        if (username_parse(name, &room->members[room->n++]) != OK) {
            json_in_fail(in, "members", "must hold usernames");
            return;
        }
    }
    keep_each_once(room);
}

static void answer_unknown(struct http_response *response, const struct username *name)
{
    struct buf why = {0};

    buf_printf(&why, "has a user who does not exist or cannot be added: %s", name->text);
    problem_field(response, PROBLEM_INVALID_FIELD, "members", buf_cstr(&why));
    buf_fini(&why);
}

static bool join_chunk(struct http_response *response, struct new_room *room,
                       struct redis_command *commands, size_t n)
{
    const struct username *members = room->members + room->joined;
    struct redisReply *replies[CHUNK];
    const struct username *unknown = NULL;

    for (size_t i = 0; i < n; i++)
        user_add_to_conversation(&commands[i], username_view(&members[i]),
                                 username_view(&room->members[0]), str_of(room->id.text),
                                 room->now_ms);
    if (!ask_all(response, commands, n, replies))
        return false;
    room->joined += n;
    for (size_t i = 0; i < n; i++)
        if (unknown == NULL && account_answer(replies[i]) != OK)
            unknown = &members[i];
    replies_free(replies, n);
    if (unknown)
        answer_unknown(response, unknown);
    return unknown == NULL;
}

/* Before the room is made: a member whose list lacks it would not find it. */
static bool join_all(struct http_response *response, struct new_room *room)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    bool good = true;

    while (room->joined < room->n && good) {
        size_t left = room->n - room->joined;
        good = join_chunk(response, room, commands, left < CHUNK ? left : CHUNK);
    }
    free(commands);
    return good;
}

static bool make(struct http_response *response, const struct new_room *room, int64_t *seq_out)
{
    struct buf others = {0};
    struct redis_command c;
    struct redisReply *reply;

    for (size_t i = 1; i < room->n; i++) {
        buf_add_str(&others, username_view(&room->members[i]));
        buf_add_char(&others, ' ');
    }
    conversation_create_room(&c, str_of(room->id.text), room->name,
                             username_view(&room->members[0]), buf_view(&others), room->now_ms);
    bool good = ask(response, &c, &reply);
    buf_fini(&others);
    if (!good)
        return false;
    good = account_answer(reply) == OK;
    *seq_out = reply_int(reply_at(reply, 1));
    reply_free(reply);
    if (!good)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return good;
}

/* Those it does not reach see the room when they sign in. */
static void ring_chunk(struct redis_command *commands, const struct new_room *room, size_t from,
                       size_t n, int64_t seq)
{
    char bells[CHUNK][BELL_MAX];
    struct redisReply *replies[CHUNK];

    for (size_t i = 0; i < n; i++) {
        const struct username *member = &room->members[from + i];
        int length = snprintf(bells[i], BELL_MAX, "J %s %s %lld", member->text, room->id.text,
                              (long long)seq);
        user_ring(&commands[i], username_view(member), str_from(bells[i], (size_t)length));
    }
    if (redis_pipeline(commands, n, replies) == OK)
        replies_free(replies, n);
}

static void ring_all(const struct new_room *room, int64_t seq)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);

    for (size_t from = 0; from < room->n; from += CHUNK)
        ring_chunk(commands, room, from, room->n - from < CHUNK ? room->n - from : CHUNK, seq);
    free(commands);
}

static void put_members(struct buf *b, struct new_room *room)
{
    const struct username owner = room->members[0];

    qsort(room->members, room->n, sizeof *room->members, by_name);
    json_open(b, "members", '[');
    for (size_t i = 0; i < room->n; i++) {
        bool is_owner = by_name(&room->members[i], &owner) == 0;
        json_open(b, NULL, '{');
        json_put_str(b, "username", username_view(&room->members[i]));
        json_put_str(b, "role", is_owner ? STR("owner") : STR("member"));
        json_close(b, '}');
    }
    json_close(b, ']');
}

/* The room is there, though it cannot be read back now: a client told to try again would make another one. */
static void answer_known(struct http_response *response, struct new_room *room, int64_t seq)
{
    const struct conversation_view view = {
        .name = room->name, .seq = seq, .read = seq, .members = (int64_t)room->n};
    struct buf *b = &response->body;

    http_response_fini(response);
    response->status = 201;
    json_open(b, NULL, '{');
    conversation_view_json(b, "conversation", str_of(room->id.text), &view, room->now_ms);
    b->n--; /* the object goes on */
    json_put_str(b, "role", STR("owner"));
    json_put_int(b, "created", room->now_ms);
    put_members(b, room);
    json_close(b, '}');
    json_close(b, '}');
}

static void answer_room(struct http_response *response, struct new_room *room, str caller,
                        int64_t seq)
{
    struct buf location = {0};

    conversation_details(response, 201, str_of(room->id.text), caller);
    if (response->status != 201)
        answer_known(response, room, seq);
    buf_printf(&location, "/api/conversations/%s", room->id.text);
    http_response_header(response, "Location", buf_view(&location));
    buf_fini(&location);
}

static void create(struct http_request *request, struct http_response *response,
                   struct new_room *room)
{
    const struct api_settings *settings = &api_of(request)->settings;
    int64_t most = settings->room_members_max;
    int64_t seq;

    if (most > 0 && room->n > (size_t)most) {
        problem_field(response, PROBLEM_INVALID_FIELD, "members", "has too many users");
        return;
    }
    if (!rate_take(response, "rooms", caller_of(request), settings->rate_rooms))
        return;
    if (!join_all(response, room) || !make(response, room, &seq)) {
        if (response->status != 503 || room->joined < room->n)
            own_list_drop(str_of(room->id.text), room->members,
                          room->joined); /* unless the room may have been made */
        return;
    }
    ring_all(room, seq);
    answer_room(response, room, caller_of(request), seq);
}

HANDLER(rooms_create)
{
    struct new_room room = {.id = conversation_id_room(), .now_ms = clock_wall_ms(), .n = 1};
    struct json_in in;

    if (!http_input_json(request, response, &in))
        return;
    room.members = mem_alloc(sizeof *room.members);
    room.members[0] = request->caller.user;
    room.name = field_text(&in, "name", room_name_problem);
    read_members(&in, &room);
    if (!http_input_bad(&in, response))
        create(request, response, &room);
    free(room.members);
    json_in_close(&in);
}

/* ---- PATCH /api/conversations/{id} ---- */

static void rename_room(struct http_request *request, struct http_response *response, str name)
{
    str id = request->params[0];
    struct redis_command c;
    struct redisReply *reply;

    conversation_rename(&c, id, caller_of(request), name);
    if (!ask(response, &c, &reply))
        return;
    str word = reply_word(reply);
    if (str_eq(word, STR("ok")))
        conversation_details(response, 200, id, caller_of(request));
    else
        problem_answer(
            response, str_eq(word, STR("forbidden")) ? PROBLEM_FORBIDDEN : PROBLEM_NOT_FOUND, NULL);
    reply_free(reply);
}

HANDLER(rooms_rename)
{
    struct json_in in;

    if (!conversation_id_is_valid(request->params[0])) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    if (!http_input_json(request, response, &in))
        return;
    str name = field_text(&in, "name", room_name_problem);
    if (!http_input_bad(&in, response))
        rename_room(request, response, name);
    json_in_close(&in);
}
