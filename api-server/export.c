/* Everything kept about a user, as one JSON document, made page by page while it is sent. */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "base/mem.h"
#include "contact_json.h"
#include "daemon/log.h"
#include "devices.h"
#include "handlers.h"
#include "http/problem.h"
#include "sessions.h"
#include "store/account.h"
#include "store/contact.h"
#include "store/conversation.h"
#include "store/member.h"
#include "store/presence.h"
#include "store/record.h"
#include "json/json_out.h"

struct export
{
    struct http_stream stream;
    struct username user;
    struct redisReply *conversations; /* ids and times of joining */
    struct buf head;                  /* up to the conversations */
    size_t next;                      /* of them */
    bool any;                         /* conversation was written */
    bool within;                      /* the next one's messages */
    int64_t seq;                      /* written up to there */
    bool any_message;
};

static str conversation_at(const struct export *e)
{
    return reply_key(e->conversations, e->next);
}

static void next_conversation(struct export *e)
{
    e->next++;
    e->within = false;
    e->seq = 0;
    e->any_message = false;
}

/* Left open for the messages. */
static void write_view(const struct export *e, struct buf *out,
                       const struct conversation_view *view)
{
    struct buf json = {0}; /* its own, since `out` begins in the middle of an array */

    conversation_view_json(&json, NULL, conversation_at(e), view, clock_wall_ms());
    json.n--;
    json_put_str(&json, "role", view->role);
    json_put_int(&json, "joined", reply_int(reply_value(e->conversations, e->next)));
    json_open(&json, "messages_sent", '[');
    if (e->any)
        buf_add_char(out, ',');
    buf_add_str(out, buf_view(&json));
    buf_fini(&json);
}

static enum http_stream_state begin_conversation(struct export *e, struct buf *out)
{
    struct redis_command c;
    struct redisReply *reply;
    struct conversation_view view;

    conversation_view(&c, conversation_at(e), username_view(&e->user), STR(""));
    if (redis_call(&c, &reply) != OK)
        return HTTP_STREAM_BROKEN;
    enum err err = conversation_viewed(reply, &view);
    if (err == OK) {
        write_view(e, out, &view);
        e->any = e->within = true;
    } else {
        next_conversation(e);
    }
    reply_free(reply);
    return err == OK || err == ERR_NOT_FOUND ? HTTP_STREAM_MORE : HTTP_STREAM_BROKEN;
}

/* A message's tail begins ,"id":"…","from":"…" and neither value has a quote in it. */
static bool is_from(const struct record *record, str user)
{
    static const char FROM[] = "\",\"from\":\"";
    const char *at = memmem(record->tail.p, record->tail.n, FROM, sizeof FROM - 1);

    if (record->kind != RECORD_MESSAGE || at == NULL)
        return false;
    str rest = str_skip(record->tail, (size_t)(at - record->tail.p) + sizeof FROM - 1);
    return str_starts(rest, user) && rest.n > user.n && rest.p[user.n] == '"';
}

static bool write_sent(struct export *e, struct buf *out, const struct conversation_page *page)
{
    struct record record;

    for (size_t i = 0; i < page->n; i++) {
        if (record_parse(conversation_page_record(page, i), &record) != OK)
            return false;
        e->seq = record.seq;
        if (!is_from(&record, username_view(&e->user)))
            continue;
        if (e->any_message)
            buf_add_char(out, ',');
        record_add_frame(out, conversation_at(e), &record);
        e->any_message = true;
    }
    return true;
}

static enum http_stream_state go_on_conversation(struct export *e, struct buf *out)
{
    struct redis_command c;
    struct redisReply *reply;
    struct conversation_page page = {0};

    conversation_page_after(&c, conversation_at(e), username_view(&e->user), e->seq, PAGE_MAX);
    if (redis_call(&c, &reply) != OK)
        return HTTP_STREAM_BROKEN;
    enum err err = conversation_paged(reply, &page);
    if (err == OK)
        conversation_page_trim(&page, false);
    bool good = err == ERR_NOT_FOUND || (err == OK && write_sent(e, out, &page));
    reply_free(reply);
    if (!good)
        return HTTP_STREAM_BROKEN;
    if (err == ERR_NOT_FOUND || !page.more || page.n == 0) {
        buf_add_str(out, STR("]}"));
        next_conversation(e);
    }
    return HTTP_STREAM_MORE;
}

