/* The chat-server: everything it is made of, and its one event loop.
 *
 *     client ── conn ── dispatch ── send, history, markers …     (frames in)
 *                  ╲                    │ Redis: one script call
 *                   hub ── delivery ────┘   the reply, or a bell from another server (bells)
 *                     users, rooms          in order, gaps read from the log
 */
#ifndef CHATAPP_CHAT_SERVER_H
#define CHATAPP_CHAT_SERVER_H

#include "base/rate_book.h"
#include "chat_settings.h"
#include "conn/conn_server.h"
#include "due_marks.h"
#include "hub.h"
#include "sign_in.h"
#include "sync.h"
#include "typing.h"

#define EPOCH_MAX 64

struct server {
    struct chat_settings settings;
    struct ws_daemon daemon;
    struct redis_client *redis; /* the daemon's */
    bool was_up;                /* it has been */
    struct resync *resync;
    struct leaving *leaving;
    struct hub hub;
    struct conn_server conns;
    struct rate_book send_rates; /* by user */
    struct due_marks due_marks;
    struct typing typing;
    struct sign_in_line sign_ins;
    struct sync_line syncs;
    struct joining *stalled;           /* joinings that wait for Redis */
    uint32_t marks;                    /* the last one given to a room */
    struct positions *positions_first; /* what was said in `ready`, oldest first */
    struct positions *positions_last;
    uv_timer_t gap_timer;  /* delivery.c */
    size_t appends;        /* messages on their way to Redis and back */
    uint32_t epochs;       /* how many have ended */
    char epoch[EPOCH_MAX]; /* "" until it was read */
};

/* Runs until SIGTERM or SIGINT and the drain after it; returns the exit status. Owns the socket, which listens. */
int server_run(const struct chat_settings *settings, int listen_fd);

static inline str server_node(const struct server *server)
{
    return str_from(server->conns.node.text, NODE_ID_LEN);
}

#endif
