#include "status_frame.h"

#include "announce.h"
#include "conn.h"
#include "conn/conn_pace.h"
#include "json/json_escape.h"

#define ESCAPED_MAX (6 * STATUS_TEXT_MAX + 2) /* quotes included */

static enum status read_status(struct frame_in *f)
{
    enum status status = STATUS_OFFLINE;
    str word = frame_in_plain(f, "status");

    if (!frame_in_has(f, "status"))
        frame_in_fail(f, "status", "is missing");
    else if (!status_from_word(word, &status))
        frame_in_fail(f, "status", "must be online, away, busy or invisible");
    return status;
}

/* Unescaped into `room`; empty when there is none. */
static str read_text(struct frame_in *f, char *room)
{
    const struct json_member *m = frame_in_find(f, "text");
    const char *fault;

    if (m == NULL)
        return STR("");
    if (m->kind != JSON_KIND_STRING) {
        frame_in_fail(f, "text", "must be a string");
        return STR("");
    }
    if (m->raw.n > ESCAPED_MAX) {
        frame_in_fail(f, "text", "must be at most 256 bytes");
        return STR("");
    }
    str text = str_from(room, json_unescape(str_from(m->raw.p + 1, m->raw.n - 2), room));
    fault = status_text_fault(text);
    if (fault != NULL)
        frame_in_fail(f, "text", fault);
    return text;
}

void status_frame(struct conn *conn, struct frame_in *f)
{
    struct server *s = conn->server;
    char room[ESCAPED_MAX];
    enum status status = read_status(f);
    str text = read_text(f, room);

    if (f->field != NULL) {
        conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    if (!rate_book_allow(&s->status_rates, username_view(&conn->user->name),
                         s->settings.rate_status, clock_mono_us())) {
        conn_refuse(conn, f->id, "too many changes of status; slow down");
        return;
    }
    users_say(&s->users, conn->user, &conn->device, status, text, server_now());
    announce_soon(s->announce);
}
