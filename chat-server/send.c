#include "send.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "daemon/metrics.h"
#include "delivery.h"
#include "epoch.h"
#include "frames_out.h"
#include "opening.h"
#include "store/conversation.h"

#define MS_PER_H INT64_C(3600000)

#define OUTCOME(variable, label)                                                                   \
    struct metric variable = {.name = "chatapp_chat_messages_total",                               \
                              .labels = "outcome=\"" label "\"",                                   \
                              .kind = METRIC_COUNTER,                                              \
                              .help = "Messages that clients sent, by outcome"}

static OUTCOME(stored, "stored");
static OUTCOME(repeated, "duplicate");
static OUTCOME(refused, "refused");
static OUTCOME(unavailable, "unavailable");
static struct histogram store_time = {.name = "chatapp_chat_store_seconds",
                                      .help = "From a message's arrival to Redis having stored it"};

void send_register_metrics(void)
{
    metric_register(&stored);
    metric_register(&repeated);
    metric_register(&refused);
    metric_register(&unavailable);
    histogram_register(&store_time);
}

static str id_of(const struct outgoing *out)
{
    return str_from(out->id, out->id_n);
}

static str content_of(const struct outgoing *out)
{
    return str_from(out->content, out->content_n);
}

static void outgoing_free(struct outgoing *out)
{
    conn_unload(&out->server->conns, out->conn, CONN_LOAD_SMALL);
    hub_release_user(&out->server->hub, out->user);
    free(out);
}

static void refuse(struct outgoing *out, enum error_code code, const char *field,
                   const char *message)
{
    struct conn *conn = conn_get(&out->server->conns, out->conn);

    metric_add(code == ERROR_UNAVAILABLE ? &unavailable : &refused, 1);
    if (conn != NULL)
        conn_error(conn, id_of(out), code, field, message);
    outgoing_free(out);
}

void send_fail(struct outgoing *out, enum err err)
{
    if (err == ERR_NOT_FOUND)
        refuse(out, ERROR_NOT_FOUND, NULL, "no such user or conversation");
    else if (err == ERR_DENIED)
        refuse(out, ERROR_BLOCKED, NULL, "one of the two of you blocks the other");
    else
        refuse(out, ERROR_UNAVAILABLE, NULL, "not stored for sure: send it again with the same id");
}

static struct origin origin_of(const struct outgoing *out, int64_t seq, int64_t time_ms,
                               bool duplicate)
{
    struct buf ack = {0};

    frame_out_ack(&ack, id_of(out), str_of(out->conversation.text), seq, time_ms, duplicate);
    struct origin origin = {out->conn, frame_text(buf_view(&ack))};
    buf_fini(&ack);
    return origin;
}

static void deliver_stored(struct outgoing *out, int64_t seq)
{
    struct room *room = hub_room(&out->server->hub, str_of(out->conversation.text));
    struct origin origin = origin_of(out, seq, out->time_ms, false);
    struct buf tail = {0};

    metric_add(&stored, 1);
    if (room != NULL && room->live && seq <= room->delivered)
        epoch_lost(out->server); /* this seq was another message's: Redis came back without that */
    if (metrics_on)              /* what costs is the clock */
        histogram_observe_us(&store_time, (clock_wall_ms() - out->time_ms) * 1000);
    if (room == NULL) {
        deliver_ack(out->server, NULL, seq, origin);
        return;
    }
    record_add_message_tail(&tail, id_of(out), username_view(&out->user->name), out->time_ms,
                            content_of(out));
    deliver_record(out->server, room, &(struct record){RECORD_MESSAGE, seq, buf_view(&tail)},
                   origin);
    buf_fini(&tail);
}

static void appended(void *context, const struct redisReply *reply)
{
    struct outgoing *out = context;
    struct room *room = hub_room(&out->server->hub, str_of(out->conversation.text));
    int64_t seq;
    int64_t time_ms;

    out->server->appends--;
    switch (conversation_appended(reply, &seq, &time_ms)) {
    case APPEND_STORED: deliver_stored(out, seq); break;
    case APPEND_DUPLICATE:
        metric_add(&repeated, 1);
        deliver_ack(out->server, room, seq, origin_of(out, seq, time_ms, true));
        break;
    case APPEND_ID_REUSED:
        refuse(out, ERROR_ID_REUSED, NULL, "this id was sent before with other content");
        return;
    case APPEND_NOT_FOUND: send_fail(out, ERR_NOT_FOUND); return;
    case APPEND_BLOCKED: send_fail(out, ERR_DENIED); return;
    case APPEND_UNAVAILABLE:
        due_marks_unsure(out->server, str_of(out->conversation.text));
        send_fail(out, ERR_UNAVAILABLE);
        return;
    }
    outgoing_free(out);
}

void send_append(struct outgoing *out)
{
    struct message message = {username_view(&out->user->name), id_of(out), content_of(out),
                              out->time_ms};
    struct redis_command c;

    due_marks_before(out->server, str_of(out->conversation.text));
    conversation_append(&c, str_of(out->conversation.text), &message, server_node(out->server),
                        out->server->settings.id_memory_h * MS_PER_H);
    if (redis_send(out->server->redis, &c, appended, out) == OK)
        out->server->appends++;
    else
        send_fail(out, ERR_UNAVAILABLE);
}

static struct outgoing *outgoing_new(struct conn *conn, str id, str conversation, str content)
{
    struct outgoing *out = mem_alloc(sizeof *out + content.n);

    *out = (struct outgoing){.server = conn->server,
                             .user = conn->user,
                             .conn = conn->base.ref,
                             .time_ms = clock_wall_ms(),
                             .id_n = id.n,
                             .content_n = content.n};
    memcpy(out->id, id.p, id.n);
    memcpy(out->conversation.text, conversation.p, conversation.n);
    memcpy(out->content, content.p, content.n);
    conn->user->holds++;
    conn_load(conn, CONN_LOAD_SMALL);
    return out;
}

static void start(struct conn *conn, struct frame_in *f, const struct frame_target *target,
                  str content)
{
    str conversation = str_of(target->conversation.text);

    if (conversation.n == 0) {
        if (conn_allows_frame(conn, f->id))
            conn_error(conn, f->id, ERROR_NOT_FOUND, NULL, "no such user or conversation");
        return;
    }
    if (!rate_book_allow(&conn->server->send_rates, username_view(&conn->user->name),
                         conn->server->settings.rate_send, clock_mono_us())) {
        conn_refuse(conn, f->id, "too many messages; slow down");
        return;
    }
    struct outgoing *out = outgoing_new(conn, f->id, conversation, content);
    if (conn_is_subscribed(conn, conversation) && !opening_waits_for(out))
        send_append(out);
    else if (target->is_user)
        opening_direct(out, username_view(&target->peer));
    else
        opening_known(out);
}

void send_message(struct conn *conn, struct frame_in *f)
{
    struct buf content = {0};

    (void)frame_in_id(f);
    struct frame_target target = frame_in_target(f, username_view(&conn->user->name));
    str text = frame_in_text(f);
    str data = frame_in_data(f);
    str reply_to = frame_in_reply_to(f);
    if (str_is_none(text) && str_is_none(data))
        frame_in_fail(f, "text", "or data must be there");
    if (f->field != NULL) {
        if (conn_allows_frame(conn, f->id))
            conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    record_add_content(&content, text, data, reply_to);
    start(conn, f, &target, buf_view(&content));
    buf_fini(&content);
}
