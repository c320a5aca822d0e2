/* The `read` and `received` frames: a member's markers move forward, and the others get a receipt. */
#ifndef CHATAPP_CHAT_MARKERS_H
#define CHATAPP_CHAT_MARKERS_H

#include "hub.h"
#include "store/bell.h"

struct conn;
struct frame_in;

void move_read_marker(struct conn *conn, struct frame_in *f);
void move_received_marker(struct conn *conn, struct frame_in *f);

/* The bell that a marker moved: a receipt to everybody of the room who is here. */
void deliver_receipt(const struct room *room, const struct bell *bell);
/* The same, which is nobody else's business: to the user's own connections. */
void deliver_own_receipt(const struct user *user, const struct bell *bell);

#endif
