#include "conn/frame_out.h"

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

void frame_out_open(struct buf *out, const char *type)
{
    json_open(out, NULL, '{');
    json_put_str(out, "type", str_of(type));
}

void frame_out_error(struct buf *out, str id, enum error_code code, const char *field,
                     const char *message)
{
    frame_out_open(out, "error");
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

void frame_out_pong(struct buf *out, str id)
{
    frame_out_open(out, "pong");
    if (!str_is_none(id))
        json_put_str(out, "id", id);
    json_close(out, '}');
}
