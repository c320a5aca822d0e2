/* What clients send: reading the fields of a frame. A frame is scanned once (json_scan.h); each getter checks one
 * field's shape and limits and remembers the first that is wrong, so that a handler asks for everything and looks
 * once. The texts it hands out are slices of the frame. Pure. */
#ifndef CHATAPP_CONN_FRAME_IN_H
#define CHATAPP_CONN_FRAME_IN_H

#include "base/err.h"
#include "base/username.h"
#include "json/json_scan.h"

#define FRAME_MAX (64 * 1024)
#define FRAME_MAX_BEFORE_SIGN_IN 1024
#define CLIENT_ID_MAX 64

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
/* NULL: missing, or null. */
const struct json_member *frame_in_find(const struct frame_in *f, const char *field);
/* 1 to 64 of [A-Za-z0-9._:-] */
bool frame_in_is_id(str id);

/* The frame's id, which must be there. */
str frame_in_id(struct frame_in *f);
struct username frame_in_user(struct frame_in *f, const char *field);
/* A whole number within min..max, or `fallback` when there is none. */
int64_t frame_in_int(struct frame_in *f, const char *field, int64_t min, int64_t max,
                     int64_t fallback);
/* Raw JSON: an object, or STR_NONE when missing. */
str frame_in_object(struct frame_in *f, const char *field);
/* true or false; must be there. */
bool frame_in_bool(struct frame_in *f, const char *field);
/* A string without escapes, such as a token; STR_NONE when missing. */
str frame_in_plain(struct frame_in *f, const char *field);

#endif
