/* What only the presence-server sends: each function appends one JSON object, as in conn/frame_out.h. Pure. */
#ifndef CHATAPP_PRESENCE_PRESENCE_FRAMES_H
#define CHATAPP_PRESENCE_PRESENCE_FRAMES_H

#include "conn/frame_out.h"
#include "status.h"

struct presence_view {
    str user;
    enum status status;
    str text;        /* empty: none */
    int64_t seen_ms; /* when they were last here; told of who is offline; 0: not known */
};

void frame_out_presence(struct buf *out, const struct presence_view *view, int64_t now_ms);
void frame_out_contact(struct buf *out, str user, const char *state); /* NULL: "none" */

/* `ready`, with frame_out_ready_contact() for each contact in between. */
void frame_out_ready_open(struct buf *out, str user, str session);
void frame_out_ready_contact(struct buf *out, const struct presence_view *view);
void frame_out_ready_close(struct buf *out);

#endif
