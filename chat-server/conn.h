/* One client's connection (conn/conn_base.h), and who it belongs to. */
#ifndef CHATAPP_CHAT_CONN_H
#define CHATAPP_CHAT_CONN_H

#include "conn/conn_base.h"
#include "conn/conn_pace.h"
#include "server.h"

struct positions; /* positions.c */
struct sync;      /* sync.c */

struct conn {
    struct conn_base base; /* first */
    struct server *server;
    struct user *user;           /* held; NULL before sign-in */
    struct positions *positions; /* what `ready` stood for; NULL a while later */
    struct sync *syncs;          /* the first one is under way */
};

extern const struct conn_kind CHAT_CONN; /* context: the server */

/* Becomes ready: counted as one of its user's, `ready` (the frame's JSON) sent, early frames handled. */
void conn_ready(struct conn *conn, str ready);

/* One frame, shared, to all connections of a user, or of everybody in a room, but `except` (NULL: none). The caller
 * keeps its reference. Returns to how many. */
int64_t conn_send_to_user(const struct user *user, struct frame *frame, const struct conn *except);
int64_t conn_send_to_room(const struct room *room, struct frame *frame, const struct conn *except);

/* Is its user among those who get the conversation's frames here? */
bool conn_is_subscribed(const struct conn *conn, str conversation);

/* Closes every connection that has signed in. */
void conn_close_all(struct server *server, enum ws_close_code code, const char *reason);

#endif
