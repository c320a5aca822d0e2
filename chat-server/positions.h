/* What a connection's `ready` stood for: up to which seq it said each conversation. Kept for a while after it, so that
 * a `sync` need not repeat what has come on the connection since. */
#ifndef CHATAPP_CHAT_POSITIONS_H
#define CHATAPP_CHAT_POSITIONS_H

#include "base/ids.h"
#include "server.h"

#define POSITIONS_KEPT_MS 10000

struct position {
    struct conversation_id conversation;
    int64_t seq;
};

/* Takes over the array (mem_alloc'd). */
void positions_keep(struct conn *conn, struct position *list, size_t n);
/* The seq of `conversation`, or `fallback` when it was not in `ready`, or that is too long ago. */
int64_t positions_of(const struct conn *conn, str conversation, int64_t fallback);

/* Drops what is old; to be called now and then. */
void positions_expire(struct server *server, int64_t now_ms);
void positions_fini(struct server *server);

#endif
