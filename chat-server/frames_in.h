/* The fields of a frame that only chat knows, beside those of conn/frame_in.h. Pure. */
#ifndef CHATAPP_CHAT_FRAMES_IN_H
#define CHATAPP_CHAT_FRAMES_IN_H

#include "base/ids.h"
#include "conn/frame_in.h"

#define TEXT_MAX (16 * 1024) /* bytes of UTF-8, unescaped */
#define DATA_MAX (16 * 1024) /* bytes of JSON */

/* A conversation's id, as far as its shape goes (STR_NONE: it cannot exist). */
str frame_in_conversation(struct frame_in *f);
/* Where it goes: `conversation`, or the direct conversation of `sender` with `to`. */
struct frame_target {
    bool is_user;
    struct username peer;
    struct conversation_id conversation; /* "": cannot exist */
};
struct frame_target frame_in_target(struct frame_in *f, str sender);
/* Raw JSON: a string of 1..TEXT_MAX bytes; an object of at most DATA_MAX bytes; a seq or a message id. STR_NONE when
 * missing. */
str frame_in_text(struct frame_in *f);
str frame_in_data(struct frame_in *f);
str frame_in_reply_to(struct frame_in *f);

#endif
