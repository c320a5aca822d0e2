#include "conn/conn_dispatch.h"

#include "conn/conn_base.h"
#include "conn/conn_pace.h"

void conn_ping(struct conn *conn, struct frame_in *f)
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

static const struct frame_type *find(const struct conn_kind *kind, str type)
{
    for (size_t i = 0; i < kind->frames_n; i++)
        if (str_eq(type, kind->frames[i].type))
            return &kind->frames[i];
    return NULL;
}

void conn_dispatch(struct conn *conn, str text)
{
    const struct frame_type *type = NULL;
    struct frame_in f;
    enum err err = frame_in_parse(text, &f);

    if (err == OK)
        type = find(conn_base(conn)->owner->kind, f.type);
    if (!(type != NULL && type->has_own_rate) && !conn_allows_frame(conn, f.id))
        return;
    if (err != OK)
        conn_error(conn, STR_NONE, ERROR_BAD_JSON, NULL,
                   "not a JSON object with a type, or over a limit");
    else if (type == NULL)
        conn_error(conn, f.id, ERROR_UNKNOWN_TYPE, NULL, "no such type of frame");
    else
        type->handle(conn, &f);
}
