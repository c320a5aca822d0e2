/* What all connections of one process share, whatever the daemon serves: who may come in, how many and for how long,
 * and when they have to go.
 *
 *     ws_server ── conn_base ── door ──auth──► the daemon's sign-in ──► conn_become_ready ── conn_dispatch ──► its frames
 *                                  │                                          │
 *                              keyring: tokens                    sessions, ended: until the session ends
 *
 * A daemon describes itself in a struct conn_kind, and has a `struct conn` that begins with a struct conn_base. */
#ifndef CHATAPP_CONN_CONN_SERVER_H
#define CHATAPP_CONN_CONN_SERVER_H

#include "auth/token.h"
#include "conn/conn_dispatch.h"
#include "conn/conn_settings.h"
#include "conn/conn_table.h"
#include "conn/door.h"
#include "conn/tally.h"
#include "session/ended.h"
#include "session/keyring.h"
#include "ws/ws_daemon.h"

struct conn_kind {
    const char *path; /* of the upgrade */
    size_t conn_size; /* of its struct conn */
    const struct frame_type *frames;
    size_t frames_n;
    void (*made)(struct conn *conn, void *context); /* at the upgrade: the rest is zero */
    /* The token is good. Ends in conn_become_ready() or in closing the connection. */
    void (*sign_in)(struct conn *conn, const struct claims *claims);
    void (*closed)(struct conn *conn);    /* about to be freed; in any state */
    void (*written)(struct conn *conn);   /* ws_server.h; may be NULL */
    str (*user)(const struct conn *conn); /* whose it is, once it is ready */
    /* A session has ended: is anybody of that user here; and, when it is certain, their connections must go. */
    bool (*has_user)(void *context, str user);
    void (*session_gone)(void *context, str user, str session);
    bool (*more_is_coming)(void *context); /* ws_server.h; may be NULL */
};

struct conn_server {
    const struct conn_kind *kind;
    const struct conn_settings *settings;
    void *context; /* the daemon's, for its kind */
    struct ws_daemon *daemon;
    struct conn_table table;
    struct tally addresses;
    struct door_line doors;
    struct conn_ref *throttled; /* those that are not read from until the next tick */
    size_t throttled_n;
    struct keyring *keyring;
    struct ended *ended;
    struct sessions *sessions;
};

/* Keeps all of them. The daemon is initialised already. */
void conn_server_open(struct conn_server *s, const struct conn_kind *kind,
                      const struct conn_settings *settings, struct ws_daemon *daemon,
                      void *context);
/* ERR_IO: logged. Owns the socket, which listens. */
MUST_USE enum err conn_server_listen(struct conn_server *s, int listen_fd);
/* Redis is there (again). */
void conn_server_redis_up(struct conn_server *s);
/* Can clients sign in? Else a line is appended to `why`. */
bool conn_server_is_ready(const struct conn_server *s, struct buf *why);
/* What expires; to be called several times a second. */
void conn_server_tick(struct conn_server *s, int64_t now_ms);
/* Before ws_daemon_fini(), and after it. */
void conn_server_close(struct conn_server *s);
void conn_server_fini(struct conn_server *s);

/* NULL when gone. */
static inline struct conn *conn_get(const struct conn_server *s, struct conn_ref ref)
{
    return conn_table_get(&s->table, ref);
}

#endif
