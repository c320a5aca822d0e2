#include "dispatch.h"

#include "conn.h"
#include "frames_in.h"
#include "history.h"
#include "markers.h"
#include "send.h"
#include "sync.h"
#include "typing.h"

static void ping(struct conn *conn, struct frame_in *f)
{
    struct buf out = {0};

    if (frame_in_has(f, "id"))
        (void)frame_in_id(f);
    if (f->field != NULL) {
        conn_error(conn, STR_NONE, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    frame_out_pong(&out, f->id);
    conn_send(conn, buf_view(&out));
    buf_fini(&out);
}

static const struct {
    str type;
    void (*handle)(struct conn *conn, struct frame_in *f);
    bool is_message; /* has a rate of its own, the user's */
} FRAMES[] = {
    {STR("send"), send_message, true},
    {STR("read"), move_read_marker, false},
    {STR("received"), move_received_marker, false},
    {STR("history"), send_history, false},
    {STR("sync"), sync_request, false},
    {STR("typing"), typing_request, false},
    {STR("ping"), ping, false},
};

#define FRAMES_N (sizeof FRAMES / sizeof FRAMES[0])

void dispatch(struct conn *conn, str text)
{
    struct frame_in f;
    enum err err = frame_in_parse(text, &f);
    size_t i = 0;

    while (err == OK && i < FRAMES_N && !str_eq(f.type, FRAMES[i].type))
        i++;
    bool is_known = err == OK && i < FRAMES_N;
    if (!(is_known && FRAMES[i].is_message) && !conn_allows_frame(conn, f.id))
        return;
    if (err != OK)
        conn_error(conn, STR_NONE, ERROR_BAD_JSON, NULL,
                   "not a JSON object with a type, or over a limit");
    else if (!is_known)
        conn_error(conn, f.id, ERROR_UNKNOWN_TYPE, NULL, "no such type of frame");
    else
        FRAMES[i].handle(conn, &f);
}
