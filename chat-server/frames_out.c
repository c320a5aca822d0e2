#include "frames_out.h"

#include "json/json_out.h"

/* On the message path: the texts need no escaping, so this is plain copying. */
void frame_out_ack(struct buf *out, str id, str conversation, int64_t seq, int64_t time_ms,
                   bool duplicate)
{
    buf_add_str(out, STR("{\"type\":\"ack\",\"id\":\""));
    buf_add_str(out, id);
    buf_add_str(out, STR("\",\"conversation\":\""));
    buf_add_str(out, conversation);
    buf_add_str(out, STR("\",\"seq\":"));
    buf_add_i64(out, seq);
    buf_add_str(out, STR(",\"time\":"));
    buf_add_i64(out, time_ms);
    buf_add_str(out, duplicate ? STR(",\"duplicate\":true}") : STR("}"));
}

void frame_out_receipt(struct buf *out, str conversation, str user, int64_t read, int64_t received)
{
    frame_out_open(out, "receipt");
    json_put_str(out, "conversation", conversation);
    json_put_str(out, "user", user);
    if (read > 0)
        json_put_int(out, "read", read);
    if (received > 0)
        json_put_int(out, "received", received);
    json_close(out, '}');
}

void frame_out_typing(struct buf *out, str conversation, str user, bool active)
{
    frame_out_open(out, "typing");
    json_put_str(out, "conversation", conversation);
    json_put_str(out, "user", user);
    json_put_bool(out, "active", active);
    json_close(out, '}');
}

void frame_out_conversation(struct buf *out, str conversation, const struct conversation_view *view,
                            int64_t now_ms)
{
    frame_out_open(out, "conversation");
    conversation_view_json(out, "conversation", conversation, view, now_ms);
    json_close(out, '}');
}