static enum http_stream_state next(struct http_stream *stream, struct buf *out)
{
    struct export *e = (struct export *)stream;
    enum http_stream_state state = HTTP_STREAM_MORE;

    if (e->head.n > 0) {
        buf_add_str(out, buf_view(&e->head));
        buf_clear(&e->head);
    } else if (e->next == reply_pairs(e->conversations)) {
        buf_add_str(out, STR("]}"));
        return HTTP_STREAM_END;
    } else {
        state = e->within ? go_on_conversation(e, out) : begin_conversation(e, out);
    }
    if (state == HTTP_STREAM_BROKEN)
        log_warn("an export was cut short", F_Z("user", e->user.text));
    else if (out->n == 0)
        buf_add_char(out, ' '); /* a step that found nothing to write: JSON does not mind */
    return state;
}

static void export_free(struct http_stream *stream)
{
    struct export *e = (struct export *)stream;

    reply_free(e->conversations);
    buf_fini(&e->head);
    free(e);
}

enum { ASK_ACCOUNT, ASK_SESSIONS, ASK_CONTACTS, ASK_PRESENCE, ASK_CONVERSATIONS, ASK_N };

static enum err write_devices(struct buf *b, str user)
{
    struct own_devices devices;
    enum err err = own_devices_read(user, clock_wall_ms(), &devices);

    if (err != OK)
        return err;
    devices_json(b, &devices);
    own_devices_fini(&devices);
    return OK;
}

static enum err write_head(struct buf *b, const struct http_request *request,
                           const struct account *account, struct redisReply *const *replies)
{
    json_open(b, NULL, '{');
    json_put_int(b, "exported", clock_wall_ms());
    account_json(b, "profile", caller_of(request), account);
    sessions_json(b, replies[ASK_SESSIONS], str_of(request->caller.session));
    enum err err = contacts_json(b, caller_of(request), replies[ASK_CONTACTS]);
    if (err == OK)
        err = blocks_json(b, caller_of(request), replies[ASK_CONTACTS]);
    if (err == OK)
        err = write_devices(b, caller_of(request));
    if (!reply_is_nil(replies[ASK_PRESENCE]))
        json_put_int(b, "last_seen", reply_int(replies[ASK_PRESENCE]));
    json_open(b, "conversations", '[');
    return err;
}

HANDLER(export_profile)
{
    struct redis_command commands[ASK_N];
    struct redisReply *replies[ASK_N];
    struct account account;
    struct buf head = {0};
    char disposition[96];

    account_read(&commands[ASK_ACCOUNT], caller_of(request));
    session_list(&commands[ASK_SESSIONS], caller_of(request));
    contact_list(&commands[ASK_CONTACTS], caller_of(request));
    presence_last_seen(&commands[ASK_PRESENCE], caller_of(request));
    user_conversations(&commands[ASK_CONVERSATIONS], caller_of(request));
    if (!ask_all(response, commands, ASK_N, replies))
        return;
    if (account_was_read(replies[ASK_ACCOUNT], &account) != OK) {
        problem_answer(response, PROBLEM_INVALID_TOKEN, NULL); /* erased meanwhile */
        replies_free(replies, ASK_N);
        return;
    }
    if (write_head(&head, request, &account, replies) != OK) {
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
        buf_fini(&head);
        replies_free(replies, ASK_N);
        return;
    }
    struct export *e = mem_zalloc(sizeof *e);
    e->stream = (struct http_stream){.next = next, .free = export_free};
    e->user = request->caller.user;
    e->conversations = replies[ASK_CONVERSATIONS];
    e->head = head;
    replies_free(replies, ASK_CONVERSATIONS);
    response->status = 200;
    response->stream = &e->stream;
    (void)snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.json\"",
                   e->user.text);
    http_response_header(response, "Content-Disposition", str_of(disposition));
}
