#include "frames_in.h"

#include "store/conversation.h"

str frame_in_conversation(struct frame_in *f)
{
    const struct json_member *m = frame_in_find(f, "conversation");
    str text = STR_NONE;

    if (m == NULL)
        frame_in_fail(f, "conversation", "is missing");
    else if (m->kind != JSON_KIND_STRING)
        frame_in_fail(f, "conversation", "must be a string");
    else if (!json_plain_string(m, &text) || !conversation_id_is_valid(text))
        text = STR_NONE;
    return text;
}

struct frame_target frame_in_target(struct frame_in *f, str sender)
{
    struct frame_target t = {.is_user = frame_in_has(f, "to")};

    if (t.is_user && frame_in_has(f, "conversation")) {
        frame_in_fail(f, "to", "and conversation exclude each other");
    } else if (t.is_user) {
        t.peer = frame_in_user(f, "to");
        t.conversation = conversation_id_direct(sender, username_view(&t.peer));
    } else if (frame_in_has(f, "conversation")) {
        str id = frame_in_conversation(f);
        if (!str_is_none(id))
            memcpy(t.conversation.text, id.p, id.n);
    } else {
        frame_in_fail(f, "to", "or conversation must be there");
    }
    return t;
}

str frame_in_text(struct frame_in *f)
{
    const struct json_member *m = frame_in_find(f, "text");

    if (m == NULL)
        return STR_NONE;
    if (m->kind != JSON_KIND_STRING) {
        frame_in_fail(f, "text", "must be a string");
        return STR_NONE;
    }
    size_t n = json_text_length(m->raw);
    if (n == 0)
        frame_in_fail(f, "text", "must not be empty");
    else if (n > TEXT_MAX)
        frame_in_fail(f, "text", "must be at most 16384 bytes");
    return m->raw;
}

str frame_in_data(struct frame_in *f)
{
    str raw = frame_in_object(f, "data");

    if (raw.n > DATA_MAX)
        frame_in_fail(f, "data", "must be at most 16384 bytes");
    return raw;
}

str frame_in_reply_to(struct frame_in *f)
{
    const struct json_member *m = frame_in_find(f, "reply_to");
    int64_t seq;
    str id;

    if (m == NULL)
        return STR_NONE;
    bool is_seq = json_member_integer(m, &seq) && seq >= 1 && seq <= SEQ_MAX;
    if (!is_seq && !(json_plain_string(m, &id) && frame_in_is_id(id)))
        frame_in_fail(f, "reply_to", "must be the seq or the id of a message");
    return m->raw;
}
