/* What clients send: reading the fields of a frame. A frame is scanned once (json_scan.h); each getter checks one
 * field's shape and limits and remembers the first that is wrong, so that a handler asks for everything and looks
 * once. The texts it hands out are slices of the frame. Pure. */
#ifndef CHATAPP_CHAT_FRAMES_IN_H
#define CHATAPP_CHAT_FRAMES_IN_H

#include "base/ids.h"
#include "base/username.h"
#include "json/json_scan.h"

#define FRAME_MAX (64 * 1024)
#define FRAME_MAX_BEFORE_SIGN_IN 1024
#define CLIENT_ID_MAX 64
#define TEXT_MAX (16 * 1024) /* bytes of UTF-8, unescaped */
#define DATA_MAX (16 * 1024) /* bytes of JSON */

struct frame_in {
    struct json_object object;
    str type;
    str id;            /* STR_NONE when there is none, or not a good one */
    const char *field; /* the first bad field; NULL while all is well */
    const char *why;   /* static */
};

/* ERR_INVALID: not a JSON object within the limits, or no type. Borrows from `text`. */
MUST_USE enum err frame_in_parse(str text, struct frame_in *frame_out);

void frame_in_fail(struct frame_in *f, const char *field, const char *why);
bool frame_in_has(const struct frame_in *f, const char *field); /* present and not null */

/* The frame's id, which must be there: 1 to 64 of [A-Za-z0-9._:-]. */
str frame_in_id(struct frame_in *f);
/* A conversation's id, as far as its shape goes (STR_NONE: it cannot exist). */
str frame_in_conversation(struct frame_in *f);
/* Where it goes: `conversation`, or the direct conversation of `sender` with `to`. */
struct frame_target {
    bool is_user;
    struct username peer;
    struct conversation_id conversation; /* "": cannot exist */
};
struct frame_target frame_in_target(struct frame_in *f, str sender);
struct username frame_in_user(struct frame_in *f, const char *field);
/* A whole number within min..max, or `fallback` when there is none. */
int64_t frame_in_int(struct frame_in *f, const char *field, int64_t min, int64_t max,
                     int64_t fallback);
/* Raw JSON: a string of 1..TEXT_MAX bytes; an object of at most DATA_MAX bytes; a seq or a message id. STR_NONE when
 * missing. */
str frame_in_text(struct frame_in *f);
str frame_in_data(struct frame_in *f);
str frame_in_reply_to(struct frame_in *f);
/* Raw JSON: an object, or STR_NONE when missing. */
str frame_in_object(struct frame_in *f, const char *field);
/* true or false; must be there. */
bool frame_in_bool(struct frame_in *f, const char *field);
/* A string without escapes, such as a token; STR_NONE when missing. */
str frame_in_plain(struct frame_in *f, const char *field);

#endif
