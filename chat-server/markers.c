#include "markers.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn.h"
#include "frames_in.h"
#include "frames_out.h"
#include "store/conversation.h"

struct move {
    struct server *server;
    struct conn_ref conn;
};

static void moved(void *context, const struct redisReply *reply)
{
    struct move *m = context;
    struct conn *conn = conn_get(&m->server->conns, m->conn);
    str word = reply_word(reply);

    conn_unload(&m->server->conns, m->conn, CONN_LOAD_SMALL);
    free(m);
    if (conn == NULL || str_eq(word, STR("moved")) || str_eq(word, STR("same")))
        return;
    if (str_eq(word, STR("not_found")))
        conn_error(conn, STR_NONE, ERROR_NOT_FOUND, NULL, "no such conversation");
    else if (str_eq(word, STR("invalid_field")))
        conn_error(conn, STR_NONE, ERROR_INVALID_FIELD, "seq", "is past the last message");
    else
        conn_error(conn, STR_NONE, ERROR_UNAVAILABLE, NULL, "try again");
}

static void move(struct conn *conn, struct frame_in *f, bool read)
{
    struct redis_command c;
    str conversation = frame_in_conversation(f);

    if (!frame_in_has(f, "seq"))
        frame_in_fail(f, "seq", "is missing");
    int64_t seq = frame_in_int(f, "seq", 0, SEQ_MAX, 0);
    if (f->field != NULL) {
        conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    if (str_is_none(conversation)) {
        conn_error(conn, f->id, ERROR_NOT_FOUND, NULL, "no such conversation");
        return;
    }
    struct move *m = mem_alloc(sizeof *m);
    *m = (struct move){conn->server, conn->base.ref};
    conversation_move_marker(&c, conversation, username_view(&conn->user->name), read, seq);
    conn_load(conn, CONN_LOAD_SMALL);
    if (redis_send(conn->server->redis, &c, moved, m) != OK)
        moved(m, NULL);
}

void move_read_marker(struct conn *conn, struct frame_in *f)
{
    move(conn, f, true);
}

void move_received_marker(struct conn *conn, struct frame_in *f)
{
    move(conn, f, false);
}

static struct frame *receipt(const struct bell *bell)
{
    struct buf out = {0};

    frame_out_receipt(&out, bell->conversation, bell->user, bell->read, bell->received);
    struct frame *frame = frame_text(buf_view(&out));
    buf_fini(&out);
    return frame;
}

void deliver_receipt(const struct room *room, const struct bell *bell)
{
    struct frame *frame = receipt(bell);

    (void)conn_send_to_room(room, frame, NULL);
    frame_unref(frame);
}

void deliver_own_receipt(const struct user *user, const struct bell *bell)
{
    struct frame *frame = receipt(bell);

    (void)conn_send_to_user(user, frame, NULL);
    frame_unref(frame);
}
