/* What a connection's `ready` stood for: up to which seq it said each conversation. Kept for a while after it, so that
 * a `sync` need not repeat what has come on the connection since. */
#ifndef CHATAPP_CHAT_POSITIONS_H
#define CHATAPP_CHAT_POSITIONS_H

#include "server.h"

#define POSITIONS_KEPT_MS 10000

/* For n rooms; to be filled with positions_set(), each i once. */
struct positions *positions_new(struct conn *conn, size_t n);
/* Holds the room. */
void positions_set(struct positions *positions, size_t i, struct room *room, int64_t seq);
/* The seq of the room, or `fallback` when it was not in `ready`, or that is too long ago. */
int64_t positions_of(const struct conn *conn, struct room *room, int64_t fallback);

/* The user has left the room: what came since `ready` is not all that came after it. */
void positions_forget(struct conn *conn, struct room *room);

/* The connection is going away; nothing happens when there are none. */
void positions_drop(struct conn *conn);
/* Drops what is old; to be called now and then. */
void positions_expire(struct server *server, int64_t now_ms);

#endif
