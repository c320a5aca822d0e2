/* Who is typing: told to the conversation's other members, and taken back after TYPING_MS without another word. The
 * server that the typist is connected to keeps the time. */
#ifndef CHATAPP_CHAT_TYPING_H
#define CHATAPP_CHAT_TYPING_H

#include "base/map.h"
#include "store/bell.h"

struct conn;
struct frame_in;
struct room;
struct server;

#define TYPING_MS 6000
#define TYPING_REPEAT_MS 2000 /* what is said again sooner is not passed on */

struct typing {
    struct map typists;   /* by conversation and user */
    struct typist *first; /* the one whose time is over first */
    struct typist *last;
};

void typing_request(struct conn *conn, struct frame_in *f);

/* To everybody of the room here but one connection (NULL: none), the typist's own. */
void deliver_typing(const struct room *room, str user, bool active, const struct conn *except);

/* The connection is going away. */
void typing_forget(struct conn *conn);
/* Takes back what is over; to be called several times a second. */
void typing_expire(struct server *server, int64_t now_ms);
void typing_fini(struct typing *typing);

#endif
