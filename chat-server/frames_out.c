#include "frames_out.h"

#include "json/json_out.h"

static const struct {
    const char *word;
    bool retry;
} CODES[] = {
    [ERROR_BAD_JSON] = {"bad_json", false},
    [ERROR_UNKNOWN_TYPE] = {"unknown_type", false},
    [ERROR_INVALID_FIELD] = {"invalid_field", false},
    [ERROR_NOT_FOUND] = {"not_found", false},
    [ERROR_BLOCKED] = {"blocked", false},
    [ERROR_ID_REUSED] = {"id_reused", false},
    [ERROR_RATE_LIMITED] = {"rate_limited", true},
    [ERROR_UNAVAILABLE] = {"unavailable", true},
    [ERROR_UNAUTHORIZED] = {"unauthorized", false},
};

static void open_frame(struct buf *out, const char *type)
{
    json_open(out, NULL, '{');
    json_put_str(out, "type", str_of(type));
}

void frame_out_error(struct buf *out, str id, enum error_code code, const char *field,
                     const char *message)
{
    open_frame(out, "error");
    if (!str_is_none(id))
        json_put_str(out, "id", id);
    json_put_str(out, "code", str_of(CODES[code].word));
    if (field != NULL)
        json_put_str(out, "field", str_of(field));
    if (field != NULL) {
        json_put_raw(out, "message", STR("\""));
        buf_printf(out, "%s %s\"", field, message);
    } else {
        json_put_str(out, "message", str_of(message));
    }
    json_put_bool(out, "retry", CODES[code].retry);
    json_close(out, '}');
}

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

void frame_out_pong(struct buf *out, str id)
{
    open_frame(out, "pong");
    if (!str_is_none(id))
        json_put_str(out, "id", id);
    json_close(out, '}');
}

void frame_out_receipt(struct buf *out, str conversation, str user, int64_t read, int64_t received)
{
    open_frame(out, "receipt");
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
    open_frame(out, "typing");
    json_put_str(out, "conversation", conversation);
    json_put_str(out, "user", user);
    json_put_bool(out, "active", active);
    json_close(out, '}');
}
