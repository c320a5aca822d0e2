#include "history.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn.h"
#include "frames_in.h"
#include "store/conversation.h"
#include "json/json_out.h"

struct request {
    struct server *server;
    struct conn_ref conn;
    struct conversation_id conversation;
    size_t id_n;
    char id[CLIENT_ID_MAX];
};

static enum err make_frame(const struct request *r, const struct redisReply *reply, struct buf *out)
{
    struct conversation_page page;
    enum err err = conversation_paged(reply, &page);
    if (err != OK)
        return err;

    json_open(out, NULL, '{');
    json_put_str(out, "type", STR("history"));
    json_put_str(out, "id", str_from(r->id, r->id_n));
    json_put_str(out, "conversation", str_of(r->conversation.text));
    err = conversation_page_json(out, str_of(r->conversation.text), &page);
    json_put_bool(out, "more", page.more);
    json_close(out, '}');
    return err;
}

static void page_read(void *context, const struct redisReply *reply)
{
    struct request *r = context;
    struct conn *conn = conn_get(&r->server->conns, r->conn);
    struct buf out = {0};

    if (conn != NULL) {
        enum err err = make_frame(r, reply, &out);
        if (err == OK)
            conn_send(conn, buf_view(&out));
        else if (err == ERR_NOT_FOUND)
            conn_error(conn, str_from(r->id, r->id_n), ERROR_NOT_FOUND, NULL,
                       "no such conversation");
        else
            conn_error(conn, str_from(r->id, r->id_n), ERROR_UNAVAILABLE, NULL, "try again");
    }
    buf_fini(&out);
    conn_unload(&r->server->conns, r->conn, CONN_LOAD_PAGE);
    free(r);
}

void send_history(struct conn *conn, struct frame_in *f)
{
    struct redis_command c;
    str user = username_view(&conn->user->name);

    str id = frame_in_id(f);
    str conversation = frame_in_conversation(f);
    bool before = !frame_in_has(f, "after");
    int64_t from = before ? frame_in_int(f, "before", 1, SEQ_MAX, SEQ_MAX)
                          : frame_in_int(f, "after", 0, SEQ_MAX, 0);
    int64_t limit = frame_in_int(f, "limit", 1, PAGE_MAX, PAGE_DEFAULT);
    if (!before && frame_in_has(f, "before"))
        frame_in_fail(f, "before", "and after exclude each other");
    if (f->field != NULL) {
        conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    if (str_is_none(conversation)) {
        conn_error(conn, id, ERROR_NOT_FOUND, NULL, "no such conversation");
        return;
    }
    struct request *r = mem_zalloc(sizeof *r);
    *r = (struct request){.server = conn->server, .conn = conn->base.ref, .id_n = id.n};
    memcpy(r->id, id.p, id.n);
    memcpy(r->conversation.text, conversation.p, conversation.n);
    if (before)
        conversation_page_before(&c, conversation, user, from, limit);
    else
        conversation_page_after(&c, conversation, user, from, limit);
    conn_load(conn, CONN_LOAD_PAGE);
    if (redis_send(conn->server->redis, &c, page_read, r) != OK)
        page_read(r, NULL);
}
