/* The frame `status`: what a device says of itself. */
#ifndef CHATAPP_PRESENCE_STATUS_FRAME_H
#define CHATAPP_PRESENCE_STATUS_FRAME_H

struct conn;
struct frame_in;

void status_frame(struct conn *conn, struct frame_in *f);

#endif
