#include "conn/frame_in.h"

bool frame_in_is_id(str id)
{
    if (id.n < 1 || id.n > CLIENT_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == ':' || c == '-';
        if (!good)
            return false;
    }
    return true;
}

const struct json_member *frame_in_find(const struct frame_in *f, const char *field)
{
    const struct json_member *m = json_find(&f->object, field);
    return m != NULL && m->kind != JSON_KIND_NULL ? m : NULL;
}

enum err frame_in_parse(str text, struct frame_in *frame_out)
{
    struct frame_in *f = frame_out;
    const struct json_member *m;

    f->type = f->id = STR_NONE;
    f->field = f->why = NULL;
    enum err err = json_scan_object(text, &f->object);
    if (err != OK)
        return err;
    m = frame_in_find(f, "id");
    if (m != NULL && (!json_plain_string(m, &f->id) || !frame_in_is_id(f->id)))
        f->id = STR_NONE;
    m = frame_in_find(f, "type");
    return m != NULL && json_plain_string(m, &f->type) ? OK : ERR_INVALID;
}

void frame_in_fail(struct frame_in *f, const char *field, const char *why)
{
    if (f->field != NULL)
        return;
    f->field = field;
    f->why = why;
}

bool frame_in_has(const struct frame_in *f, const char *field)
{
    return frame_in_find(f, field) != NULL;
}

str frame_in_id(struct frame_in *f)
{
    if (str_is_none(f->id))
        frame_in_fail(f, "id",
                      frame_in_has(f, "id") ? "must be 1 to 64 of A-Z a-z 0-9 . _ : -"
                                            : "is missing");
    return f->id;
}

str frame_in_plain(struct frame_in *f, const char *field)
{
    const struct json_member *m = frame_in_find(f, field);
    str text = STR_NONE;

    if (m != NULL && !json_plain_string(m, &text))
        frame_in_fail(f, field, "must be a plain string");
    return text;
}

struct username frame_in_user(struct frame_in *f, const char *field)
{
    const struct json_member *m = frame_in_find(f, field);
    struct username name = {0};
    str text;

    if (m == NULL)
        frame_in_fail(f, field, "is missing");
    else if (m->kind != JSON_KIND_STRING)
        frame_in_fail(f, field, "must be a string");
    else if (!json_plain_string(m, &text) || username_parse(text, &name) != OK)
        frame_in_fail(f, field, "must be a username");
    return name;
}

int64_t frame_in_int(struct frame_in *f, const char *field, int64_t min, int64_t max,
                     int64_t fallback)
{
    const struct json_member *m = frame_in_find(f, field);
    int64_t value = fallback;

    if (m == NULL)
        return fallback;
    if (!json_member_integer(m, &value))
        frame_in_fail(f, field, "must be a whole number");
    else if (value < min || value > max)
        frame_in_fail(f, field, "is out of range");
    return value;
}

str frame_in_object(struct frame_in *f, const char *field)
{
    const struct json_member *m = frame_in_find(f, field);

    if (m == NULL)
        return STR_NONE;
    if (m->kind != JSON_KIND_OBJECT)
        frame_in_fail(f, field, "must be an object");
    return m->raw;
}

bool frame_in_bool(struct frame_in *f, const char *field)
{
    const struct json_member *m = frame_in_find(f, field);

    if (m == NULL)
        frame_in_fail(f, field, "is missing");
    else if (m->kind != JSON_KIND_TRUE && m->kind != JSON_KIND_FALSE)
        frame_in_fail(f, field, "must be true or false");
    return m != NULL && m->kind == JSON_KIND_TRUE;
}
