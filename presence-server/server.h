/* The presence-server: everything it is made of, and its one event loop.
 *
 *     client ── conn ── its frames ──► users ──► announce ──► Redis, and news to the other servers
 *                                        │           │
 *     its contacts (contacts.c) ──► watch book ◄── news, bells from other servers (bells), reads of Redis (lookups)
 *                                        │
 *                                    announce ──► `presence` frames to those who watch
 *
 * Nothing that is in memory here is needed by anybody else: Redis has what its users are, in case somebody reads it, and
 * that this server lives (pulse), in case it does not any more. */
#ifndef CHATAPP_PRESENCE_SERVER_H
#define CHATAPP_PRESENCE_SERVER_H

#include "base/clock.h"
#include "base/rate_book.h"
#include "conn/conn_server.h"
#include "nodes.h"
#include "presence_settings.h"
#include "sign_in.h"
#include "users.h"
#include "watch.h"

struct server {
    struct presence_settings settings;
    struct ws_daemon daemon;
    struct redis_client *redis; /* the daemon's */
    struct conn_server conns;
    struct nodes nodes;
    struct watch_book book;
    struct users users;
    struct rate_book status_rates; /* by user */
    struct sign_in_line sign_ins;
    struct announce *announce;
    struct lookups *lookups;
    struct contacts *contacts;
    struct pulse *pulse;
};

/* Runs until SIGTERM or SIGINT and the drain after it; returns the exit status. Owns the socket, which listens. */
int server_run(const struct presence_settings *settings, int listen_fd);

static inline str server_node(const struct server *server)
{
    return str_from(server->conns.node.text, NODE_ID_LEN);
}

static inline struct moment server_now(void)
{
    return (struct moment){clock_mono_ms(), clock_wall_ms()};
}

#endif
