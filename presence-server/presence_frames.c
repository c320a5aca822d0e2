#include "presence_frames.h"

#include "json/json_out.h"

static void put_view(struct buf *out, const struct presence_view *view)
{
    json_put_str(out, "user", view->user);
    json_put_str(out, "status", str_of(status_word(view->status)));
    if (view->text.n > 0)
        json_put_str(out, "text", view->text);
    if (view->status == STATUS_OFFLINE && view->seen_ms > 0)
        json_put_int(out, "last_seen", view->seen_ms);
}

void frame_out_presence(struct buf *out, const struct presence_view *view, int64_t now_ms)
{
    frame_out_open(out, "presence");
    put_view(out, view);
    json_put_int(out, "time", now_ms);
    json_close(out, '}');
}

void frame_out_contact(struct buf *out, str user, const char *state)
{
    frame_out_open(out, "contact");
    json_put_str(out, "user", user);
    json_put_str(out, "state", str_of(state != NULL ? state : "none"));
    json_close(out, '}');
}

void frame_out_ready_open(struct buf *out, str user, str session)
{
    frame_out_open(out, "ready");
    json_put_str(out, "user", user);
    json_put_str(out, "session", session);
    json_open(out, "contacts", '[');
}

void frame_out_ready_contact(struct buf *out, const struct presence_view *view)
{
    json_open(out, NULL, '{');
    put_view(out, view);
    json_close(out, '}');
}

void frame_out_ready_close(struct buf *out)
{
    json_close(out, ']');
    json_close(out, '}');
}
