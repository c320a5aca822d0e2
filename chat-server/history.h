/* The `history` frame: a page of a conversation's log. */
#ifndef CHATAPP_CHAT_HISTORY_H
#define CHATAPP_CHAT_HISTORY_H

struct conn;
struct frame_in;

void send_history(struct conn *conn, struct frame_in *f);

#endif
